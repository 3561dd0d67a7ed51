"""Figures of a large import: a file of 60,000 ports against an estate, dry run, apply and undo.

    python -m tests.bench.bench_import [--sizes 0.1 1] [--write]

The file has 60,000 rows and the estate 500,000 ports at full size, and both that much less at a
smaller one.  A quarter of the rows is unchanged, half are moved to another ERL, a quarter is new.
Each step is a process of its own, so its peak of memory is its alone.  A missed figure makes the
exit status 1.  ``--write`` puts the table into docs/benchmarks.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.report import ROOT, Figure, finish

PORTS, ROWS = 500_000, 60_000
FIGURES = {
    "dry run": Figure("dry run", 10),
    "memory, dry_run": Figure("memory of the dry run, peak", 1024, "MB"),
    "store": Figure("keeping the plan"),
    "apply": Figure("apply, with keeping the plan", 30),
    "page of the preview": Figure("page of the preview", 0.3),
    "undo": Figure("undo", 30),
    "memory, apply": Figure("memory of planning, applying and undoing, peak", 1024, "MB"),
}


def step_estate(ports: int, rows: int, file: Path) -> None:
    """Make the estate, and the file about it in Lync's columns."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("estate", ports=ports, stdout=sys.stderr)
    write_file(rows, file)


def write_file(rows: int, file: Path) -> None:
    """Write ``rows`` rows of ports.csv: unchanged, moved, moved, new, and so on."""
    from locations.importers.lync import ADDRESS
    from locations.models import ERL, ChassisID, SwitchPort

    names = [*ADDRESS.values()]
    places: dict[int, list[tuple[int, str]]] = {}
    for erl in ERL.objects.select_related("civic_address").iterator():
        parts = [getattr(erl.civic_address, name) for name in names]
        text = ",".join(f'"{part}"' for part in (erl.loc, erl.company, *parts))
        places.setdefault(erl.site_id, []).append((erl.pk, text))
    chassis = dict(ChassisID.objects.order_by("-pk").values_list("switch_id", "value"))
    texts = {key: text for found in places.values() for key, text in found}
    ports = SwitchPort.objects.order_by("pk").values_list(
        "switch_id", "switch__site_id", "port_id", "subtype", "erl_id", "description"
    )
    with file.open("w", encoding="utf-8") as output:
        columns = ("Location", "CompanyName", "HouseNumber", "HouseNumberSuffix", "PreDirectional",
                   "StreetName", "StreetSuffix", "PostDirectional", "City", "State", "PostalCode",
                   "Country")  # fmt: skip
        output.write(",".join(("ChassisID", "PortIDSubType", "PortID", "Description", *columns)))
        for number, (switch, site, port, subtype, erl, text) in enumerate(ports[:rows]):
            moved = places[site][number % len(places[site])][1]
            kept = texts.get(erl, ",".join('""' for _ in columns))
            name, place = (port, kept) if number % 4 == 0 else (port, moved)
            if number % 4 == 3:
                name = f"import-{number}"
            output.write(f'\n{chassis[switch]},{subtype},{name},"{text}",{place}')


def step_dry_run(file: Path) -> dict[str, float]:
    """Plan, and store nothing."""
    from e911portal import importing

    started = time.monotonic()
    plan = importing.plan([(file.name, file.read_bytes())])
    taken = time.monotonic() - started
    if plan.problems:
        raise SystemExit(f"The plan has problems, the first is: {plan.problems[0]}")
    print(json.dumps(plan.counts()), file=sys.stderr)
    return {"dry run": taken}


def step_apply(file: Path) -> dict[str, float]:
    """Plan, store and apply; then read a page of the preview, and undo."""
    from e911portal import importing

    plan = importing.plan([(file.name, file.read_bytes())])
    started = time.monotonic()
    batch = importing.store(plan, by=None)
    stored = time.monotonic()
    importing.apply(batch=batch, by=None)
    applied = time.monotonic()
    batch.rows("change", first=10_000, limit=50)
    page = time.monotonic()
    importing.undo(batch=batch, by=None)
    return {
        "store": stored - started,
        "apply": applied - started,
        "page of the preview": page - applied,
        "undo": time.monotonic() - page,
    }


def step(name: str, arguments: argparse.Namespace) -> None:
    """Do one step in this process and print its figures."""
    import django

    django.setup()
    file = arguments.state_dir / "ports.csv"
    if name == "estate":
        step_estate(arguments.ports, arguments.rows, file)
        print("{}")
        return
    figures = {"dry_run": step_dry_run, "apply": step_apply}[name](file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**figures, f"memory, {name}": peak}))


def main() -> int:
    """Measure, print, and say what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    for name, kind in (("--step", str), ("--ports", int), ("--rows", int), ("--state-dir", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step(arguments.step, arguments)
        return 0
    results = {size: measure(size) for size in sorted(arguments.sizes)}
    return finish("import", results, FIGURES, into_page=arguments.write)


def measure(size: float) -> dict[str, float]:
    """Return the figures of a file and an estate of ``size`` times the full ones."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="e911portal-bench-") as state:
        environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "e911portal.settings",
            "STATE_DIR": state, "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        environment.pop("DATABASE_URL", None)
        for name in ("estate", "dry_run", "apply"):
            command = [
                sys.executable, "-m", "tests.bench.bench_import", "--step", name,
                "--ports", str(int(PORTS * size)), "--rows", str(int(ROWS * size)),
                "--state-dir", state,
            ]  # fmt: skip
            done = subprocess.run(
                command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True
            )
            figures |= json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    sys.exit(main())
