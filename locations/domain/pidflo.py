"""PIDF-LO: the location document of HELD answers and of emergency INVITEs.

RFC 3863 (presence), 4119 (geopriv), 4479 (device), 5139 (civic), 5491 (several locations, shapes).
Written as text, because the outer document never changes and a tree costs ten times as much; read
with lxml and tolerantly, because phones send what they send.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from html import escape
from typing import Any

from lxml import etree

from locations.domain.addresses import CIVIC_ORDER
from locations.domain.profiles import EXTENSIONS, Profile, civic_in_profile
from locations.domain.resolution import Resolution
from locations.domain.shapes import SIZES, Point, dimensions, enclose, positions, shape_xml

PIDF = "urn:ietf:params:xml:ns:pidf"
GEOPRIV = "urn:ietf:params:xml:ns:pidf:geopriv10"
CIVIC = "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"
MICROSOFT = "urn:schema:Rtc.LIS.msftE911PidfExtn.2008"
MICROSOFT_TAG = "urn:schema:Rtc.Lis.LocationPolicyTagID.2008"
MEDIA_TYPE = "application/pidf+xml"


class Method(StrEnum):
    """How a location was found, in the tokens of the IANA registry that RFC 4119 opened."""

    WIREMAP = "Wiremap"
    WIFI = "802.11"
    DHCP = "DHCP"
    MANUAL = "Manual"


#: The method of each tier of the resolution.  What follows from the network alone is ``DHCP``.
METHODS: dict[str | None, Method] = {
    "bssid": Method.WIFI,
    "port": Method.WIREMAP,
    "chassis": Method.WIREMAP,
    "subnet": Method.DHCP,
    "mac": Method.WIREMAP,
    "endpoint": Method.WIREMAP,
    "site_default": Method.DHCP,
}


class PIDFError(ValueError):
    """A document that is not a readable PIDF-LO; the text says why."""


@dataclass(frozen=True, slots=True)
class Location:
    """One location: civic elements, a point, or both, and how it was found."""

    civic: Mapping[str, str] = field(default_factory=dict)
    point: Point | None = None
    method: str = ""

    def __bool__(self) -> bool:
        return bool(self.civic or self.point)


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of one location as XML, empty where it has none; never changes, so it is kept."""

    geodetic: str = ""
    civic: str = ""


@dataclass(frozen=True, slots=True)
class MicrosoftExtension:
    """``msftE911PidfExtn`` of MS-SIPRE: whom the provider joins to the call, the policy's tag."""

    conference_uri: str = ""
    conference_mode: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class PIDFLO:
    """What a document says; ``locations`` in the order of RFC 5491: device, tuple, person."""

    entity: str
    locations: tuple[Location, ...]
    timestamp: str = ""
    extension: MicrosoftExtension = MicrosoftExtension()

    @property
    def location(self) -> Location:
        """The location to use: the first one, or an empty one."""
        return self.locations[0] if self.locations else Location()


def located(resolution: Resolution) -> Location:
    """Return the location that a resolution found; an empty one if it found none.

    Providers ask the caller about those whose method is ``Manual``.
    """
    if resolution.erl is None:
        return Location()
    record = resolution.erl.record
    lat, lon = record.get("lat"), record.get("lon")
    point = None if lat is None or lon is None else Point(lat, lon, record.get("radius_m"))
    return Location(record.get("civic") or {}, point, method_of(resolution))


def method_of(resolution: Resolution) -> Method:
    """Return how a resolution found its location; what a person typed is ``Manual``."""
    if resolution.confidence == "manual":
        return Method.MANUAL
    return METHODS.get(resolution.via, Method.WIREMAP)


# --- writing ------------------------------------------------------------------------------------

_NAMESPACES = (
    f'xmlns="{PIDF}" xmlns:gp="{GEOPRIV}" xmlns:gbp="{GEOPRIV}:basicPolicy" xmlns:ca="{CIVIC}" '
    'xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0"'
)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTRY = re.compile("[A-Z]{2}")


def xml_text(text: object) -> str:
    """Return ``text`` as an ``xs:token`` for an element or attribute: escaped, blanks folded."""
    return escape(" ".join(_NOT_XML.sub("", str(text)).split()))


def xml_time(moment: datetime) -> str:
    """Return an aware time as ``2026-11-21T10:30:00.000Z``.

    Some LIS clients parse nothing but fractional seconds with an upper-case ``T`` and ``Z``.
    """
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


