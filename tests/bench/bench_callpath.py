"""Figures of the call path: requests per second beside an empty handler, latency, start-up, memory.

    python -m tests.bench.bench_callpath [--size 0.1 1] [--workers 1 2] [--seconds 4]

Twice: with as many requests as are answered, where a wait is the length of the queue (of 64
connections at 8,000 requests a second each waits 8 ms, whatever the server does), and at half of
that, as a node is run.  A steady request costs more than one of many at once, which the server
takes from the kernel together: half of the rate can be two thirds of a core.

Both programs run on the same server with the same settings, one after the other and repeatedly, so
that the ratio says something on a busy machine; absolute figures are of this machine only.  Uses
wrk when there is one, else a client in asyncio (which is slower than the server, so its ratio
flatters).
"""

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from e911portal.callpath import whereabouts
from e911portal.callpath.clues import Identity
from e911portal.callpath.node import Node, Settings
from e911portal.core import access
from e911portal.core.snapshot import SnapshotWriter, activate
from locations import lookup as locations
from locations.domain.resolution import Clue, resolve
from locations.held import reader, writer
from locations.held.messages import to_clue
from routing import lookup as routing
from tests.bench.http_load import load, paced
from tests.callpath import sample
from tests.callpath.server import PROGRAM
from tests.running import ROOT, free_port, python

FULL = {"port": 500_000, "bssid": 100_000, "subnet": 50_000, "erl": 20_000}
HELD = "urn:ietf:params:xml:ns:geopriv:held"
T = TypeVar("T")


