"""The DASH client: zeep, with everything off that a stranger's answer could abuse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import zeep
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault

from locations.domain.addresses import StreetAddress
from locations.domain.provider_urls import check_url
from locations.domain.verdicts import ValidationResult
from locations.gateways.base import (
    ProviderRefused,
    ProviderSettings,
    ProviderUnreachable,
    RateLimiter,
)
from locations.gateways.dash import mapping
from locations.gateways.dash.transport import BoundedTransport, open_session

WSDL = Path(__file__).with_name("emergencyprovisioning.wsdl")
_BINDING = "{http://dashcs.com/api/v1/emergency}EmergencyProvisioningSOAP"


class DASHValidator:
    """An ``AddressValidator`` that asks a provider by the DASH dialect."""

    def __init__(self, settings: ProviderSettings, limiter: RateLimiter) -> None:
        """Prepare without asking; raise ValueError for settings that cannot work."""
        check_url(settings.url, allow_plain_http=settings.allow_plain_http)
        self.name = settings.name
        self._limiter = limiter
        self._session = open_session(settings)
        self._transport = BoundedTransport(self._session, settings)
        client = zeep.Client(
            str(WSDL),
            transport=self._transport,
            settings=zeep.Settings(
                strict=True,
                forbid_dtd=True,
                forbid_entities=True,
                forbid_external=True,
                # The documented samples do not keep the order of the schema.
                xsd_ignore_sequence_order=True,
            ),
        )
        self._service = client.create_service(_BINDING, settings.url)

    def validate(self, address: StreetAddress, caller_name: str = "") -> ValidationResult:
        """Return the provider's verdict; raise ProviderRefused for refused credentials."""
        inquiry = mapping.Inquiry(self.name, address)
        location = mapping.to_location(address, caller_name)
        try:
            reply = self._call(self._service.validateLocation, location=location)
            # An empty <Location/> reaches us as None.
            locations = [each for each in reply or () if each is not None]
            return mapping.to_result(inquiry, locations, self._transport.last_reply)
        except ProviderUnreachable as error:
            return mapping.unreachable(inquiry, str(error), self._transport.last_reply)
        except Fault as fault:
            raw = self._transport.last_reply
            if _is_parse_exception(fault):
                return mapping.refused_as_unreadable(inquiry, fault.message or "", raw)
            return mapping.unreachable(inquiry, _describe(fault), raw)

    def check_access(self) -> None:
        """Return if the provider accepts us; raise ProviderUnreachable or ProviderRefused."""
        try:
            accepted = self._call(self._service.getAuthenticationCheck)
        except Fault as fault:
            raise ProviderUnreachable(_describe(fault)) from fault
        if not accepted:
            raise ProviderRefused("The provider says that these credentials are not valid.")

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _call(self, operation: Callable[..., Any], **arguments: Any) -> Any:
        self._limiter.acquire()
        try:
            return operation(**arguments)
        except Fault:
            raise
        # zeep meets well-formed nonsense with whatever its own code stumbles over.
        except (ZeepError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ProviderUnreachable(f"The answer is not of this protocol: {error}") from error


def _is_parse_exception(fault: Fault) -> bool:
    if fault.detail is None or isinstance(fault.detail, bytes):
        return False
    return any(str(child.tag).endswith("}ParseException") for child in fault.detail)


def _describe(fault: Fault) -> str:
    # zeep makes a fault of any document that comes with status 500, and keeps its bytes as detail.
    if isinstance(fault.detail, bytes):
        return "The provider answered HTTP 500 with a page that is no SOAP fault"
    return f"The provider failed: {fault.message}"
