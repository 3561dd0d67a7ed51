"""One node of the call path: what its doors share, made from the environment."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from e911portal import environment
from e911portal.callpath.access import Caller, Networks, identify, rules_of, scheme
from e911portal.callpath.clues import Clues
from e911portal.callpath.delivery import Delivery
from e911portal.callpath.exchange import Request, TooMany
from e911portal.callpath.leases import Leases
from e911portal.callpath.limits import Limits
from e911portal.callpath.memory import Memory
from e911portal.callpath.metrics import Metrics
from e911portal.callpath.missed import Missed
from e911portal.callpath.periodic import Periodic
from e911portal.callpath.portal import Portal
from e911portal.callpath.pull import Puller
from e911portal.callpath.recorder import Recorder
from e911portal.callpath.references import References
from e911portal.core.snapshot import Snapshot, SnapshotStore
from e911portal.core.spool import Spool

log = logging.getLogger("e911portal.callpath")

#: What may no longer be used is not used; how often it is erased from the disk, too, for whoever
#: gets hold of that.
FORGET_SECONDS = 300.0
#: How soon a new publication is noticed where nobody asks; one ``stat`` of a small file each.
FOLLOW_SECONDS = 0.5

_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Settings:
    """How one node is set up; ``url`` is its public address, empty to take it from each request."""

    state_dir: Path
    portal_url: str
    portal_token: str = ""
    proxies: tuple[str, ...] = ()
    trust_loopback: bool = True
    url: str = ""
    pull: bool = False
    portal_key: str = ""
    remember: bool = True

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the variables that ``python -m e911portal.callpath --help`` explains."""
        return cls(
            state_dir=environment.state_dir(),
            portal_url=environment.text("CALLPATH_PORTAL_URL") or _local_portal(),
            portal_token=environment.text("CALLPATH_PORTAL_TOKEN"),
            proxies=tuple(environment.networks("TRUSTED_PROXIES")),
            trust_loopback=environment.flag("CALLPATH_TRUST_LOOPBACK", True),
            url=environment.text("CALLPATH_URL").rstrip("/"),
            pull=environment.flag("CALLPATH_PULL"),
            portal_key=environment.text("CALLPATH_PORTAL_KEY"),
            remember=environment.flag("CALLPATH_REMEMBER", True),
        )

    def check(self) -> None:
        """Raise ``ValueError`` for a portal address or a proxy network that is none."""
        Portal(self.portal_url, str)
        Networks(self.proxies)


class Node:
    """The publication that answers, the spool, the memory of calls, and their threads."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] | None = None) -> None:
        """Raises ``ValueError`` for a portal address or a proxy network that is none."""
        state = settings.state_dir
        self.settings = settings
        self.clock = clock or _now
        # In the background: nobody waits while a large file is verified, the old one answers.
        self.store = SnapshotStore(state / "publications", background=True)
        self.spool = Spool(state / "spool" / "events.sqlite3")
        self.memory = Memory(state / "callpath.sqlite3")
        self.leases = Leases(state / "elins.sqlite3")
        self.clues = Clues(state / "clues.slots", unasked=settings.remember)
        self.references = References(state / "location-uris.slots")
        self.forgetting = Periodic(
            "forgetting",
            FORGET_SECONDS,
            lambda: self.clues.forget(self.clock()),
            lambda: self.references.forget(self.clock()),
        )
        # A request that finds a new pointer is answered from before: the first one after a quiet
        # hour must not be.
        self.following = Periodic("following", FOLLOW_SECONDS, self.store.current)
        self.metrics = Metrics()
        self.limits = Limits()
        portal = Portal(settings.portal_url, self._token)
        self.delivery = Delivery(self.spool, portal)
        self.puller = self._puller(portal) if settings.pull else None
        self.recorder = Recorder(
            self.spool,
            self.memory,
            clock=self.clock,
            on_kept=self.delivery.wake,
            on_lost=self.metrics.lost,
        )
        self.missed = Missed(
            clock=self.clock,
            tell=self.recorder.submit,
            on_missed=self.metrics.missed,
            may_tell=lambda: self.delivery.spooled.bytes < self.spool.limit_bytes // 4,
        )
        self._proxies = Networks(settings.proxies)

    @classmethod
    def from_environment(cls) -> "Node":
        """Return the node that the environment describes."""
        return cls(Settings.from_environment())

    def start(self) -> None:
        """Open the publication and begin to keep and deliver events."""
        self.recorder.start()
        self.delivery.start()
        self.missed.start()
        self.forgetting.start()
        self.following.start()
        if self.puller:
            self.puller.start()
        snapshot = self.store.current()
        fields: dict[str, object] = {"publication": snapshot.number if snapshot else "none"}
        if self.store.fault:
            fields["fault"] = self.store.fault
        if self.settings.trust_loopback:
            fields["note"] = "loopback may ask everything, CALLPATH_TRUST_LOOPBACK=0 ends that"
        log.info("started", extra={"fields": fields})

    def stop(self) -> None:
        """Keep what is queued, end the threads; what is not delivered stays in the spool."""
        if self.puller:
            self.puller.stop()
        self.missed.stop()
        self.forgetting.stop()
        self.following.stop()
        self.recorder.stop()
        self.delivery.stop()
        waiting = self.delivery.spooled.waiting
        self.spool.close()
        self.leases.close()
        self.clues.close()
        self.references.close()
        log.info("stopped", extra={"fields": {"spooled": waiting}})

    def reload(self) -> None:
        """Look again, now, at everything that is looked at from time to time: a publication that
        was refused, the portal's next one, events that wait."""
        self.store.retry()
        self.delivery.wake()
        if self.puller:
            self.puller.wake()
        log.info("reloaded")

    def admit(self, request: Request, snapshot: Snapshot | None) -> Caller:
        """Return who asks, as ``identify``; raises ``TooMany`` for one who asks too often.

        For doors that tell where devices are.  Nothing limits an edge, or a holder of a key.
        """
        caller = self.identify(request, snapshot)
        is_free = caller.may_ask_others or caller.may_route
        if not (is_free or self.limits.take(caller.source, len(request.body))):
            raise TooMany
        return caller

    def identify(self, request: Request, snapshot: Snapshot | None) -> Caller:
        """Return who asks, by the access rules of ``snapshot``."""
        return identify(
            request,
            rules_of(snapshot),
            self._proxies,
            trust_loopback=self.settings.trust_loopback,
        )

    def uri(self, request: Request, path: str) -> str:
        """Return where this client reaches ``path``: below the public address, else below the one
        that it asked at; empty when neither is known."""
        host = request.header(b"host")
        if self.settings.url:
            return f"{self.settings.url}{path}"
        if not _HOST.fullmatch(host):
            return ""
        rules = rules_of(self.store.current())
        return f"{scheme(request, rules, self._proxies)}://{host}{path}"

    def _puller(self, portal: Portal) -> Puller:
        keys = self.settings.state_dir / "keys"
        return Puller(
            portal,
            self.store.directory,
            keys / "portal_public_key",
            key=self.settings.portal_key,
        )

    def _token(self) -> str:
        if self.settings.portal_token:
            return self.settings.portal_token
        try:
            path = self.settings.state_dir / "keys" / "callpath_token"
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""


def _local_portal() -> str:
    host, port = environment.address("PORTAL_ADDR", environment.PORTAL_ADDR_DEFAULT)
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _now() -> datetime:
    return datetime.now(UTC)
