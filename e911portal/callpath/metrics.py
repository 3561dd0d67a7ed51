"""Figures of the call path for Prometheus.  Counting costs a few microseconds and takes no I/O.

With several workers ``PROMETHEUS_MULTIPROC_DIR`` names a directory in which each worker keeps its
counters as memory-mapped files, and any worker answers ``/metrics`` for all of them.  It must be
set before this module is imported, which ``__main__`` does.
"""

import os
from collections.abc import Callable, Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from e911portal.core.spool import SpoolState

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
Count = Callable[[], None]
_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5)


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "e911_callpath_request_seconds",
            "Time from a complete request head to the answer handed to the network.",
            ["door"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._answers = Counter(
            "e911_callpath_answers",
            "Answers by door and outcome: the tier that located, or the code of an error.",
            ["door", "outcome"],
            registry=self.registry,
        )
        self._missed = Counter(
            "e911_callpath_missed",
            "Elements of clues that led to no location that may be answered, by tier.",
            ["tier"],
            registry=self.registry,
        )
        self._lost = Counter(
            "e911_callpath_events_lost",
            "Events that could not be kept because the disk failed for too long.",
            registry=self.registry,
        )
        # Looked up once per pair of labels: prometheus_client takes a lock to find a child.
        self._children: dict[tuple[str, str], tuple[Callable[[float], None], Count]] = {}

    def answered(self, door: str, outcome: str, seconds: float) -> None:
        """Count one answer.  ``outcome`` is of a small fixed set, never text of the request."""
        children = self._children.get((door, outcome))
        if children is None:
            children = (
                self._seconds.labels(door).observe,
                self._answers.labels(door, outcome).inc,
            )
            self._children[door, outcome] = children
        observe, count = children
        observe(seconds)
        count()

    def missed(self, tier: str) -> None:
        """Count an element that is not mapped, or mapped to nothing that may be answered."""
        self._missed.labels(tier).inc()

    def lost(self, events: int) -> None:
        """Count events that were given up."""
        self._lost.inc(events)


class NodeState(Collector):
    """What a scrape reads at its moment: the publication that answers, and the spool."""

    def __init__(
        self,
        number: int | None,
        created_at: datetime | None,
        now: datetime,
        fault: str,
        spool: SpoolState,
        unpulled: int | None = None,
    ) -> None:
        self._values = {
            "publication_number": ("Number of the publication that answers.", number),
            "publication_age_seconds": (
                "Time since that publication was made.",
                (now - created_at).total_seconds() if created_at else None,
            ),
            "publication_fault": (
                "1 while a newer publication is refused or the pointer cannot be read.",
                int(bool(fault)),
            ),
            "unpulled_seconds": ("Time since the portal last answered this node.", unpulled),
            "spool_depth": ("Events that wait for the portal.", spool.waiting),
            "spool_bytes": ("Their size.", spool.bytes),
            "spool_dropped": ("Events dropped because the spool was full.", spool.dropped),
        }

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, (text, value) in self._values.items():
            if value is not None:
                yield GaugeMetricFamily(f"e911_callpath_{name}", text, value=value)


def render(metrics: Metrics, state: NodeState) -> bytes:
    """Return the exposition of all workers of this node, with the state of the node."""
    now = CollectorRegistry()
    now.register(state)
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(metrics.registry) + generate_latest(now)
    from prometheus_client.multiprocess import MultiProcessCollector

    workers = CollectorRegistry()
    MultiProcessCollector(workers)  # type: ignore[no-untyped-call]
    return generate_latest(workers) + generate_latest(now)
