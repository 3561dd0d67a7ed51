"""Devices as HELD requests name them."""

from locations.held.messages import Device, Identifier, IdentityField

_FIELDS: dict[str, IdentityField] = {
    "ip": "ip",
    "mac": "mac",
    "uri": "uri",
    "duid": "mac",
    "msisdn": "uri",
}


def identifier(kind: str, value: str, text: str | None = None) -> Identifier:
    """Return one identifier; ``text`` is how it was written, if otherwise."""
    return Identifier(kind, value if text is None else text, _FIELDS[kind], value)


def device(*identifiers: Identifier, **values: str) -> Device:
    """Return a device: ``device(ip="192.0.2.5")``, or from identifiers."""
    return Device((*identifiers, *(identifier(kind, text) for kind, text in values.items())))
