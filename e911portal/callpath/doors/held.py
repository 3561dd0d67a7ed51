"""HELD (RFC 5985) with device identity (RFC 6155) and measurements (RFC 7105).

Every answer to a HELD message, errors included, travels in HTTP 200: a client that sees 404 or 500
cannot tell “unknown location” from “broken server”.  Headers are not judged: real clients send odd
ones.
"""

from e911portal.callpath import exchange, whereabouts
from e911portal.callpath.exchange import Request, Response
from e911portal.callpath.node import Node
from locations.domain.pidflo import located
from locations.held import reader, writer
from locations.held.messages import HELDError, to_clue


def answer(request: Request, node: Node) -> Response:
    """``POST /held``: where the asking device is, or the device that it may ask about."""
    try:
        return _locate(request, node)
    except HELDError as error:
        return _error(error)


def fault(request: Request, node: Node, status: int, what: str) -> Response:
    """Say in HELD that the message is too large, or that the answer failed."""
    code = "requestError" if status == 413 else "generalLisError"
    return _error(HELDError(code, f"The request cannot be answered: {what}."))


def _locate(request: Request, node: Node) -> Response:
    message = reader.parse(request.body)
    snapshot = node.store.current()
    caller = node.identify(request, snapshot)
    is_third_party = message.is_third_party(caller.source)
    if not (caller.may_ask_others if is_third_party else caller.may_ask_own):
        # The same code as for a device that nobody knows: who may not ask learns nothing.
        raise HELDError("locationUnknown", "You may not ask where this device is.")
    if not is_third_party and not caller.source:
        raise HELDError("badIdentifier", "Your address is not known here.", ("ip", "mac", "uri"))
    if snapshot is None:
        raise HELDError("locationUnknown", "No location has been published yet.")
    now = node.clock()
    found = whereabouts.find(snapshot, to_clue(message, caller.source), now)
    document = writer.answer(
        message,
        located(found.resolution),
        entity=whereabouts.pseudonym(),
        now=now,
        expires=found.expires,
    )
    return Response(200, document, exchange.HELD, outcome=found.resolution.tier or "none")


def _error(error: HELDError) -> Response:
    return Response(200, writer.error(error), exchange.HELD, outcome=error.code)
