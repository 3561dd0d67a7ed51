"""Additional data about the service that a call is made by (RFC 7852 §4.2), for trunks that ask."""

from xml.sax.saxutils import escape

NAMESPACE = "urn:ietf:params:xml:ns:EmergencyCallData:ServiceInfo"
#: What is found by these tiers was entered as a phone that stays where it is.
_FIXED = ("mac", "endpoint")


def mobility(tier: str | None) -> str:
    """Return the ServiceMobility of a phone that was located by ``tier``; None: not located.

    A phone on a mapped port is nomadic all the same: somebody can carry it to another one.
    """
    if tier is None:
        return "Unknown"
    return "Fixed" if tier in _FIXED else "Nomadic"


def document(reference: str, tier: str | None) -> str:
    """Return an ``EmergencyCallData.ServiceInfo`` document on one line, without XML declaration.

    ``reference`` is the DataProviderReference: Message-ID syntax without the brackets, one per
    call.
    """
    return (
        f'<svc:EmergencyCallData.ServiceInfo xmlns:svc="{NAMESPACE}">'
        f"<svc:DataProviderReference>{escape(reference)}</svc:DataProviderReference>"
        "<svc:ServiceEnvironment>Business</svc:ServiceEnvironment>"
        "<svc:ServiceType>MLTS-local</svc:ServiceType>"
        f"<svc:ServiceMobility>{mobility(tier)}</svc:ServiceMobility>"
        "</svc:EmergencyCallData.ServiceInfo>"
    )
