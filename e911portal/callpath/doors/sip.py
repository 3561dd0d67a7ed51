"""The doors of the SIP edge: how a call leaves, what became of it, whom a PSAP calls back.

An edge cannot retry a route request: the caller is waiting.  So ``/v1/sip/route`` answers 200 with
the best targets possible whatever happens to it, and says in ``reasons`` what failed.
"""

import hashlib
import logging
import uuid
from dataclasses import fields
from typing import Any

from e911portal.callpath.clues import Identity
from e911portal.callpath.exchange import Event, Request, Response, json_response, problem, read_json
from e911portal.callpath.memory import contact_of
from e911portal.callpath.node import Node
from e911portal.core.snapshot import Snapshot
from locations.domain.resolution import Clue
from routing import lookup
from routing.domain import selection
from routing.domain.callerid import CallerID, CallerIDSource
from routing.domain.elins import Lease
from routing.domain.numbers import EmergencyMatch, match_emergency
from routing.domain.policy import choose
from routing.domain.reply import RouteDecision, Target
from routing.domain.request import Heard, RouteRequest, hear
from routing.domain.table import RoutingTable

log = logging.getLogger("e911portal.callpath.calls")

_FORBIDDEN = "You may not use this. A key with scope “sip”, or a listed SIP edge, may."
MAX_EVENTS, MAX_NUMBER = 500, 64
_FACTS = tuple(field.name for field in fields(RouteRequest))


def route(request: Request, node: Node) -> Response:
    """``POST /v1/sip/route``: the targets in order, caller id and PIDF-LO for each.

    An emergency call becomes the event ``call_routed``, kept once the reply has left.
    """
    snapshot = node.store.current()
    if not _may_route(request, node, snapshot):
        return problem(403, _FORBIDDEN)
    try:
        call = RouteRequest.from_json(read_json(request.body))
    except ValueError as error:
        return _last_resort(node, snapshot, RouteRequest(), f"request: {error}")
    if snapshot is None:
        return _last_resort(node, None, call, "no publication")
    now = node.clock()
    try:
        heard = _heard(call, snapshot)
        who, said = _identity(heard), heard.said if heard else Clue()
        with node.leases.choosing() as leases:
            decision = lookup.decide(
                snapshot,
                call,
                now=now,
                new_ref=_new_ref,
                trunks_down=node.memory.trunks_down(call.edge, now),
                leases=leases.of,
                last_known=node.clues.last_known(who, now),
                heard=heard,
            )
            if decision.leased_elin:
                contact = contact_of(call.contact, call.from_uri)
                elin, ref = decision.leased_elin, decision.call_ref
                leases.take(Lease(elin, call.from_uri, contact, now, sent=False, call_ref=ref))
        _note(node, who, said, decision)
        return _reply(node, call, decision)
    except Exception as error:  # the law: 911 completes
        log.exception("route failed", extra={"fields": {"call_ref": call.call_ref}})
        return _last_resort(node, snapshot, call, f"failed inside ({type(error).__name__})")


def route_fault(request: Request, node: Node, status: int, what: str) -> Response:
    """Answer a request that could not even be read, with the last-resort trunks."""
    snapshot = node.store.current()
    if not _may_route(request, node, snapshot):
        return problem(403, _FORBIDDEN)
    return _last_resort(node, snapshot, RouteRequest(), f"request: {what}")


def events(request: Request, node: Node) -> Response:
    """``POST /v1/sip/events``: 202 once the events, one object or a list of them, are durable."""
    snapshot = node.store.current()
    if not node.identify(request, snapshot).may_route:
        return problem(403, _FORBIDDEN)
    try:
        content = read_json(request.body)
    except ValueError as error:
        return problem(400, f"The events are not JSON: {error}.")
    given = content if isinstance(content, list) else [content]
    if len(given) > MAX_EVENTS or not all(isinstance(event, dict) for event in given):
        return problem(400, f"Write one JSON object, or a list of at most {MAX_EVENTS} objects.")
    named = tuple(_named(event, _moment(node)) for event in given)
    node.leases.ended(named, node.clock())
    return json_response(202, {"accepted": len(named)}, before=named, outcome="accepted")


def callback(request: Request, node: Node) -> Response:
    """``POST /v1/sip/callback``: 200 with ``uri`` for a number that is somebody's, else 404.

    A callback becomes the event ``called_back`` of the emergency call that showed the number.
    """
    snapshot = node.store.current()
    if not node.identify(request, snapshot).may_route:
        return problem(403, _FORBIDDEN)
    try:
        content = read_json(request.body)
        number = content["number"]
    except (ValueError, TypeError, KeyError):
        return problem(400, "Write a JSON object with “number”.")
    if not isinstance(number, str) or not 0 < len(number) <= MAX_NUMBER:
        return problem(400, f"“number” is a text of 1 to {MAX_NUMBER} characters.")
    if snapshot is None:
        return problem(404, "Nothing has been published yet.")
    now = node.clock()
    leases = (*node.memory.leases_of(number), *node.leases.of(number))
    target = lookup.callback(snapshot, number, now=now, leases=leases)
    if target is None:
        return problem(404, "This is nobody's number, and no recent emergency call showed it.")
    after = (_called_back(node, target, content),) if target.call_ref else ()
    return json_response(200, target.to_json(), after=after, outcome="found")


