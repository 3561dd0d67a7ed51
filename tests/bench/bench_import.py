"""Figures of a large import: a file of 60,000 ports against an estate, dry run, apply and undo.

    python -m tests.bench.bench_import [--ports 500000] [--rows 60000] [--state-dir DIR]

A quarter of the rows is unchanged, half are moved to another ERL, a quarter is new.  Each step is a
process of its own, so its peak of memory is its alone.  A missed figure makes the exit status 1.
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
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIGURES = {"dry run": 10.0, "apply": 30.0}


def step_estate(ports: int, rows: int, file: Path) -> dict[str, float]:
    """Make the estate, and the file about it in Lync's columns."""
    from django.core.management import call_command

    started = time.monotonic()
    call_command("migrate", verbosity=0)
    call_command("estate", ports=ports, stdout=sys.stderr)
    made = time.monotonic() - started
    write_file(rows, file)
    return {"estate": made}


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

    started, used = time.monotonic(), time.process_time()
    plan = importing.plan([(file.name, file.read_bytes())])
    taken, used = time.monotonic() - started, time.process_time() - used
    print(json.dumps(plan.counts()), len(plan.operations), file=sys.stderr)
    for row in plan.problems[:3]:
        print(row, file=sys.stderr)
    return {"dry run": taken, "dry run, processor": used, "problems": len(plan.problems)}


def step_apply(file: Path) -> dict[str, float]:
    """Plan, store and apply; then read a page of the preview, and undo."""
    from e911portal import importing

    plan = importing.plan([(file.name, file.read_bytes())])
    started, used = time.monotonic(), time.process_time()
    batch = importing.store(plan, by=None)
    stored = time.monotonic()
    importing.apply(batch=batch, by=None)
    applied, used = time.monotonic(), time.process_time() - used
    batch.rows("change", first=10_000, limit=50)
    page = time.monotonic()
    importing.undo(batch=batch, by=None)
    return {
        "store": stored - started,
        "apply": applied - started,
        "apply, processor": used,
        "page of the preview": page - applied,
        "undo": time.monotonic() - page,
    }


def step(name: str, arguments: argparse.Namespace) -> None:
    """Do one step in this process and print its figures."""
    import django

    django.setup()
    file = arguments.state_dir / "ports.csv"
    if name == "estate":
        figures: dict[str, Any] = step_estate(arguments.ports, arguments.rows, file)
    else:
        figures = {"dry_run": step_dry_run, "apply": step_apply}[name](file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**figures, f"memory, {name}": peak}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ports", type=int, default=500_000)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--state-dir", type=Path, help="keep the estate here, and use it again")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step(arguments.step, arguments)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        arguments.state_dir = arguments.state_dir or Path(temporary)
        return measure(arguments)


def measure(arguments: argparse.Namespace) -> int:
    """Run the steps one after the other, print the figures, and return 1 if one is missed."""
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "e911portal.settings",
        "STATE_DIR": str(arguments.state_dir), "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    environment.pop("DATABASE_URL", None)
    steps = ["estate", "dry_run", "apply"]
    if (arguments.state_dir / "ports.csv").exists():
        steps.remove("estate")
    missed = 0
    for name in steps:
        command = [
            sys.executable, "-m", "tests.bench.bench_import", "--step", name,
            "--ports", str(arguments.ports), "--rows", str(arguments.rows),
            "--state-dir", str(arguments.state_dir),
        ]  # fmt: skip
        done = subprocess.run(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        for what, value in json.loads(done.stdout.splitlines()[-1]).items():
            limit = FIGURES.get(what)
            unit = "MB" if what.startswith("memory") else "" if what == "problems" else "s"
            promised = f" (at most {limit:.0f} {unit})" if limit else ""
            print(f"{what:24} {value:9.2f} {unit}{promised}", flush=True)
            missed += bool(limit and value > limit)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
