"""What an address of each transport looks like."""

import re
from urllib.parse import urlsplit

_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+")
#: RFC 7622 §3.1, without a resource: a message is for whoever of that name is there.
_XMPP = re.compile(r"[^\s@/<>&'\":]+@[^\s@/<>&'\":]+")
_SIP = re.compile(r"sips?:[^\s<>\"]+", re.IGNORECASE)


def check_address(transport: str, address: str) -> None:
    """Raise ``ValueError`` with the remedy if ``address`` is none of the transport ``email``,
    ``webhook``, ``sip_message`` or ``xmpp``.

    Whether messages may go there is decided when they are sent: names change their addresses.
    """
    match transport:
        case "email":
            if not _EMAIL.fullmatch(address):
                raise ValueError(
                    f"“{address}” is not an e-mail address. Write for example security@example.com."
                )
        case "webhook":
            if not _is_url(address):
                raise ValueError(
                    f"“{address}” is not a URL. Write for example https://hooks.example.com/911."
                )
        case "sip_message":
            if not _SIP.fullmatch(address):
                raise ValueError(
                    f"“{address}” is not a SIP URI. Write for example sip:security@example.com."
                )
        case "xmpp":
            if not _XMPP.fullmatch(address):
                raise ValueError(
                    f"“{address}” is not an XMPP address. Write for example security@example.com."
                )


def _is_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    written = re.fullmatch(r"\S+", address)
    return bool(written and parts.scheme in ("https", "http") and parts.hostname)