def _called_back(node: Node, target: lookup.CallbackTarget, asked: dict[str, Any]) -> Event:
    """Return the event; its ``id`` is of both calls, so that an edge may ask more than once."""
    call_id = asked.get("call_id") or uuid.uuid4().hex
    return {
        "id": hashlib.sha256(f"{target.call_ref} {call_id}".encode()).hexdigest(),
        "event": "called_back",
        "at": _moment(node),
        "call_ref": target.call_ref,
        "from_uri": str(asked.get("from_uri") or ""),
        "number": target.number,
    }


def _may_route(request: Request, node: Node, snapshot: Snapshot | None) -> bool:
    """Return whether the caller may ask for a route; a fault of ours is not held against it.

    Without a publication nobody is known and nothing can be told, so the answer is for everybody.
    """
    try:
        return snapshot is None or node.identify(request, snapshot).may_route
    except Exception:
        log.exception("access rules not readable")
        return True


def _heard(call: RouteRequest, snapshot: Snapshot) -> Heard | None:
    """Return who calls and what the phone says of its surroundings; None when that fails."""
    try:
        return hear(call, lookup.routing_table(snapshot).rules)
    except Exception:  # the decision itself goes on without it, step by step
        log.exception("request not understood", extra={"fields": {"call_ref": call.call_ref}})
        return None


def _identity(heard: Heard | None) -> Identity:
    if heard is None:
        return Identity()
    numbers = (f"tel:{number}" for number in heard.who.numbers)
    return Identity((*heard.who.uris, *numbers), heard.said.mac, heard.said.ip)


def _note(node: Node, who: Identity, said: Clue, decision: RouteDecision) -> None:
    """Keep what a call teaches about places; no fault of that may cost it its decision."""
    try:
        if decision.emergency and (said.bssids or said.chassis):
            node.clues.learn(who, said, node.clock())
        if decision.location.resolution:
            node.missed.count(decision.location.resolution)
    except Exception:
        log.exception("not noted", extra={"fields": {"call_ref": decision.call_ref}})


def _reply(node: Node, call: RouteRequest, decision: RouteDecision) -> Response:
    reply = decision.to_json()
    if not decision.emergency:
        return json_response(200, reply, outcome="ordinary")
    outcome = "located" if decision.location.located else "unlocated"
    fields = {
        "call_ref": decision.call_ref,
        "publication": decision.publication,
        "policy": decision.choice.policy.name,
        "location": outcome,
        "targets": len(decision.targets),
    }
    log.info("routed", extra={"fields": fields})
    event = _routed(node, call, reply, leased_elin=decision.leased_elin)
    return json_response(200, reply, after=(event,), outcome=outcome)


def _routed(node: Node, call: RouteRequest, reply: dict[str, Any], leased_elin: str = "") -> Event:
    given = {name: text for name in _FACTS if (text := getattr(call, name))}
    return {
        "id": uuid.uuid4().hex,
        "event": "call_routed",
        "at": _moment(node),
        "call_ref": reply["call_ref"],
        "call_id": call.call_id,
        "request": given,
        "decision": reply,
        "leased_elin": leased_elin,
    }


def _last_resort(node: Node, snapshot: Snapshot | None, call: RouteRequest, why: str) -> Response:
    """Answer with the last-resort trunks of the snapshot, or with none when there is no snapshot.

    The edge asks about emergency numbers only, so what cannot be understood is held for one.
    """
    try:
        table = lookup.routing_table(snapshot) if snapshot else RoutingTable()
    except Exception as error:
        log.exception("no routing table")
        table, why = RoutingTable(), f"{why}; routing table: {type(error).__name__}"
    match = match_emergency(call.ruri)
    if not match.emergency:
        match = EmergencyMatch(True, False, "", dial_string="911")
    way = selection.select((), (), (), table.trunks, last_resort=table.last_resort)
    nobody = CallerID("", "", CallerIDSource.NONE, ())
    decision = RouteDecision(
        match=match,
        choice=choose({}),
        publication=snapshot.number if snapshot else 0,
        call_ref=call.call_ref or _new_ref(),
        targets=tuple(
            Target(attempt.trunk, match.dial_string, nobody, attempt.trunk.address, call.from_uri)
            for attempt in way.attempts
        ),
        reasons=(why, *way.reasons),
    )
    reply = decision.to_json()
    log.error("last resort", extra={"fields": {"call_ref": decision.call_ref, "why": why}})
    event = _routed(node, call, reply)
    return json_response(200, reply, after=(event,), outcome="last_resort")


def _named(event: Event, at: str) -> Event:
    """Return the event with an ``id`` that is a text, by which it is delivered once, and a time."""
    given = event.get("id")
    has_id = isinstance(given, str | int) and str(given).strip()
    return {"at": at, **event, "id": str(given) if has_id else uuid.uuid4().hex}


def _new_ref() -> str:
    return uuid.uuid4().hex


def _moment(node: Node) -> str:
    return node.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
