"""Health, readiness and figures."""

import os
from collections.abc import Callable
from pathlib import Path

from e911portal.callpath.app import CallPath
from e911portal.callpath.doors.health import STALE_SECONDS
from e911portal.callpath.pull import REACHED
from e911portal.core.snapshot import activate
from tests.callpath import sample
from tests.callpath.client import call
from tests.running import ROOT


def test_ready_names_the_publication_and_its_age(app: CallPath) -> None:
    answer = call(app, "GET", "/readyz", peer="198.51.100.1")

    assert (answer.status, answer.json()) == (
        200,
        {
            "status": "ready",
            "publication": 42,
            "created_at": "2026-11-21T10:30:00Z",
            "age_s": 0,
            "fault": "",
            "unpulled_s": None,
            "pull_fault": "",
            "spool_depth": 0,
            "events_dropped": 0,
            "portal_fault": "",
        },
    )


def test_unready_without_a_publication_but_alive(make_app: Callable[..., CallPath]) -> None:
    app = make_app()

    answer = call(app, "GET", "/readyz")

    assert (answer.status, answer.json()["status"]) == (503, "unready")
    assert call(app, "GET", "/healthz").json() == {"status": "ok"}


def test_stale_when_a_newer_publication_is_refused(
    state: Path, make_app: Callable[..., CallPath]
) -> None:
    app = make_app(state)
    call(app, "GET", "/readyz")
    path, sha256 = sample.write(state / "publications", 43)
    path.write_bytes(path.read_bytes()[:-4096])
    activate(state / "publications", 43, path.name, sha256)
    while not app.node.store.fault:
        app.node.store.current()

    answer = call(app, "GET", "/readyz")

    value = answer.json()
    assert (answer.status, value["status"], value["publication"]) == (200, "stale", 42)
    assert value["fault"].startswith("43.sqlite3 has SHA-256 ")
    assert metric(app, "e911_callpath_publication_fault") == "1.0"


def metric(app: CallPath, name: str) -> str | None:
    lines = call(app, "GET", "/metrics").body.decode().splitlines()
    return next((line.split()[-1] for line in lines if line.startswith(f"{name} ")), None)


def test_metrics_count_answers_by_door_and_outcome(app: CallPath) -> None:
    for query in ("?ip=10.1.1.20", "?ip=10.1.1.21", "?ip=10.9.9.9", "?ip=x"):
        call(app, "GET", f"/v1/location{query}")

    counted = {
        outcome: metric(app, f'e911_callpath_answers_total{{door="location",outcome="{outcome}"}}')
        for outcome in ("subnet", "none", "refused", "port")
    }
    assert counted == {"subnet": "2.0", "none": "1.0", "refused": "1.0", "port": None}
    assert metric(app, 'e911_callpath_request_seconds_count{door="location"}') == "4.0"
    assert metric(app, "e911_callpath_publication_number") == "42.0"
    assert metric(app, "e911_callpath_spool_depth") == "0.0"


def test_metrics_count_what_was_missed_by_tier(app: CallPath) -> None:
    for query in ("?ip=10.9.9.9", "?ip=10.9.9.8", "?bssid=020000000009&ip=10.1.1.20"):
        call(app, "GET", f"/v1/location{query}")

    counted = {
        tier: metric(app, f'e911_callpath_missed_total{{tier="{tier}"}}')
        for tier in ("subnet", "bssid", "port")
    }
    assert counted == {"subnet": "2.0", "bssid": "1.0", "port": None}


def test_manual_names_every_metric(app: CallPath, make_app: Callable[..., CallPath]) -> None:
    manual = (ROOT / "docs" / "call-path.md").read_text()
    call(app, "GET", "/v1/location?ip=10.9.9.9")
    branch = make_app(app.node.settings.state_dir, pull=True)
    (app.node.settings.state_dir / "publications" / REACHED).touch()

    named = {
        line.split()[2]
        for node in (app, branch)
        for line in call(node, "GET", "/metrics").body.decode().splitlines()
        if line.startswith("# TYPE ") and not line.endswith("_created gauge")
    }

    assert len(named) == 11
    assert [name for name in sorted(named) if f"`{name}`" not in manual] == []


def test_branch_that_has_not_reached_its_portal_is_stale(
    state: Path, make_app: Callable[..., CallPath]
) -> None:
    app = make_app(state, pull=True)

    def ready() -> tuple[str, int | None]:
        value = call(app, "GET", "/readyz").json()
        return value["status"], value["unpulled_s"]

    never = ready()
    reached = state / "publications" / REACHED
    reached.touch()
    told = []
    for seconds in (STALE_SECONDS, STALE_SECONDS + 1):
        at = sample.AT.timestamp() - seconds
        os.utime(reached, (at, at))
        told.append(ready())

    assert (never, told) == (
        ("stale", None),
        [("ready", STALE_SECONDS), ("stale", STALE_SECONDS + 1)],
    )
