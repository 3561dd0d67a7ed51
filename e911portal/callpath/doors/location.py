"""``GET /v1/location``: where a clue leads, as JSON with its reasons, or as a bare PIDF-LO."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from e911portal.callpath import clues, exchange, whereabouts
from e911portal.callpath.access import Caller
from e911portal.callpath.exchange import BadParameter, Request, Response, json_response, problem
from e911portal.callpath.node import Node
from locations.domain import identifiers, pidflo
from locations.domain.resolution import Clue, Resolution
from locations.held.messages import source_of
from locations.lookup import forms

PARAMETERS = ("bssid", "chassis", "port", "port_subtype", "ip", "mac", "uri")
MAX_VALUE, MAX_BSSIDS = 255, 64


def answer(request: Request, node: Node) -> Response:
    """200 when located, 404 when not, 400 for a malformed clue, 403 for one that is not allowed.

    Without parameters the caller's own address is the clue.
    """
    snapshot = node.store.current()
    caller = node.admit(request, snapshot)
    clue = read_clue(request.parameters(PARAMETERS))
    own = {caller.source, None}
    is_about_others = clue.ip not in own or clue.mac is not None or clue.uri is not None
    if not (caller.may_ask_others if is_about_others else caller.may_ask_own):
        return problem(403, "You may not ask where this is. A key with scope “location” may.")
    if clue == Clue() or not caller.may_ask_others:
        # What a device reports is about itself, and so is its address: a port that is not mapped
        # falls to its subnet. Whoever asks about others has an address that is no evidence.
        clue = _with_address(clue, caller)
    if snapshot is None:
        return problem(503, "Nothing has been published yet.")
    now = node.clock()
    who = clues.identity_of(clue)
    if not caller.may_ask_others:
        node.clues.learn(who, clue, now)
    found = whereabouts.find(
        snapshot, clue, now, last_known=lambda: node.clues.last_known(who, now), runners_up=True
    )
    resolution = found.resolution
    node.missed.count(resolution)
    outcome = resolution.tier or "none"
    if resolution.located and b"application/pidf+xml" in request.headers.get(b"accept", b""):
        document = pidflo.for_held(
            forms(snapshot, resolution),
            pidflo.method_of(resolution),
            entity=whereabouts.pseudonym(),
            at=found.at,
            expires=found.expires(now),
            source=source_of(resolution, third_party=caller.may_ask_others),
        )
        return Response(200, document.encode(), exchange.PIDF, outcome=outcome)
    status = 200 if resolution.located else 404
    return json_response(status, to_json(resolution, snapshot.number), outcome=outcome)


def to_json(resolution: Resolution, publication: int) -> dict[str, Any]:
    """Return the body of the answer; its fields and their order are a contract."""
    erl = resolution.erl
    record = erl.record if erl else {}
    return {
        "publication": publication,
        "located": resolution.located,
        "tier": resolution.tier,
        "matched": resolution.matched,
        "erl": {
            "name": erl.name,
            "location": record.get("location") or "",
            "company": record.get("company") or "",
            "site": erl.site,
        }
        if erl
        else None,
        "civic": record.get("civic"),
        "verdict": (record.get("verdict") or {"status": erl.verdict}) if erl else None,
        "confidence": resolution.confidence,
        "age_s": resolution.age_s,
        "reasons": list(resolution.reasons),
        "runners_up": [
            {"tier": match.tier, "matched": match.matched, "erl": match.erl.name}
            for match in resolution.runners_up
        ],
        # How far the person may be from what is said: the location's area, the circle around it.
        "precision": {"area_sq_ft": record.get("area_sq_ft"), "radius_m": record.get("radius_m")}
        if erl
        else None,
    }


def read_clue(given: Mapping[str, list[str]]) -> Clue:
    """Return the clue in query parameters; raises ``BadParameter`` for what is not in its form."""

    def one(name: str, read: Callable[[str], str]) -> str | None:
        values = given.get(name, [])
        if len(values) > 1:
            raise BadParameter(name, values[1], "given once")
        return _read(name, values[0], read) if values else None

    bssids = [text for value in given.get("bssid", []) for text in value.split(",")]
    if len(bssids) > MAX_BSSIDS:
        raise BadParameter("bssid", f"{len(bssids)} values", f"at most {MAX_BSSIDS}")
    subtype = one("port_subtype", _subtype)
    return Clue(
        bssids=tuple(_read("bssid", text, identifiers.mac) for text in bssids),
        chassis=one("chassis", identifiers.chassis_id),
        port=one("port", identifiers.port_id),
        port_subtype=int(subtype) if subtype else None,
        ip=one("ip", identifiers.ip),
        mac=one("mac", identifiers.mac),
        uri=one("uri", identifiers.uri),
    )


def _read(name: str, value: str, read: Callable[[str], str]) -> str:
    if len(value) > MAX_VALUE:
        raise BadParameter(name, f"{value[:40]}…", f"at most {MAX_VALUE} characters")
    try:
        return read(value)
    except ValueError as error:
        raise BadParameter(name, value, str(error)) from error


def _subtype(text: str) -> str:
    if text not in ("1", "2", "3", "4", "5", "6", "7"):
        raise ValueError("Write an LLDP port id subtype, 1 to 7.")
    return text


def _with_address(clue: Clue, caller: Caller) -> Clue:
    return replace(clue, ip=caller.source or None)
