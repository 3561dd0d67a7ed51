"""Messages of MS-E911WS, the protocol by which Lync and Skype clients ask a LIS, as values."""

from dataclasses import dataclass
from enum import IntEnum

NAMESPACE = "urn:schema:Microsoft.Rtc.WebComponent.Lis.2010"
SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"


class ReturnCode(IntEnum):
    """What became of a request.  Only 200 is published; the others follow HTTP, as 200 does."""

    OK = 200
    BAD_REQUEST = 400
    NOT_FOUND = 404


class SOAPFault(Exception):
    """An answer that is a SOAP fault: nothing in the message could be understood.

    ``code`` is ``Client``, ``Server`` or ``VersionMismatch`` (SOAP 1.1 §4.4.1).
    """

    def __init__(self, code: str, message: str, soap: str = SOAP_1_1) -> None:
        super().__init__(message)
        self.code, self.message, self.soap = code, message, soap


@dataclass(frozen=True, slots=True)
class GetLocations:
    """Where is the client that has these?  Texts are in the canonical forms of ``identifiers``.

    ``entity`` is the user's SIP URI as it was written; it comes back in the answer.  What was given
    but cannot be understood is left out: an odd port must not cost somebody the subnet.
    """

    entity: str
    bssid: str | None = None
    chassis: str | None = None
    port: str | None = None
    port_subtype: int | None = None
    subnet: str | None = None
    ip: str | None = None
    mac: str | None = None


@dataclass(frozen=True, slots=True)
class GetLocationsInCity:
    """Which locations are there in a city?  For a client whose user chooses one."""

    entity: str
    country: str
    state: str
    city: str


@dataclass(frozen=True, slots=True)
class Message:
    """A request and the SOAP version (its namespace) that the answer must have."""

    request: GetLocations | GetLocationsInCity
    soap: str
