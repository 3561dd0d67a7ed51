"""HELD (RFC 5985) with device identity (RFC 6155), measurements (RFC 7105) and routing information
(RFC 7840).

Every answer to a HELD message, errors included, travels in HTTP 200: a client that sees 404 or 500
cannot tell “unknown location” from “broken server”.  Headers are not judged: real clients send odd
ones.
"""

from datetime import datetime

from e911portal.callpath import clues, exchange, references, whereabouts
from e911portal.callpath.exchange import Request, Response
from e911portal.callpath.node import Node
from e911portal.callpath.whereabouts import Whereabouts
from locations.domain import pidflo
from locations.domain.resolution import Clue
from locations.held import reader, writer
from locations.held.messages import (
    REQUIRED,
    HELDError,
    LocationRequest,
    LocationURIs,
    Route,
    by_age,
    source_of,
    to_clue,
)
from locations.lookup import forms

#: Countries that share the numbering plan of +1, in which a short number can be named globally.
_NANP = {"US", "CA"}


def answer(request: Request, node: Node) -> Response:
    """``POST /held``: where the asking device is, or the device that it may ask about."""
    try:
        return _locate(request, node)
    except HELDError as error:
        return refusal(error)


def fault(request: Request, node: Node, status: int, what: str) -> Response:
    """Say in HELD that the message is too large, or that the answer failed."""
    code = "requestError" if status == 413 else "generalLisError"
    return refusal(HELDError(code, f"The request cannot be answered: {what}."))


def refusal(error: HELDError) -> Response:
    """Return an ``error`` document."""
    return Response(200, writer.error(error), exchange.HELD, outcome=error.code)


def refuse_unlocated(found: Whereabouts, *, measure: bool = False) -> None:
    """Raise ``HELDError`` unless a place was found; ``measure`` asks the device what it hears."""
    if found.resolution.located:
        return
    if found.resolution.excluded:
        # RFC 5985 §6.3: outside the network that this server serves, such as behind a VPN.
        raise HELDError("notLocatable", "This device is outside the network served here.")
    raise HELDError("locationUnknown", "No location is known for this device.", measure=measure)


def _locate(request: Request, node: Node) -> Response:
    snapshot = node.store.current()
    caller = node.admit(request, snapshot)
    now = node.clock()
    message = reader.parse(request.body, now)
    is_third_party = message.is_third_party(caller.source)
    # Both are said before anything is looked up: who may not ask learns nothing.
    if is_third_party and not caller.may_ask_others:
        raise HELDError("badIdentifier", "You may not ask by this identifier.")  # RFC 6155 §2.2
    if not (is_third_party or caller.may_ask_own):
        raise HELDError("locationUnknown", "You may not ask where this device is.")
    if not is_third_party and not caller.source:
        raise HELDError("badIdentifier", "Your address is not known here.", REQUIRED)
    clue = to_clue(message, caller.source)
    who = clues.identity_of(clue)
    if message.measured and not is_third_party:
        at = min(message.measured_at or now, now)
        node.clues.learn(who, clue, at, until=message.measured_until)
    if snapshot is None:
        raise HELDError("locationUnknown", "No location has been published yet.")
    present, measured = by_age(message, clue, now)
    found = whereabouts.find(
        snapshot,
        present,
        now,
        last_known=lambda: clues.newest(measured, node.clues.last_known(who, now)),
    )
    resolution = found.resolution
    node.missed.count(resolution)
    refuse_unlocated(found, measure=not (message.measured or message.device))
    expires = found.expires(now)
    wants_uris = "locationURI" in message.types
    document = writer.answer(
        message,
        forms(snapshot, resolution),
        pidflo.method_of(resolution),
        entity=whereabouts.pseudonym(),
        at=message.seen_at(resolution, found.at),
        expires=expires,
        device=message.device.used(resolution.tier) if message.device else None,
        uris=_location_uris(request, node, clue, message.measured_until, expires)
        if wants_uris
        else None,
        route=_route(message, found, request) if message.routing else None,
        source=source_of(resolution, third_party=is_third_party),
    )
    return Response(200, document, exchange.HELD, outcome=resolution.tier or "none")


def _location_uris(
    request: Request, node: Node, clue: Clue, until: datetime | None, expires: datetime
) -> LocationURIs | None:
    """Return a new location URI for the device of ``clue``, or none when it cannot be made.

    One is made only for who asks for it in so many words, not for ``any``: it is a right to follow
    the device.  It ends when the device says that its measurements do (RFC 7105 §6.3), and after an
    hour if nothing but an address names the device, because that may be another's by then.
    """
    now = node.clock()
    if not (clue.mac or clue.uri):
        expires = min(expires, now + clues.ADDRESS_LIMIT)
    expires = min(expires, until or expires)
    base = node.uri(request, references.PATH)
    token = node.references.make(clue, now, expires) if base else None
    return LocationURIs((base + token,), expires) if token else None


def _route(message: LocationRequest, found: Whereabouts, request: Request) -> Route | None:
    """Return the emergency number of the policy as the destination of an emergency service.

    Which trunk the call leaves by is decided when it is made; the device only has to dial.
    """
    service, numbers = message.routing or "", found.policy.emergency_numbers
    if not (service == "urn:service:sos" or service.startswith("urn:service:sos.")) or not numbers:
        return None
    erl = found.resolution.erl
    country = (erl.record.get("civic") or {}).get("country", "") if erl else ""
    host = request.header(b"host").partition(":")[0]
    context = "+1" if country in _NANP else host
    number = numbers[0].dial_string
    return Route(service, (f"tel:{number};phone-context={context}",)) if context else None
