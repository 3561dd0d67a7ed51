"""Publication: compile every app's part aside, verify, compare with what is answered now, activate.

Nothing reaches a device otherwise.  A publication is refused while an ERROR stands, and while a
WARNING stands that its publisher did not acknowledge by name.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

import locations.differences
import locations.publishing
import notifications.differences
import notifications.publishing
import routing.differences
import routing.grants
import routing.publishing
from e911portal.activation import (
    NotKept,
    Overtaken,
    activate,
    active_publication,
    active_snapshot,
    answering_at,
    pointed_number,
    reconcile,
    rollback,
    snapshot_at,
)
from e911portal.core import access, audit, signing
from e911portal.core import snapshot as snapshots
from e911portal.core.changes import ChangeSet
from e911portal.core.collector import collector_paused
from e911portal.core.consistent import consistent_read
from e911portal.core.findings import Finding, Severity
from e911portal.core.models import AccessKey, AccessNetwork, AuditEvent, Publication
from e911portal.core.snapshot import Snapshot, SnapshotWriter
from e911portal.core.wording import how_many
from routing.domain.policy import UnvalidatedAddresses
from routing.domain.table import RoutingTable
from routing.lookup import routing_table

__all__ = [
    "NotKept", "Plan", "Refused", "active_publication", "active_snapshot", "answering_at",
    "compare", "draft_snapshot", "finding_name", "findings", "named", "plan", "publish",
    "reconcile", "refuse_unless_clear", "rollback", "snapshot_at",
]  # fmt: skip


#: Findings that are named one by one in a sentence, before they are only counted.
NAMED = 3


class Refused(Exception):
    """The draft may not be published as it is; ``findings`` are what stands in the way."""

    def __init__(self, message: str, findings: list[Finding]) -> None:
        super().__init__(message)
        self.findings = findings

    @property
    def words(self) -> str:
        """Return the message with the first findings by name, for whoever reads it later."""
        return f"{str(self).rstrip('.')}: {named(self.findings)}." if self.findings else str(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing now would do: findings, and the exact difference to the active
    publication."""

    active: Publication | None
    findings: list[Finding]
    changes: list[ChangeSet]
    counts: dict[str, int] = field(default_factory=dict)
    unpublished: int = 0

    @property
    def errors(self) -> list[Finding]:
        return [entry for entry in self.findings if entry.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        return [entry for entry in self.findings if entry.severity is Severity.WARNING]


def finding_name(finding: Finding) -> str:
    """Return the name by which a finding is acknowledged: its code and what it is about."""
    return f"{finding.code}:{finding.subject.label}" if finding.subject else finding.code


def named(found: Sequence[Finding]) -> str:
    """Return the names of the first findings, and how many more there are."""
    names = "; ".join(finding_name(entry) for entry in found[:NAMED])
    return f"{names}; {len(found) - NAMED:,} more" if len(found) > NAMED else names


def findings() -> list[Finding]:
    """Return what the checks of all apps say of the draft, gravest first."""
    order = list(Severity)
    found = [
        *locations.publishing.check(),
        *routing.publishing.check(),
        *notifications.publishing.check(),
    ]
    return sorted(found, key=lambda entry: (order.index(entry.severity), entry.code))


@contextmanager
def draft_snapshot() -> Iterator[Snapshot]:
    """Compile the draft into a file of its own, open it for the block, then remove it."""
    directory = Path(tempfile.mkdtemp(prefix="draft-", dir=settings.STATE_DIR))
    try:
        with consistent_read(), SnapshotWriter(directory, _next_number()) as writer:
            _compile(writer, by=None, comment="draft", now=timezone.now())
            path, _ = writer.finish()
        yield Snapshot(path)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@collector_paused()
def plan(*, progress: Callable[[str], None] = lambda _: None) -> Plan:
    """Return the findings and the difference between the draft and what devices are told now.

    ``progress`` is told what is being done.
    """
    progress("Compiling the draft")
    active = active_publication()
    with draft_snapshot() as draft:
        progress("Comparing it with what devices are told now")
        changes, gate = compare(active_snapshot(), draft, now=timezone.now())
        counts = _counts(draft)
    progress("Checking the draft")
    return Plan(
        active=active,
        findings=[*findings(), *gate],
        changes=changes,
        counts=counts,
        unpublished=AuditEvent.objects.unpublished_since(
            active.audit_watermark if active else 0
        ).count(),
    )


def compare(
    old: Snapshot | None, new: Snapshot, *, now: datetime
) -> tuple[list[ChangeSet], list[Finding]]:
    """Return how two snapshots differ in what they answer, and what would be lost."""
    old_table, new_table = (routing_table(old) if old else None), routing_table(new)
    places = locations.differences.compare(
        old,
        new,
        now=now,
        old_withholds=_withholds(old_table),
        new_withholds=_withholds(new_table),
    )
    names = {"old_sites": _site_names(old), "new_sites": _site_names(new)}
    users, regrants = routing.grants.compare(old, new, **names)
    ways, stranded = routing.differences.compare(
        old_table, new_table, **names, moves=places.moves, regrants=regrants
    )
    edits = [users, notifications.differences.compare(old, new), *access.compare(old, new)]
    sets = [*places.sets, *ways, *(entry for entry in edits if entry.total)]
    return sets, [*places.findings, *stranded]


def _withholds(table: RoutingTable | None) -> Callable[[int | None], bool]:
    def withholds(site_id: int | None) -> bool:
        if table is None:
            return True
        name = table.site_policies.get(site_id or 0) or table.global_policy
        policy = table.policies.get(name)
        return policy is None or policy.unvalidated_addresses is UnvalidatedAddresses.WITHHOLD

    return withholds


def _site_names(snapshot: Snapshot | None) -> dict[int, str]:
    return dict(snapshot.db.execute("SELECT id, name FROM site")) if snapshot else {}


def _counts(snapshot: Snapshot) -> dict[str, int]:
    return json.loads(snapshot.meta.get("counts", "{}"))


@collector_paused()
def publish(
    *,
    by: Any,
    comment: str = "",
    acknowledged: Collection[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Publication:
    """Compile, verify and activate the draft; return the publication.

    ``acknowledged`` names the warnings that the publisher accepts (``finding_name``); ``progress``
    is told what is being done, outside of any transaction.  Raises ``Refused`` when errors or other
    warnings stand; then nothing has changed.
    """
    reconcile()
    progress("Compiling the draft")
    publication = _reserve(by=by, comment=comment)
    directory: Path = settings.PUBLICATIONS_DIR
    path = None
    try:
        with consistent_read(), SnapshotWriter(directory, publication.number) as writer:
            watermark = AuditEvent.objects.aggregate(last=Max("pk"))["last"] or 0
            _compile(writer, by=by, comment=comment, now=publication.created_at)
            found = findings()
            path, sha256 = writer.finish()
        draft = snapshots.verify(path, sha256)
        before = pointed_number()
        _, gate = compare(active_snapshot(), draft, now=publication.created_at)
        found += gate
        refuse_unless_clear(found, acknowledged)
    except BaseException as error:
        _fail(publication, path, error.findings if isinstance(error, Refused) else [], by=by)
        raise
    publication.state = Publication.State.READY
    publication.file = path.name
    publication.sha256 = sha256
    publication.signature = signing.sign(
        signing.signing_key(settings.KEYS_DIR), publication.number, sha256
    )
    publication.size = path.stat().st_size
    publication.counts = _counts(draft)
    publication.findings = [asdict(entry) for entry in found]
    publication.acknowledged = sorted(acknowledged)
    publication.audit_watermark = watermark
    publication.save()
    try:
        activate(publication, by=by, action="published", after=before)
    except Overtaken as overtaken:
        _fail(publication, path, [], by=by)
        raise Refused(str(overtaken), []) from overtaken
    return publication


def _fail(
    publication: Publication, path: Path | None, in_the_way: list[Finding], *, by: Any
) -> None:
    if path:  # only what was written here
        path.unlink(missing_ok=True)
    publication.state = Publication.State.FAILED
    publication.findings = [asdict(entry) for entry in in_the_way]
    with transaction.atomic():
        publication.save(update_fields=["state", "findings"])
        if in_the_way:
            audit.record("refused", publication, by=by, after={"in_the_way": named(in_the_way)})


def refuse_unless_clear(found: list[Finding], acknowledged: Collection[str]) -> None:
    """Raise ``Refused`` while an error stands, or a warning that is not acknowledged."""
    errors = [entry for entry in found if entry.severity is Severity.ERROR]
    if errors:
        raise Refused(f"{how_many(len(errors), 'error')} must be repaired first.", errors)
    open_warnings = [
        entry
        for entry in found
        if entry.severity is Severity.WARNING and finding_name(entry) not in acknowledged
    ]
    if open_warnings:
        words = f"{how_many(len(open_warnings), 'warning')} must be acknowledged."
        raise Refused(words, open_warnings)


def _reserve(*, by: Any, comment: str) -> Publication:
    with transaction.atomic():
        audit.lock()  # those who publish side by side take one number after the other
        return Publication.objects.create(
            number=_next_number(),
            comment=comment,
            created_by=by if getattr(by, "pk", None) else None,
        )


def _next_number() -> int:
    known = Publication.objects.aggregate(last=Max("number"))["last"] or 0
    return max(known, snapshots.last_number(settings.PUBLICATIONS_DIR)) + 1


def _compile(writer: SnapshotWriter, *, by: Any, comment: str, now: datetime) -> None:
    writer.meta(
        created_at=now,
        author=by.get_username() if by else "",
        comment=comment,
        audit_head=audit.head(),
    )
    locations.publishing.compile(writer)
    routing.publishing.compile(writer)
    notifications.publishing.compile(writer)
    for name, ddl in access.TABLES.items():
        writer.table(name, ddl)
    writer.rows("access_key", (_key_row(key) for key in AccessKey.objects.order_by("digest")))
    writer.rows("access_network", AccessNetwork.objects.order_by("pk").values_list("cidr", "role"))


def _key_row(key: AccessKey) -> tuple[str, str, str]:
    scopes = [
        scope
        for scope, held in ((access.LOCATION, key.may_locate), (access.SIP, key.may_route))
        if held
    ]
    return key.digest, key.name, ",".join(scopes)
