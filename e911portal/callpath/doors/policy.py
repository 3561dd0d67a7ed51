"""``GET /v1/policy``: what a client must know before somebody dials."""

from e911portal.callpath.doors import e911ws
from e911portal.callpath.exchange import BadParameter, Request, Response, json_response, problem
from e911portal.callpath.node import Node
from locations.domain import identifiers
from routing.domain.reply import policy_json
from routing.lookup import policy_for

PARAMETERS = ("ip", "user")


def answer(request: Request, node: Node) -> Response:
    """200 with the policy for the caller's address and the ``user`` that it names.

    A policy is no personal data and a client knows its user best, so ``user`` needs no key;
    another ``ip`` than one's own does.
    """
    snapshot = node.store.current()
    caller = node.admit(request, snapshot)
    given = request.parameters(PARAMETERS)
    ip = _read("ip", given.get("ip", [caller.source])[0])
    user = _read("user", given.get("user", [""])[0])
    if not (caller.may_ask_own if ip == caller.source else caller.may_ask_others):
        return problem(403, "You may not ask for this address. A key with scope “location” may.")
    if snapshot is None:
        return problem(503, "Nothing has been published yet.")
    choice = policy_for(snapshot, ip=ip or None, user=user or None)
    value = policy_json(
        choice,
        publication=snapshot.number,
        held_uri=node.uri(request, "/held"),
        lis_uri=node.uri(request, e911ws.PATH),
    )
    return json_response(200, value, outcome=str(choice.scope))


def _read(name: str, value: str) -> str:
    try:
        if value:
            return identifiers.ip(value) if name == "ip" else identifiers.uri(value)
    except ValueError as error:
        raise BadParameter(name, value, str(error)) from error
    return ""
