"""Location URIs (RFC 6753): where a device is now, for whoever holds its URI."""

from dataclasses import replace
from datetime import datetime

from e911portal.callpath import clues, exchange, references, whereabouts
from e911portal.callpath.doors import held
from e911portal.callpath.exchange import Request, Response, problem
from e911portal.callpath.node import Node
from e911portal.callpath.references import Reference
from locations.domain import pidflo
from locations.domain.resolution import Clue
from locations.held import reader, writer
from locations.held.messages import HELDError, LocationRequest, source_of
from locations.lookup import forms

#: What a GET asks for (RFC 6753 §3.2): both forms by value, neither exactly.
_BY_VALUE = LocationRequest(types=("geodetic", "civic"))


def answer(request: Request, node: Node) -> Response:
    """``GET`` or ``POST`` of a location URI: a ``locationResponse``, or ``presence`` if preferred.

    Errors travel in HTTP 200 as everywhere in HELD; only a path that cannot be a location URI of
    this node is 404.
    """
    token = references.token_in(request.path)
    if token is None:
        return problem(404, "This is no location URI of this node.")
    node.admit(request, node.store.current())
    try:
        message = reader.parse(request.body) if request.method == "POST" else _BY_VALUE
        if message.device:
            raise HELDError("requestError", "A location URI stands for its device already.")
        return _follow(message, token, request, node)
    except HELDError as error:
        return held.refusal(error)


def _follow(message: LocationRequest, token: str, request: Request, node: Node) -> Response:
    now = node.clock()
    reference = node.references.find(token, now)
    snapshot = node.store.current()
    if reference is None:
        raise HELDError("locationUnknown", "This location URI has ended.")
    if snapshot is None:
        raise HELDError("locationUnknown", "No location has been published yet.")
    clue, at = _newest(reference, node, now)
    found = whereabouts.find(snapshot, clue, now)
    held.refuse_unlocated(found)
    where, method = forms(snapshot, found.resolution), pidflo.method_of(found.resolution)
    entity, source = whereabouts.pseudonym(), source_of(found.resolution)
    outcome = found.resolution.tier or "none"
    if request.prefers("application/pidf+xml", "application/held+xml"):
        presence = pidflo.for_held(
            where, method, entity=entity, at=at, expires=reference.expires, source=source
        )
        return Response(200, presence.encode(), exchange.PIDF, outcome=outcome)
    document = writer.answer(
        message, where, method, entity=entity, at=at, expires=reference.expires, source=source
    )
    return Response(200, document, exchange.HELD, outcome=outcome)


def _newest(reference: Reference, node: Node, now: datetime) -> tuple[Clue, datetime]:
    """Return what the device said last, and when: at the reference's making or since."""
    known = reference.clue
    since = node.clues.last_known(clues.identity_of(known), now)
    if since is None or since.at <= reference.at:
        return known, reference.at
    clue = replace(since.clue, mac=known.mac, uri=known.uri, entity=known.entity)
    return replace(clue, ip=clue.ip or known.ip), since.at