def build(directory: Path, size: float) -> dict[str, int]:
    """Publish an estate of ``size`` times design.md's; return its counts."""
    counts = {name: max(1, int(number * size)) for name, number in FULL.items()}
    places = [sample.erl(key, f"Place {key}", 1, "1") for key in range(1, counts["erl"] + 1)]

    def place_of(position: int) -> int:
        return position % counts["erl"] + 1

    subnets = [
        (key, f"10.{key >> 8 & 255}.{key & 255}.0/24", place_of(key), 1, False)
        for key in range(min(counts["subnet"], 65_535))
    ]
    rows4, rows6 = locations.range_rows((key, cidr) for key, cidr, *_ in subnets)
    example = sample.rows("", sample.routing_table())
    content = {
        **{name: example[name] for name in (*routing.TABLES, "site")},
        "erl": [locations.erl_row(p.id, p.name, 1, p.verdict, p.record) for p in places],
        "bssid": sorted(
            locations.bssid_row(mac(0x02 << 40 | n), place_of(n), 1) for n in range(counts["bssid"])
        ),
        "port": (
            locations.port_row(mac(n // 48), str(n % 48), 7, str(n % 48), place_of(n), 1)
            for n in range(counts["port"])
        ),
        "subnet": [locations.subnet_row(*subnet) for subnet in subnets],
        "ip4": rows4,
        "ip6": rows6,
    }
    with SnapshotWriter(directory, 1) as writer:
        for name, ddl in {**locations.TABLES, **routing.TABLES, **access.TABLES}.items():
            writer.table(name, ddl)
            writer.rows(name, content.get(name, []))
        writer.meta(created_at=sample.AT)
        path, sha256 = writer.finish()
    activate(directory, 1, path.name, sha256)
    return counts


def mac(number: int) -> str:
    """Return a number as a canonical MAC address."""
    return "-".join(f"{byte:02x}" for byte in number.to_bytes(6))


def requests(counts: dict[str, int], number: int = 2000) -> list[str]:
    """Return HELD requests of phones at random ports."""
    chosen = random.Random(911)
    bodies = []
    for _ in range(number):
        port = chosen.randrange(counts["port"])
        chassis, name = mac(port // 48).replace("-", ""), str(port % 48).encode().hex()
        bodies.append(
            f'<locationRequest xmlns="{HELD}"><locationType>civic</locationType>'
            '<measurements xmlns="urn:ietf:params:xml:ns:geopriv:lm">'
            f'<lldp xmlns="urn:ietf:params:xml:ns:geopriv:lm:lldp"><chassis type="4">{chassis}'
            f'</chassis><port type="7">{name}</port></lldp></measurements></locationRequest>'
        )
    return bodies


def calls(counts: dict[str, int], number: int = 2000) -> list[str]:
    """Return route requests of ordinary numbers: decided like emergencies, but not recorded."""
    chosen = random.Random(911)
    return [
        json.dumps(
            {
                "ruri": f"sip:+1212555{position:04}@x",
                "from_uri": "sip:anna.rossi@unplugthepbx.com",
                "src_ip": f"10.0.{chosen.randrange(min(counts['subnet'], 256))}.9",
            }
        )
        for position in range(number)
    ]


@contextmanager
def program(
    command: list[str], port: int, *, pinned: bool
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run a server, ``pinned`` to the first core; yield it and the seconds until it answers."""
    prefix = ["taskset", "-c", "0"] if pinned and shutil.which("taskset") else []
    started = time.perf_counter()
    process = subprocess.Popen(
        [*prefix, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended")
            time.sleep(0.002)
        yield process, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(10)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used: busy neighbours do not change it much."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> tuple[float, float]:
    """Return resident memory of a process in MB: all of it, and without mapped files."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {name: int(kb) / 1024 for name, kb in re.findall(r"(Vm\w+|Rss\w+):\s+(\d+) kB", status)}
    return found["VmRSS"], found["VmRSS"] - found["RssFile"]


def parts(state: Path, bodies: list[str]) -> dict[str, float]:
    """Return what one HELD answer takes inside one process, in microseconds, by part.

    The parts are taken in turn for each request, as a server does; each figure is the median.
    """
    node = Node(Settings(state, "http://127.0.0.1:9"))
    found: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = work()
        found.setdefault(name, []).append((time.perf_counter() - started) * 1e6)
        return result

    for body in bodies:
        snapshot = node.store.current()
        assert snapshot
        now, source = node.clock(), "10.0.1.9"
        message = timed("parse", lambda: reader.parse(body.encode()))  # noqa: B023
        clue = to_clue(message, source)
        where = timed("resolve", lambda: whereabouts.find(snapshot, clue, now))  # noqa: B023
        timed("remember", lambda: node.clues.learn(Identity(ip=source), clue, now))  # noqa: B023
        timed(
            "render",
            lambda: writer.answer(
                message,  # noqa: B023
                locations.forms(snapshot, where.resolution),  # noqa: B023
                "Wiremap",
                entity=whereabouts.pseudonym(),
                at=now,  # noqa: B023
                expires=now,  # noqa: B023
            ),
        )
    return {name: statistics.median(times) for name, times in found.items()}


def search_alone(state: Path, counts: dict[str, int], number: int = 2000) -> tuple[float, float]:
    """Return what a search takes in microseconds that misses five tiers (BSSID, its two wildcards,
    port, chassis) and ends at the subnet, reasons included, and what ``SELECT 1`` takes beside it:
    the medians."""
    snapshot = Node(Settings(state, "http://127.0.0.1:9")).store.current()
    assert snapshot
    chosen, times, empty = random.Random(911), [], []
    for position in range(number):
        clue = Clue(
            bssids=(mac(0x0A << 40 | chosen.getrandbits(24)),),
            chassis=mac(0x0B << 40 | position),
            port="gi9/0/1",
            port_subtype=7,
            ip=f"10.0.{chosen.randrange(min(counts['subnet'], 256))}.9",
        )
        started = time.perf_counter()
        found = resolve(clue, locations.SnapshotIndex(snapshot), now=sample.AT, runners_up=False)
        times.append((time.perf_counter() - started) * 1e6)
        assert found.tier == "subnet"
        assert len(found.missed) == 3
        started = time.perf_counter()
        snapshot.db.execute("SELECT 1").fetchone()
        empty.append((time.perf_counter() - started) * 1e6)
    return statistics.median(times), statistics.median(empty)


@dataclass
class Figures:
    """What was measured with one number of workers on one estate."""

    starts: list[float]
    idle: tuple[float, float]
    busy: tuple[float, float]
    rates: dict[str, list[tuple[float, float, float]]]
    #: By load: a steady rate, its p99 in ms, and the share of one core that it takes.
    paced: dict[str, tuple[float, float, float]]


def measure(
    state: Path, counts: dict[str, int], workers: int, given: argparse.Namespace
) -> Figures:
    """Run both programs with so many workers, and load them in turn."""
    port, other = free_port(), free_port()
    address = ["--addr", f"127.0.0.1:{port}", "--state-dir", str(state)]
    callpath = [*PROGRAM, *address, "--workers", str(workers)]
    starts, idle = [], (0.0, 0.0)
    for _ in range(3):
        with program(callpath, port, pinned=workers == 1) as (process, seconds):
            starts.append(seconds)
            idle = memory_mb(process.pid)
    bodies = requests(counts)
    loads = {
        "empty": (f"http://127.0.0.1:{other}/held", bodies),
        "HELD": (f"http://127.0.0.1:{port}/held", bodies),
        "route": (f"http://127.0.0.1:{port}/v1/sip/route", calls(counts)),
    }
    rates: dict[str, list[tuple[float, float, float]]] = {name: [] for name in loads}
    empty = python("-m", "tests.bench.empty", str(other), str(workers))
    with (
        program(callpath, port, pinned=workers == 1) as (process, _),
        program(empty, other, pinned=workers == 1) as (idler, _),
    ):
        for _ in range(given.rounds):
            for name, (url, asked) in loads.items():
                pid = idler.pid if name == "empty" else process.pid
                before = cpu_seconds(pid)
                rate, p99 = load(url, asked, given.connections, given.seconds)
                used = (cpu_seconds(pid) - before) / (rate * given.seconds) * 1e6
                rates[name].append((rate, p99, used))
        busy = memory_mb(process.pid)
        saturating = {name: statistics.median(rate for rate, *_ in rates[name]) for name in loads}
        waits = {}
        for name, (url, asked) in loads.items():
            # The empty handler as often as HELD: the client is too slow for half of its rate.
            half = min(saturating[name], saturating["HELD"]) / 2
            pid = idler.pid if name == "empty" else process.pid
            before = cpu_seconds(pid)
            p99 = paced(url, asked, given.connections, given.seconds, half)
            waits[name] = (half, p99, (cpu_seconds(pid) - before) / given.seconds)
    return Figures(starts, idle, busy, rates, waits)


def main() -> None:
    """Measure and print."""
    line = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    line.add_argument(
        "--size", type=float, nargs="+", default=[0.1, 1], help="shares of the estate"
    )
    line.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    line.add_argument("--seconds", type=int, default=4, help="of each load (4)")
    line.add_argument("--connections", type=int, default=64)
    line.add_argument("--rounds", type=int, default=3)
    given = line.parse_args()
    for size in given.size:
        with tempfile.TemporaryDirectory() as directory:
            state = Path(directory)
            counts = build(state / "publications", size)
            print(f"\nestate: {counts}; {given.connections} connections")
            for workers in given.workers:
                report(workers, measure(state, counts, workers, given))
            inside = parts(state, requests(counts))
            told = ", ".join(f"{name} {value:.0f}" for name, value in inside.items())
            print(f"inside one answer, µs: {told}; the rest is access, counting and the server")
            alone, bare = search_alone(state, counts)
            print(
                f"search alone, five tiers missed, then subnet: {alone:.1f} µs (to reach: 20), "
                f"{alone / bare:.0f} times a SELECT of nothing ({bare:.1f} µs)"
            )


def report(workers: int, figures: Figures) -> None:
    """Print what was measured."""
    print(f"{workers} worker(s)")
    for name, pairs in figures.rates.items():
        rate, p99, used = (statistics.median(values) for values in zip(*pairs, strict=True))
        beside = list(zip(pairs, figures.rates["empty"], strict=True))
        ratio = statistics.median(pair[0] / empty[0] for pair, empty in beside)
        print(
            f"  {name:6}{rate:9.0f} requests/s   p99 {p99:7.2f} ms   {ratio:5.2f} of empty", end=""
        )
        if workers == 1:  # the parent of several serves nobody
            thrift = statistics.median(empty[2] / pair[2] for pair, empty in beside)
            print(f"   {used:4.0f} µs of processor, {thrift:4.2f} of empty", end="")
        print()
    for name, (rate, p99, share) in figures.paced.items():
        core = f", {share:.0%} of a core" if workers == 1 else ""
        print(f"  {name:6}{rate:9.0f} requests/s, steady: p99 {p99:.2f} ms (to reach: 5){core}")
    print(f"  start to first answer: {statistics.median(figures.starts):.2f} s (to reach: 0.50)")
    if workers == 1:
        idle, busy = figures.idle, figures.busy
        print(f"  resident: {idle[0]:.0f} MB idle, {busy[0]:.0f} MB after load (to reach: 80); ")
        print(f"  of it not mapped files: {idle[1]:.0f} and {busy[1]:.0f} MB")


if __name__ == "__main__":
    main()
