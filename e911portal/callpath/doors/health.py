"""Health: whether the process lives, whether it can answer with what is published, and its figures.

Open to everybody: they name a publication and a queue length, no person and no place.
"""

from datetime import datetime

from e911portal.callpath import metrics as figures
from e911portal.callpath.exchange import Request, Response, json_response
from e911portal.callpath.node import Node

#: After this time without the portal a node that pulls may be answering from an old publication.
STALE_SECONDS = 15 * 60


def alive(request: Request, node: Node) -> Response:
    """``GET /healthz``: 200 while the process can answer at all."""
    return json_response(200, {"status": "ok"}, outcome="ok")


def ready(request: Request, node: Node) -> Response:
    """``GET /readyz``: 200 with a publication to answer from, 503 without.

    ``status`` is ``stale`` when a newer publication is refused or the pointer cannot be read, or
    when a node that pulls has not reached the portal for a while: it answers from the last good
    publication, and ``fault`` or ``pull_fault`` says why.
    """
    snapshot = node.store.current()
    fault = node.store.fault
    created_at = _created_at(node)
    unpulled = _unpulled(node)
    pulls_no_more = node.puller and (unpulled is None or unpulled > STALE_SECONDS)
    stale = fault or pulls_no_more
    status = "unready" if snapshot is None else "stale" if stale else "ready"
    value = {
        "status": status,
        "publication": snapshot.number if snapshot else None,
        "created_at": snapshot.meta.get("created_at") if snapshot else None,
        "age_s": _age(created_at, node) if created_at else None,
        "fault": fault,
        "unpulled_s": unpulled,
        "pull_fault": node.puller.fault if node.puller else "",
        "spool_depth": node.delivery.spooled.waiting,
        "events_dropped": node.delivery.spooled.dropped,
        "portal_fault": node.delivery.fault,
    }
    return json_response(200 if snapshot else 503, value, outcome=status)


def metrics(request: Request, node: Node) -> Response:
    """``GET /metrics``: the Prometheus exposition of this node, all workers together."""
    snapshot = node.store.current()
    state = figures.NodeState(
        snapshot.number if snapshot else None,
        _created_at(node),
        node.clock(),
        node.store.fault,
        node.delivery.spooled,
        _unpulled(node),
    )
    body = figures.render(node.metrics, state)
    return Response(200, body, figures.CONTENT_TYPE, outcome="ok")


def _created_at(node: Node) -> datetime | None:
    snapshot = node.store.current()
    try:
        return datetime.fromisoformat(snapshot.meta["created_at"]) if snapshot else None
    except (KeyError, ValueError):
        return None


def _unpulled(node: Node) -> int | None:
    """Return the seconds since the portal last answered; ``None`` if it never did, or for a node
    that does not pull."""
    reached = node.puller.reached_at() if node.puller else None
    return _age(reached, node) if reached else None


def _age(created_at: datetime, node: Node) -> int:
    # The clock of the machine that published may be ahead of ours.
    return max(0, int((node.clock() - created_at).total_seconds()))