def civic_xml(elements: Mapping[str, str], profile: Profile = Profile.RFC5139) -> str:
    """Return ``ca:civicAddress`` for a document that declares the prefix ``ca`` (RFC 5139 §2).

    A country that is not two letters is left out: one bad element must not void the document.
    """
    civic = civic_in_profile(elements, profile)
    country = civic.get("country", "").strip().upper()
    parts = [f"<ca:country>{country}</ca:country>"] if _COUNTRY.fullmatch(country) else []
    for name, text in civic.items():
        if name in EXTENSIONS:
            parts.append(f'<{name} xmlns="{EXTENSIONS[name]}">{xml_text(text)}</{name}>')
        elif name != "country":
            parts.append(f"<ca:{name}>{xml_text(text)}</ca:{name}>")
    return f'<ca:civicAddress xml:lang="en">{"".join(parts)}</ca:civicAddress>'


def forms(location: Location, profile: Profile = Profile.RFC5139) -> Forms:
    """Return the forms of a location, for a document that declares the usual prefixes."""
    return Forms(
        shape_xml(location.point) if location.point else "",
        civic_xml(location.civic, profile) if location.civic else "",
    )


def for_held(
    where: Forms,
    method: str,
    *,
    entity: str,
    at: datetime,
    expires: datetime,
    order: Iterable[str] = ("geodetic", "civic"),
    source: str = "",
) -> str:
    """Return ``presence`` with the location in a tuple, as HELD wants it: no identity in it.

    ``order`` names the forms to be written (RFC 5491 §3.4: the coarser first, unless the asker has
    another wish).  ``entity`` is a pseudonymous ``pres:`` URI, ``at`` the time of the evidence;
    ``expires`` ends the right to keep the location; ``source`` tells whose measurements it is based
    on: ``lis``, ``device`` or ``other`` (RFC 7105 §4.4).
    """
    written = "".join([where.civic if form == "civic" else where.geodetic for form in order])
    return (
        f'<presence {_NAMESPACES} entity="{entity}"><tuple id="location"><status>'
        f"{_geopriv(written, method, expires, source)}</status>"
        f"<timestamp>{xml_time(at)}</timestamp></tuple></presence>"
    )


def for_sip(
    location: Location,
    *,
    entity: str,
    device_id: str,
    now: datetime,
    expires: datetime,
    profile: Profile = Profile.RFC5139,
    extension: MicrosoftExtension | None = None,
) -> str:
    """Return the document for the body of an INVITE (RFC 6442): one location, in ``dm:device``.

    ``device_id`` is a URI such as ``mac:a01234567890``.  The Microsoft profile puts the location
    into a tuple instead: that is where its readers look, and where their extension belongs.
    """
    # RFC 5491 §3.4: the coarser form first, which is the geodetic one.
    where = forms(location, profile)
    geopriv = _geopriv(where.geodetic + where.civic, location.method, expires)
    if profile is Profile.MICROSOFT:
        content = (
            f'<tuple id="location"><status>{geopriv}{_microsoft(extension)}</status>'
            f"<timestamp>{xml_time(now)}</timestamp></tuple>"
        )
    else:
        content = (
            f'<dm:device xmlns:dm="{PIDF}:data-model" id="device">{geopriv}'
            f"<dm:deviceID>{xml_text(device_id)}</dm:deviceID>"
            f"<dm:timestamp>{xml_time(now)}</dm:timestamp></dm:device>"
        )
    return (
        f'{_DECLARATION}<presence {_NAMESPACES} entity="{xml_text(entity)}">{content}</presence>\n'
    )


def _geopriv(where: str, method: str, expires: datetime, source: str = "") -> str:
    how = _method(method) if method else ""
    if source:
        how += f'<source xmlns="{GEOPRIV}:lmsrc">{source}</source>'
    return (
        f"<gp:geopriv><gp:location-info>{where}</gp:location-info><gp:usage-rules>"
        "<gbp:retransmission-allowed>true</gbp:retransmission-allowed>"
        f"<gbp:retention-expiry>{xml_time(expires)}</gbp:retention-expiry>"
        f"</gp:usage-rules>{how}</gp:geopriv>"
    )


@lru_cache(64)
def _method(method: str) -> str:
    return f"<gp:method>{xml_text(method)}</gp:method>"


