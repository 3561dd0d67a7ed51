"""Writes MS-E911WS answers, in the element order of the published examples.

Lync reads the civic address by position, so all twelve elements are always there, empty or not, and
nothing else is.  The tuple ids (``_LIS:0``) are its own too; they are no ``xs:ID``, which is why
these documents are valid by the schema of this service and not by that of RFC 3863.
"""

from collections.abc import Iterable, Mapping

from locations.domain.pidflo import CIVIC, GEOPRIV, PIDF, xml_text
from locations.domain.profiles import Profile, civic_in_profile
from locations.e911ws.messages import NAMESPACE, SOAP_1_1, ReturnCode, SOAPFault

CIVIC_ELEMENTS = (
    "country", "A1", "A3", "PRD", "RD", "STS", "POD", "HNO", "HNS", "LOC", "NAM", "PC",
)  # fmt: skip
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def answer(
    operation: str,
    code: ReturnCode,
    entity: str = "",
    places: Iterable[Mapping[str, str]] = (),
    *,
    soap: str = SOAP_1_1,
) -> bytes:
    """Return the response of ``operation`` (``GetLocations``, ``GetLocationsInCity``).

    ``places`` are civic addresses by PIDF element name.  Unless ``code`` is OK there must be none:
    then ``presenceList`` is absent, as the protocol demands.
    """
    presences = "".join(_presence(entity, at, civic) for at, civic in enumerate(places))
    listed = f"<presenceList>{presences}</presenceList>" if presences else ""
    return _envelope(
        f'<{operation}Response xmlns="{NAMESPACE}"><ReturnCode>{code:d}</ReturnCode>{listed}'
        f"</{operation}Response>",
        soap,
    )


def fault(error: SOAPFault) -> bytes:
    """Return a SOAP fault of the version that was asked in."""
    text = xml_text(error.message)
    if error.soap == SOAP_1_1:
        return _envelope(
            f"<s:Fault><faultcode>s:{error.code}</faultcode><faultstring>{text}</faultstring>"
            "</s:Fault>",
            SOAP_1_1,
        )
    code = {"Client": "Sender", "Server": "Receiver"}.get(error.code, error.code)
    return _envelope(
        f"<s:Fault><s:Code><s:Value>s:{code}</s:Value></s:Code><s:Reason>"
        f'<s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>',
        error.soap,
    )


def _presence(entity: str, position: int, civic: Mapping[str, str]) -> str:
    written = civic_in_profile(civic, Profile.MICROSOFT)
    elements = "".join(_element(name, written.get(name, "")) for name in CIVIC_ELEMENTS)
    return (
        f'<presence entity="{xml_text(entity)}" xmlns="{PIDF}"><tuple id="_LIS:{position}"><status>'
        f'<geopriv xmlns="{GEOPRIV}"><location-info><civicAddress xmlns="{CIVIC}">{elements}'
        "</civicAddress></location-info></geopriv></status></tuple></presence>"
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{xml_text(text)}</{name}>" if text else f"<{name}/>"


def _envelope(content: str, soap: str) -> bytes:
    return (
        f'{_DECLARATION}<s:Envelope xmlns:s="{soap}"><s:Body>{content}</s:Body></s:Envelope>\n'
    ).encode()
