"""Figures of a large estate: made, published, compared and listed, at 10 % and at full size.

    python -m tests.bench.bench_estate [--sizes 0.1 1] [--write]
    python -m tests.interop.servers python -m tests.bench.bench_estate --on-database-url \
        --sizes 1 --steps estate pages

Each step is a process of its own, so that its peak of memory is its alone, on a database of this
run (SQLite), or on the empty one that DATABASE_URL names.  A figure is missed when a step takes
longer, or more memory, than was promised; then the exit status is 1.  ``--write`` puts the table
into docs/benchmarks.md.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from tests.bench.report import ROOT, Figure, finish

PORTS = 500_000

FIGURES = {
    "estate": Figure("making the estate"),
    "elements": Figure("elements in the publication", unit=""),
    "file": Figure("size of the publication", unit="MB"),
    "compile": Figure("compile"),
    "verify": Figure("verify"),
    "swap": Figure("swap", 0.05),
    "compiled": Figure("compile + verify + swap", 60),
    "memory": Figure("memory of the compiler, peak", 1024, "MB"),
    "findings": Figure("checks of the whole draft"),
    "plan, first": Figure("plan before the first publication: everything is gained", 30),
    "plan, same": Figure("plan, nothing changed", 30),
    "plan, moved": Figure("plan, every element moved", 30),
    "publish": Figure("publish as a whole: checks, compile, verify, gate, swap"),
    "rollback": Figure("rollback"),
    "plan memory": Figure("memory of plan and publication, peak", 1024, "MB"),
}

#: Pages that are asked for.
PAGES = {
    "ports": "switch-ports/",
    "ports, searched": "switch-ports/?q=gi1/0/17",
    "ports, searched for what is not there": "switch-ports/?q=zzz",
    "ports, searched for what nearly all have": "switch-ports/?q=gi1",
    "ports whose place is not validated": "switch-ports/?proven=false",
    "ports whose place is validated": "switch-ports/?proven=true",
    "ports, sorted backwards": "switch-ports/?sort=-port_id",
    "ports of one site, last page": "switch-ports/?site=1&page=50",
    "ERLs, searched": "erls/?q=F2",
    "ERLs, sorted": "erls/?sort=-name",
    "ERLs by verdict": "erls/?verdict=invalid",
    "subnets, searched": "subnets/?q=10.70",
    "subnets that span buildings": "subnets/?spanning=true",
    "switches": "switches/",
    "access points, sorted": "wireless-access-points/?sort=-name",
    "BSSIDs": "bssids/",
}
FIGURES |= {f"page, {name}": Figure(f"page of {name}", 0.3) for name in PAGES}
#: Pages that count the whole estate.
COUNTS = {"the home page": "/", "coverage of all sites": "/locations/coverage/"}
FIGURES |= {f"page, {name}": Figure(f"page of {name}", 2) for name in COUNTS}


# ---------------------------------------------------------------- the steps, each in its process


def step_estate(ports: int) -> dict[str, float]:
    """Make the estate."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    started = time.monotonic()
    call_command("estate", ports=ports, stdout=sys.stderr)
    taken = time.monotonic() - started
    if connection.vendor == "postgresql":
        # Autovacuum does it within a minute; until then plans are made for empty tables.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return {"estate": taken}


def step_compile() -> dict[str, float]:
    """Compile, verify and swap as ``publish`` does, each measured."""
    from django.conf import settings
    from django.utils import timezone

    from e911portal import publishing
    from e911portal.core import snapshot as snapshots
    from e911portal.core.consistent import consistent_read
    from e911portal.core.snapshot import SnapshotWriter

    with tempfile.TemporaryDirectory(dir=settings.STATE_DIR) as place:
        directory = Path(place)
        started = time.monotonic()
        with consistent_read(), SnapshotWriter(directory, 1) as writer:
            publishing._compile(writer, by=None, comment="", now=timezone.now())
            path, sha256 = writer.finish()
        compiled = time.monotonic()
        snapshot = snapshots.verify(path, sha256)
        verified = time.monotonic()
        snapshots.activate(directory, 1, path.name, sha256)
        swapped = time.monotonic()
        counts = json.loads(snapshot.meta["counts"])
        size = path.stat().st_size
    elements = ("port", "bssid", "subnet", "chassis", "mac", "uri", "erl")
    return {
        "elements": sum(counts[name] for name in elements),
        "file": size / 2**20,
        "compile": compiled - started,
        "verify": verified - compiled,
        "swap": swapped - verified,
        "compiled": swapped - started,
        "memory": peak(),
    }


