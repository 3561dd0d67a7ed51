"""From rows to a plan: what each row of the file does, and the operations that do it.

Rows are read in the order in which their kinds depend on each other, not in the order of the file,
so that a script may define a site after it uses it.  Nothing is written.
"""

from collections.abc import Callable, Mapping
from typing import Any

from locations.domain.imports import Action, Operation, PlanRow, Verdict
from locations.importers import elements, own, topology
from locations.importers.draft import Draft
from locations.importers.held import Entry
from locations.importers.rows import (
    BSSIDRow,
    EndpointRow,
    ERLRow,
    LocationRow,
    NetworkSubnetRow,
    NoticeRow,
    OwnRow,
    PortRow,
    RegionRow,
    Row,
    SiteRow,
    SubnetRow,
    SwitchRow,
    TroubleRow,
)
from locations.importers.troubles import Mistake, Trouble

Interpreter = Callable[[Draft, Any], Entry | None]
Progress = Callable[[str, int, int], None]

#: What makes sense of each kind of row, in the order in which they are read.
INTERPRETERS: dict[type[Row], Interpreter] = {
    RegionRow: topology.region_row,
    SiteRow: topology.site_row,
    OwnRow: own.interpret,
    LocationRow: elements.location_row,
    ERLRow: elements.erl_row,
    NetworkSubnetRow: topology.network_subnet_row,
    SwitchRow: elements.switch_row,
    PortRow: elements.port_row,
    BSSIDRow: elements.bssid_row,
    SubnetRow: topology.subnet_row,
    EndpointRow: elements.endpoint_row,
}
_STEP = 1_000


def plan_rows(
    draft: Draft,
    rows: list[Row],
    interpreters: Mapping[type[Row], Interpreter],
    *,
    progress: Progress | None = None,
) -> list[PlanRow]:
    """Say in the draft what ``rows`` say; return what each of them does, in their order."""
    elements.prepare(draft, rows)
    kinds = {kind: place for place, kind in enumerate(interpreters)}
    tables = {name: place for place, name in enumerate(draft.tables)}

    def rank(index: int) -> tuple[int, int]:
        row = rows[index]
        inner = tables[row.table.name] if isinstance(row, OwnRow) else 0
        return (kinds.get(type(row), -1), inner)

    planned: dict[int, PlanRow] = {}
    entries: dict[int, Entry] = {}
    for done, index in enumerate(sorted(range(len(rows)), key=rank)):
        if progress and done % _STEP == 0:
            progress("rows planned", done, len(rows))
        planned[index], entry = _plan_row(draft, index, rows, interpreters)
        if entry is not None:
            entries[index] = entry
    for index, entry in entries.items():
        row = rows[index]
        if isinstance(row, OwnRow) and any(column.late for column in row.table.columns):
            _plan_late(draft, index, rows, entry, planned[index])
    _refuse_shared_values(draft, planned)
    return [planned[index] for index in range(len(rows))]


def _plan_row(
    draft: Draft, index: int, rows: list[Row], interpreters: Mapping[type[Row], Interpreter]
) -> tuple[PlanRow, Entry | None]:
    row = rows[index]
    source = row.source
    if isinstance(row, NoticeRow):
        notice = PlanRow(Verdict.INFO, source.file, source.line, row.kind, row.label)
        notice.message, notice.remedy = row.message, row.remedy
        return notice, None
    if isinstance(row, TroubleRow):
        trouble = PlanRow(Verdict.ERROR, source.file, source.line, row.kind, row.label)
        trouble.message, trouble.remedy = row.message, row.remedy
        trouble.column, trouble.value = row.column, row.value[:200]
        return trouble, None
    draft.begin(index)
    try:
        entry = interpreters[type(row)](draft, row)
        for touched in {id(item[0]): item[0] for item in draft.journal}.values():
            _check(draft, touched)
    except Trouble as trouble_found:
        draft.take_back()
        return _problem(row, trouble_found, rows), None
    if entry is None:
        return PlanRow(
            Verdict.INFO,
            source.file,
            source.line,
            row.kind,
            row.label,
            message=row.idle,
        ), None
    return _outcome(draft, entry, PlanRow(Verdict.UNCHANGED, source.file, source.line)), entry


def _plan_late(draft: Draft, index: int, rows: list[Row], entry: Entry, outcome: PlanRow) -> None:
    row = rows[index]
    draft.begin(index)
    try:
        own.interpret_late(draft, row, entry)  # type: ignore[arg-type]
        _check(draft, entry)
    except Trouble as trouble:
        draft.take_back()
        problem = _problem(row, trouble, rows)
        for name in ("verdict", "column", "value", "message", "remedy"):
            setattr(outcome, name, getattr(problem, name))
        return
    verdict = outcome.verdict
    _outcome(draft, entry, outcome)
    if verdict is Verdict.ADD:
        outcome.verdict = verdict


