"""Two edges side by side over one call path: what one knows of trunks is not the other's."""

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from e911portal.core.snapshot import SnapshotStore
from routing.edge import installation
from routing.edge.settings import EdgeSettings
from tests.callpath.portal import Portal
from tests.interop.sip import estate
from tests.interop.sip.phone import Phone
from tests.interop.sip.world import Process, World, eventually
from tests.running import free_port

pytestmark = pytest.mark.interop


@dataclass
class Pair:
    """A world whose edge, A, probes its trunks every second; B probes none, so that it stays as
    ignorant as an edge in its first seconds, and is not started."""

    a: World
    settings: EdgeSettings
    b: Process
    portal: Portal

    def told(self, event: str, settings: EdgeSettings) -> list[str]:
        """Return the trunks of which an edge has told."""
        edge = f"sip:e911@{settings.name}:{settings.port}"
        events = [event for batch in list(self.portal.batches) for event in batch]
        return [e["target"] for e in events if e["event"] == event and e.get("edge") == edge]

    def call(self, settings: EdgeSettings) -> tuple[float, dict[str, Any], dict[str, Any]]:
        """Place a call from New York; return how long it took, its decision, its answer."""
        phone = Phone(
            (settings.host, settings.port), estate.NY_PHONE, "anna.rossi", "unplugthepbx.com"
        )
        self.a.phones.append(phone)
        started = time.monotonic()
        call = phone.call("911")
        assert call.ends() == 200
        took = time.monotonic() - started
        answered = self.a.told(call.call_id, "call_answered")[-1]
        [routed] = [
            event for event in self.a.told(call.call_id, "call_routed") if "decision" in event
        ]
        assert call.hang_up() == 200
        return took, routed["decision"], answered


@pytest.fixture
def pair(
    tmp_path_factory: pytest.TempPathFactory, sip_portal: Portal, _world: World
) -> Iterator[Pair]:
    a = World(tmp_path_factory.mktemp("pair"), sip_portal, probe_seconds=1)
    settings = replace(
        a.settings, directory=a.state / "kamailio-b", probe_seconds=0,
        port=free_port(), rpc_port=free_port(), tls_port=free_port(),
    )  # fmt: skip
    snapshot = SnapshotStore(a.state / "publications").current()
    installation.write(snapshot, settings, now=datetime.now(UTC))
    b = Process(installation.command(settings), settings.rpc_port, a.state / "kamailio-b.log")
    try:
        a.start()
        yield Pair(a, settings, b, sip_portal)
    finally:
        for phone in a.phones:
            phone.close()
        b.end()
        a.stop()


def test_edge_that_starts_wipes_out_no_other_edges_dead_trunks(pair: Pair) -> None:
    provider = pair.a.table.trunks["provider"].dst
    pair.a.trunks["provider"].signal(signal.SIGSTOP)  # takes connections and says nothing
    try:
        eventually(lambda: provider in pair.told("gateway_down", pair.a.settings))
        eventually(lambda: not installation.trunks(pair.a.settings)[provider])
        pair.b.start()
        eventually(lambda: provider in pair.told("gateway_up", pair.settings))

        _, knows, by_a = pair.call(pair.a.settings)
        took, ignorant, by_b = pair.call(pair.settings)
    finally:
        pair.a.trunks["provider"].signal(signal.SIGCONT)

    assert [target["id"] for target in knows["targets"]] == ["ny-gateway", "provider"]
    assert (by_a["target"], by_a.get("attempts")) == ("ny-gateway", None)
    # B has its own experience to make, which costs the fast failover timer of a second.
    assert [target["id"] for target in ignorant["targets"]] == ["provider", "ny-gateway"]
    assert (by_b["target"], [a["target"] for a in by_b["attempts"]]) == ("ny-gateway", ["provider"])
    assert took < 5  # nothing else waits less than 10 s
