"""The WSDL and the XML schemas of this service: static text, with the address filled in.

They describe what is sent and read here, in our own words; nothing in them is copied.
"""

from functools import cache
from pathlib import Path

from locations.domain.pidflo import xml_text

_FOLDER = Path(__file__).parent
#: The schemas by the value of ``?xsd=``; without a value it is the service's own.
SCHEMAS = {
    "": "lis.xsd",
    "presence": "presence.xsd",
    "geopriv": "geopriv.xsd",
    "civic": "civic.xsd",
}


def wsdl(address: str) -> bytes:
    """Return the WSDL 1.1 of the service at ``address``."""
    return _text("lis.wsdl").replace("{address}", xml_text(address)).encode()


def schema(name: str, address: str) -> bytes | None:
    """Return a schema of ``SCHEMAS``, or None; its imports are addressed below ``address``."""
    file = SCHEMAS.get(name)
    return _text(file).replace("{address}", xml_text(address)).encode() if file else None


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