def step_plan() -> dict[str, float]:
    """Plan and publish: before the first publication, unchanged, and with everything moved."""
    from django.db.models import F

    from e911portal import publishing
    from locations import models

    figures = {"findings": timed(publishing.findings)}
    figures["plan, first"] = timed(publishing.plan)
    names = {publishing.finding_name(entry) for entry in publishing.findings()}
    figures["publish"] = timed(lambda: publishing.publish(by=None, acknowledged=names))
    figures["plan, same"] = timed(publishing.plan)
    for model in (models.SwitchPort, models.Switch, models.WirelessAccessPoint, models.Subnet):
        mapped = model.objects.filter(erl__isnull=False)
        last = models.ERL.objects.order_by("-pk").values_list("pk", flat=True)[0]
        mapped.filter(erl_id__lt=last).update(erl_id=F("erl_id") + 1)
    figures["plan, moved"] = timed(publishing.plan)
    publishing.publish(
        by=None,
        acknowledged={publishing.finding_name(entry) for entry in publishing.plan().findings},
    )
    figures["rollback"] = timed(lambda: publishing.rollback(number=1, by=None))
    return {**figures, "plan memory": peak()}


def step_pages() -> dict[str, float]:
    """Ask for pages of lists as a superuser does: the median of seven, after one to warm up."""
    from django.conf import settings

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.create_superuser("bench"))
    root = reverse("locations:switchport-list").removesuffix("switch-ports/")

    def get(path: str) -> None:
        response = client.get(urljoin(root, path))
        if response.status_code != 200:
            raise SystemExit(f"{path} answers {response.status_code}.")

    figures = {}
    for name, path in (PAGES | COUNTS).items():
        get(path)
        figures[f"page, {name}"] = statistics.median(
            timed(lambda path=path: get(path)) for _ in range(7)
        )
    return figures


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds ``work`` takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def peak() -> float:
    """Return the most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS: dict[str, Callable[..., dict[str, float]]] = {
    "estate": step_estate,
    "compile": step_compile,
    "plan": step_plan,
    "pages": step_pages,
}


# ---------------------------------------------------------------- the report


def measure(size: float, steps: list[str], *, on_database_url: bool) -> dict[str, float]:
    """Return the figures of an estate of ``size`` times the full one."""
    figures: dict[str, float] = {}
    environment = dict(os.environ)
    if not on_database_url:
        environment.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="e911portal-bench-") as state:
        for step in steps:
            command = [sys.executable, "-m", "tests.bench.bench_estate", "--step", step]
            done = subprocess.run(
                [*command, "--ports", str(int(PORTS * size))],
                cwd=ROOT,
                env={**environment, "STATE_DIR": state, "LOG_LEVEL": "ERROR"},
                stdout=subprocess.PIPE,
                check=True,
                text=True,
            )
            figures |= json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure, print, and say what was missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument(
        "--on-database-url", action="store_true", help="use that empty database, for one size"
    )
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--ports", type=int, default=PORTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        os.environ["DJANGO_SETTINGS_MODULE"] = "e911portal.settings"
        import django

        django.setup()
        arguments = (options.ports,) if options.step == "estate" else ()
        print(json.dumps(STEPS[options.step](*arguments)))
        return
    if options.on_database_url and len(options.sizes) > 1:
        parser.error("--on-database-url is for one of the --sizes: the database is empty once.")
    results = {
        size: measure(size, options.steps, on_database_url=options.on_database_url)
        for size in sorted(options.sizes)
    }
    sys.exit(finish("estate", results, FIGURES, into_page=options.write))


if __name__ == "__main__":
    main()
