"""Importing, for pages, API and commands: files to a plan, a plan to a batch, applied or undone.

Ties together what locations and routing know of files.  Planning writes nothing and takes no lock.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from e911portal.core.collector import collector_paused
from e911portal.core.consistent import consistent_read
from e911portal.core.models import AuditEvent
from locations.actions.importing import Refused, apply, undo
from locations.domain.imports import Plan, PlanRow, Verdict
from locations.importers import dialects, lync, planning, teams
from locations.importers.columns import TABLES as LOCATION_TABLES
from locations.importers.deletions import missing
from locations.importers.dialects import NAMES, OWN, Reading
from locations.importers.draft import Draft
from locations.importers.netbox import NetBox
from locations.importers.rights import Rights
from locations.importers.rows import OwnRow, Row
from locations.importers.sources import read
from locations.importers.tables import Table
from locations.importers.troubles import Unreadable
from locations.models import ImportBatch
from routing.importers import cmdlets
from routing.importers import interpretation as routing
from routing.importers.columns import TABLES as ROUTING_TABLES

__all__ = [
    "CMDLETS", "DIALECTS", "TABLES", "ImportBatch", "NetBox", "Plan", "PlanRow", "Refused",
    "Unreadable", "Verdict", "apply", "draft", "plan", "plan_netbox", "store", "undo",
]  # fmt: skip

#: All tables of our own files, in the order in which they depend on each other.
TABLES: dict[str, Table] = {**LOCATION_TABLES, **ROUTING_TABLES}
CMDLETS = {**lync.CMDLETS, **teams.CMDLETS, **cmdlets.CMDLETS}
INTERPRETERS = {**planning.INTERPRETERS, **routing.INTERPRETERS}
#: Names of dialects that may be asked for, with words for people.
DIALECTS = NAMES

Progress = Callable[[str, int, int], None]
File = tuple[str, bytes]


def draft(*, by: Any = None, **options: str) -> Draft:
    """Return the estate as an import sees it; ``options`` are ``site`` and ``mask``."""
    return Draft(TABLES, Rights(by), **options)


def plan(
    files: Sequence[File],
    *,
    by: Any = None,
    dialect: str = "",
    site: str = "",
    mask: str = "",
    delete_missing: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """Return what importing ``files`` (name and content) together would do; writes nothing.

    ``by`` is the person whose rights count, None for the system.  ``dialect`` is a key of
    ``DIALECTS``, found from the content when empty.  ``site`` is where new elements go whose site
    the file does not tell; ``mask`` is the prefix length of network ids without one.  With
    ``delete_missing`` the plan has only deletions: of the rows that the tables in ``files`` lack.
    Raises ``Unreadable`` naming file and line.
    """
    with collector_paused():
        documents = [read(name, data) for name, data in files]
        readings = [
            dialects.read(document, tables=TABLES, cmdlets=CMDLETS, dialect=dialect)
            for document in documents
        ]
    names = ", ".join(document.name for document in documents)
    digest = hashlib.sha256("".join(entry.sha256 for entry in documents).encode()).hexdigest()
    if len(documents) == 1:
        digest = documents[0].sha256
    spoken = ", ".join(dict.fromkeys(reading.dialect for reading in readings))
    rows = [row for reading in readings for row in reading.rows]
    if delete_missing:
        tables = _whole_sets(readings)
        return _plan_missing(Plan(names, digest, spoken, 0), rows, tables, by, site)
    return _plan(Plan(names, digest, spoken, 0), rows, by, progress, site=site, mask=mask)


def plan_netbox(netbox: NetBox, *, by: Any = None, progress: Progress | None = None) -> Plan:
    """Return what taking over sites, prefixes, devices and interfaces of NetBox would do.

    Raises ``Unreadable`` naming the request that failed.
    """
    rows = list(netbox.rows())
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    return _plan(Plan(netbox.url, digest, "netbox", 0), rows, by, progress)


def store(found: Plan, *, by: Any) -> ImportBatch:
    """Keep a plan for its preview; return the batch that ``apply`` and ``undo`` take."""
    return ImportBatch.store(found, by=by)


def _plan(found: Plan, rows: list[Row], by: Any, progress: Progress | None, **options: str) -> Plan:
    with consistent_read(), collector_paused():
        found.base_revision = _revision()
        estate = draft(by=by, **options)
        found.rows = planning.plan_rows(estate, rows, INTERPRETERS, progress=progress)
        found.operations = planning.operations(estate)
    return found


def _whole_sets(readings: Iterable[Reading]) -> tuple[Table, ...]:
    tables: tuple[Table, ...] = ()
    for reading in readings:
        if reading.dialect != OWN:
            raise Unreadable(
                f"{NAMES.get(reading.dialect, reading.dialect)} does not hold the whole of any "
                "table, so nothing can be missing from it. Use our own CSV to delete."
            )
        tables += reading.tables
    return tables


def _plan_missing(
    found: Plan, rows: list[Row], tables: tuple[Table, ...], by: Any, site: str
) -> Plan:
    with consistent_read():
        found.base_revision = _revision()
        estate = draft(by=by, site=site)
        read_rows = planning.plan_rows(estate, rows, INTERPRETERS)
        problems = [row for row in read_rows if row.verdict in (Verdict.ERROR, Verdict.CONFLICT)]
        if problems:  # a row that is not understood would be taken for missing
            found.rows = problems
            return found
        kept: dict[str, set[Any]] = {table.name: set() for table in tables}
        for row in rows:
            if isinstance(row, OwnRow):
                kept[row.table.name].add(_key(estate, row))
        file = ", ".join(dict.fromkeys(row.source.file for row in rows))
        found.rows, found.operations = missing(draft(by=by, site=site), kept, file=file)
    return found


def _key(estate: Draft, row: OwnRow) -> Any:
    """Return the key under which a row that was read stands in the draft."""
    return estate.shelf["keys"][id(row)]


def _revision() -> int:
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    return last or 0