def _check(draft: Draft, entry: Entry) -> None:
    for holds, field, message in entry.table.rules:
        if entry.removed_by is None and not holds(draft, entry):
            raise Mistake(message, field=field)


def _problem(row: Row, trouble: Trouble, rows: list[Row]) -> PlanRow:
    column = row.source.columns.get(trouble.field, trouble.field)
    message = trouble.message
    if trouble.other >= 0:
        other = rows[trouble.other].source
        message = message.replace("Another row of the import", f"{other.file} line {other.line}", 1)
    return PlanRow(
        trouble.verdict,
        row.source.file,
        row.source.line,
        row.kind,
        row.label,
        column=column,
        value=trouble.value[:200],
        message=message,
        remedy=trouble.remedy,
    )


def _outcome(draft: Draft, main: Entry, outcome: PlanRow) -> PlanRow:
    """Fill in what the row that was just read has changed."""
    outcome.kind = main.table.noun
    outcome.label = draft.label_of(main.table, main.values)
    outcome.notes += draft.remarks
    born = {id(entry) for entry, attname, _, _ in draft.journal if attname == "*"}
    if id(main) in born:
        outcome.verdict = Verdict.ADD
    for entry, attname, was, _ in draft.journal:
        if attname == "*":
            if entry is not main:
                outcome.notes.append(
                    f"adds {entry.table.noun} “{draft.label_of(entry.table, entry.values)}”"
                )
            continue
        if attname == "":
            verb = "removes" if entry.removed_by is not None else "keeps"
            label = draft.label_of(entry.table, entry.values)
            outcome.notes.append(f"{verb} {entry.table.noun} “{label}”")
        elif id(entry) in born or entry.values[attname] == was:
            if not (entry is main and id(main) in born and entry.values[attname]):
                continue
            outcome.differences.append(_difference(draft, entry, attname, None))
            continue
        elif entry is main:
            outcome.differences.append(_difference(draft, entry, attname, was))
            if attname == "erl_id" and entry.values[attname] is None:
                outcome.notes.append("loses its location")
        else:
            label, before, after = _difference(draft, entry, attname, was)
            name = draft.label_of(entry.table, entry.values)
            outcome.notes.append(f"{entry.table.noun} “{name}”: {label} {before} → {after}")
        if outcome.verdict is Verdict.UNCHANGED:
            outcome.verdict = Verdict.CHANGE
    return outcome


def _difference(draft: Draft, entry: Entry, attname: str, was: Any) -> tuple[str, str, str]:
    table = entry.table
    label = draft.heading(table, attname)
    after = draft.text(table, attname, entry.values[attname])
    return (label, draft.text(table, attname, was), after)


def _refuse_shared_values(draft: Draft, planned: dict[int, PlanRow]) -> None:
    """Mark rows that give away a value which another row has, and no row of the file frees."""
    for table in draft.tables.values():
        held = draft.opened(table.name)
        if held is None or not held.entries:
            continue
        for unique in table.unique:
            attname, _, only = unique.partition("=")
            place = held.names.index(attname) + 1
            owners: dict[Any, list[Any]] = {}
            for key, row in held.stored.items():
                if key not in held.entries and row[place] is not None and only in ("", row[place]):
                    owners.setdefault(row[place], []).append(key)
            for key, entry in held.entries.items():
                value = entry.values[attname]
                if entry.removed_by is not None or value is None or only not in ("", value):
                    continue
                taken = owners.setdefault(value, [])
                if taken and attname in entry.said:
                    shared = planned[entry.said[attname][1]]
                    shared.verdict, shared.column = Verdict.CONFLICT, attname
                    shared.value = str(value)
                    heading = draft.heading(table, attname)
                    shared.message = f"Another {table.noun} has this {heading}: “{taken[0]}”."
                    shared.remedy = "Take it from one of the two."
                taken.append(key)


def operations(draft: Draft) -> list[Operation]:
    """Return what turns the database into the draft, parents before what belongs to them."""
    found = []
    for entry in draft.touched():
        if entry.removed_by is None and entry.values == entry.base:
            continue
        label = draft.label_of(entry.table, entry.values)
        model = entry.table.model
        if entry.removed_by is not None:
            if entry.base is not None:
                found.append(Operation(Action.DELETE, model, entry.ref, label, before=entry.base))
        elif entry.base is None:
            found.append(
                Operation(
                    Action.CREATE, model, entry.ref, label, after=entry.values, key=entry.table.key
                )
            )
        else:
            changed = entry.changes()
            before = {name: entry.base[name] for name in changed}
            found.append(Operation(Action.UPDATE, model, entry.ref, label, before, changed))
    return found
