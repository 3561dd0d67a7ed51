"""The operations of the DASH dialect on a registry: request element in, response element out."""

from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from locations.simulator.dash_messages import (
    NAMESPACE,
    Location,
    add_location,
    add_status,
    add_uri,
    child_text,
    parse_exception,
    read_location,
    read_number,
    response,
)
from locations.simulator.geocoding import Geocoder
from locations.simulator.registry import Registry
from locations.simulator.soap import SOAPFault


class Operations:
    """The provider's counter: knows which operation is asked for and whom to ask."""

    def __init__(self, geocoder: Geocoder, registry: Registry) -> None:
        self._geocoder = geocoder
        self._registry = registry
        self._answers: dict[str, Callable[[etree._Element, etree._Element], None]] = {
            "getAuthenticationCheck": self._authentication_check,
            "validateLocation": self._validate,
            "addLocation": self._add,
            "provisionLocation": self._provision,
            "removeLocation": self._remove,
            "removeURI": self._remove_uri,
            "getURIs": self._uris,
            "getLocationsByURI": self._locations,
            "getProvisionedLocationByURI": self._provisioned,
            "getProvisionedLocationHistoryByURI": self._history,
        }

    def answer(self, request: etree._Element) -> etree._Element:
        """Return the response element; raise SOAPFault for what is unknown, unreadable, refused."""
        name = etree.QName(request)
        if name.namespace != NAMESPACE or name.localname not in self._answers:
            raise SOAPFault("Client", f"There is no operation {name.text}")
        reply = response(name.localname)
        self._answers[name.localname](request, reply)
        return reply

    def _authentication_check(self, request: etree._Element, reply: etree._Element) -> None:
        etree.SubElement(reply, "AuthValid").text = "true"

    def _validate(self, request: etree._Element, reply: etree._Element) -> None:
        for found in self._geocoder.geocode(read_location(request)):
            add_location(reply, "Location", found)

    def _add(self, request: etree._Element, reply: etree._Element) -> None:
        uri = request.find("uri")
        if uri is None:
            raise parse_exception("uri is missing; local elements have no namespace")
        number, callername = read_number(child_text(uri, "uri")), child_text(uri, "callername")
        asked = read_location(request)
        found = self._geocoder.geocode(replace(asked, callername=asked.callername or callername))
        add_location(reply, "Location", self._keep(number, callername, found))

    def _keep(self, number: str, callername: str, found: tuple[Location, ...]) -> Location:
        if len(found) > 1:
            choices = "; ".join(f"{each.address1}, {each.community}" for each in found)
            return replace(found[0], code="ERROR", description=f"Several addresses fit: {choices}")
        if found[0].code != "GEOCODED":
            return found[0]
        return self._registry.add(number, callername, found[0])

    def _provision(self, request: etree._Element, reply: etree._Element) -> None:
        self._registry.provision(child_text(request, "locationid"))
        add_status(reply, "LocationStatus", "PROVISIONED", "Location is provisioned")

    def _remove(self, request: etree._Element, reply: etree._Element) -> None:
        self._registry.remove(child_text(request, "locationid"))
        add_status(reply, "LocationStatus", "REMOVED", "Location is removed")

    def _remove_uri(self, request: etree._Element, reply: etree._Element) -> None:
        self._registry.remove_number(read_number(child_text(request, "uri")))
        add_status(reply, "URIStatus", "REMOVED", "URI is removed")

    def _uris(self, request: etree._Element, reply: etree._Element) -> None:
        uris = etree.SubElement(reply, "URIs")
        for number, callername in self._registry.callernames().items():
            add_uri(uris, number, callername)

    def _locations(self, request: etree._Element, reply: etree._Element) -> None:
        registration = self._registry.find(read_number(child_text(request, "uri")))
        for each in registration.locations.values():
            add_location(reply, "Locations", each)

    def _provisioned(self, request: etree._Element, reply: etree._Element) -> None:
        registration = self._registry.find(read_number(child_text(request, "uri")))
        if not registration.provisioned:
            raise SOAPFault("Server", "No location is provisioned", "NotFoundException")
        add_location(reply, "Location", registration.locations[registration.provisioned])

    def _history(self, request: etree._Element, reply: etree._Element) -> None:
        registration = self._registry.find(read_number(child_text(request, "uri")))
        for each in registration.history:
            add_location(reply, "ProvisionedLocations", each)