def _microsoft(extension: MicrosoftExtension | None) -> str:
    if extension is None or not extension.conference_uri:
        return ""  # its schema requires the conference, so a tag alone cannot be sent
    tag = f'<LocationPolicyTagID xmlns="{MICROSOFT_TAG}">{xml_text(extension.tag)}'
    return (
        f'<msftE911PidfExtn xmlns="{MICROSOFT}">'
        f"<ConferenceUri>{xml_text(extension.conference_uri)}</ConferenceUri>"
        f"<ConferenceMode>{xml_text(extension.conference_mode or 'oneway')}</ConferenceMode>"
        f"{tag + '</LocationPolicyTagID>' if extension.tag else ''}</msftE911PidfExtn>"
    )


# --- reading ------------------------------------------------------------------------------------

_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
_PRIORITY = {"device": 0, "tuple": 1, "person": 2}


def parse_xml(data: bytes) -> etree._Element:
    """Return the root of an XML document that came from outside; the caller limits its size.

    No entity is expanded, nothing is fetched; raises ``PIDFError`` for a document type declaration
    and for what is not well-formed.
    """
    try:
        root = etree.fromstring(data, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PIDFError(f"This is not well-formed XML: {error}") from error
    document: Any = root.getroottree().docinfo
    if document.doctype:
        raise PIDFError("A document type declaration is not accepted.")
    return root


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def text_of(element: etree._Element | None) -> str:
    """Return the text of an element with blanks folded; empty for ``None``."""
    return " ".join((element.text or "").split()) if element is not None else ""


def read(data: bytes) -> PIDFLO:
    """Return what a PIDF-LO document says; raises ``PIDFError`` if it is no presence document.

    Elements are found by local name, so prefixes, missing namespaces, Microsoft's ids and times
    without a zone do not matter.  The caller limits the size.
    """
    root = parse_xml(data)
    if local_name(root) != "presence":
        raise PIDFError(f"This is a {local_name(root)} document, not presence.")
    found = sorted(_locations(root), key=lambda pair: pair[0])
    times = [text_of(element) for element in _named(root, "timestamp")]
    return PIDFLO(
        entity=root.get("entity", ""),
        locations=tuple(location for _, location in found),
        timestamp=times[0] if times else "",
        extension=MicrosoftExtension(
            _first(root, "ConferenceUri"),
            _first(root, "ConferenceMode"),
            _first(root, "LocationPolicyTagID"),
        ),
    )


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return (element for element in root.iter(etree.Element) if local_name(element) == name)


def _first(root: etree._Element, name: str) -> str:
    return text_of(next(_named(root, name), None))


def _locations(root: etree._Element) -> Iterator[tuple[int, Location]]:
    for geopriv in _named(root, "geopriv"):
        containers = [local_name(element) for element in geopriv.iterancestors()]
        priority = min((_PRIORITY.get(name, 3) for name in containers), default=3)
        addresses = (_civic(address) for address in _named(geopriv, "civicAddress"))
        location = Location(
            # Further ones say the same in another language; mixed they would be a place of nobody.
            next(filter(None, addresses), {}),
            _point(geopriv),
            _first(geopriv, "method"),
        )
        if location:
            yield priority, location


_CIVIC_NAMES = frozenset((*CIVIC_ORDER, *EXTENSIONS))


def _civic(address: etree._Element) -> dict[str, str]:
    civic = {local_name(element): text_of(element) for element in address}
    return {name: text for name, text in civic.items() if name in _CIVIC_NAMES and text}


def _point(geopriv: etree._Element) -> Point | None:
    """Return the first shape that can be read, as a point or circle."""
    shapes = (element for element in geopriv.iter(etree.Element) if local_name(element) in SIZES)
    return next(filter(None, map(_enclosed, shapes)), None)


def _enclosed(shape: etree._Element) -> Point | None:
    inside = [element for element in shape.iter(etree.Element)]
    named = [text for element in inside if (text := element.get("srsName"))]
    size = SIZES[local_name(shape)]
    try:
        per_position = dimensions(named[0] if named else "")
        outline = [
            found
            for element in inside
            if local_name(element) in ("pos", "posList")
            for found in positions(
                text_of(element),
                len(text_of(element).split()) if local_name(element) == "pos" else per_position,
            )
        ]
        return enclose(outline, _metres(shape, size) if size else None) if per_position else None
    except ValueError:
        return None


def _metres(shape: etree._Element, name: str) -> float | None:
    try:
        return float(_first(shape, name))
    except ValueError:
        return None
