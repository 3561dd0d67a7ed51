"""Networks as core itself needs them; the full set of identifier forms is
``locations.domain.identifiers``."""

import ipaddress


def network_text(text: str) -> str:
    """Return an IP network in CIDR form; a bare address is the network of that one host.

    Raises ``ValueError`` with the right network id when host bits are set.
    """
    try:
        interface = ipaddress.ip_interface(text.strip())
    except ValueError as error:
        raise ValueError(
            f"“{text}” is not an IP network. Write for example 10.1.1.0/24 or 2001:db8:1::/64."
        ) from error
    if interface.ip != interface.network.network_address:
        raise ValueError(
            f"“{text}” is a host address inside a network. The network id is {interface.network}."
        )
    return str(interface.network)
