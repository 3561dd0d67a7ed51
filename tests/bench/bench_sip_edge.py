"""What the SIP edge adds to a call and what it stands, beside a plain Kamailio relay.

    python -m tests.bench.bench_sip_edge [--soak-minutes 2] [--only latency rate flood soak]

Edge and relay are in front of the same trunk (SIPp, over TCP) and are called in turn in one run,
so the difference says something on a busy machine.  Exit status 1: a figure of design §7 is missed,
or a call was lost.
"""

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from routing.edge import installation
from tests.bench.sip_load import Timed, load, percentile
from tests.callpath.portal import Portal
from tests.interop.programs import PROGRAMS
from tests.interop.sip import estate
from tests.interop.sip.world import Process, World
from tests.running import free_port, running


class Bench(World):
    """A world whose provider is SIPp."""

    def __init__(self, state: Path, portal: Portal, sipp: str) -> None:
        super().__init__(state, portal)
        self.sipp, self.relay_port = sipp, free_port()
        trunk = self.trunks["provider"].sip_port
        program = installation.kamailio()
        assert program is not None
        self.relay = Process(
            [program, "-DD", "-E", "-f", str(Path(__file__).with_name("relay.cfg")),
             "-A", f"TRUNK=\"sip:127.0.0.1:{trunk};transport=tcp\"",
             "-l", f"udp:127.0.0.1:{self.relay_port}", "-l", f"tcp:127.0.0.1:{self.relay_port}",
             "-Y", str(state), "-m", "128"],
            self.relay_port, state / "relay.log",
        )  # fmt: skip

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Run everything, SIPp in the place of the provider."""
        port = self.trunks["provider"].sip_port
        scenario = str(Path(__file__).with_name("trunk.xml"))
        command = [self.sipp, "-sf", scenario, "-i", "127.0.0.1", "-p", str(port), "-t", "t1",
                   "-nostdin"]  # fmt: skip
        with ExitStack() as stack:
            stack.enter_context(running(command, port=port, log=self.state / "sipp.log"))
            for process in (self.callpath, self.edge, self.relay):
                process.start()
                stack.callback(process.end)
            yield


def ringing_ms(calls: list[Timed]) -> list[float]:
    """Return the time from INVITE to ringing of each call, in milliseconds."""
    return [(call.rang - call.sent) * 1000 for call in calls if call.rang]


def lost(calls: list[Timed]) -> int:
    """Return how many calls were not answered and hung up properly."""
    return sum(not (call.final == 200 and call.done) for call in calls)


def latency(bench: Bench) -> bool:
    """Half the calls by the relay, half by the edge, in turn."""
    edge, relay = bench.address, ("127.0.0.1", bench.relay_port)
    asyncio.run(load([edge, relay], rate=50, calls=100, address=estate.NY_PHONE))  # warm up
    calls = asyncio.run(load([edge, relay], rate=50, calls=1000, address=estate.NY_PHONE))
    by_edge = ringing_ms([call for call in calls if call.edge == edge])
    by_relay = ringing_ms([call for call in calls if call.edge == relay])
    for name, times in (("relay", by_relay), ("edge", by_edge)):
        shown = ", ".join(f"p{p} {percentile(times, p / 100):.2f} ms" for p in (50, 90, 99))
        print(f"{name}: {len(times)} calls, {shown}")
    added = percentile(by_edge, 0.99) - percentile(by_relay, 0.99)
    print(f"added at p99: {added:.2f} ms (limit 10), lost {lost(calls)}")
    return added < 10 and not lost(calls)


def at_rate(bench: Bench, rate: float) -> bool:
    """A thousand calls at a rate; none may be lost."""
    calls = asyncio.run(load([bench.address], rate=rate, calls=1000, address=estate.NY_PHONE))
    times = ringing_ms(calls)
    named = "at once" if rate > 10_000 else f"at {rate:.0f}/s"
    shown = ", ".join(f"p{p} {percentile(times, p / 100):.1f} ms" for p in (50, 99))
    print(f"1000 {named}: {shown}, lost {lost(calls)}")
    return not lost(calls)


def resident_kb(process: Process) -> int:
    """Return the memory of a program and its children that is their own (PSS)."""
    assert process.process is not None
    listed = subprocess.run(
        ["ps", "-o", "pid=", "-g", str(process.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    total = 0
    for pid in listed.stdout.split():
        path = Path(f"/proc/{pid}/smaps_rollup")
        found = (
            re.search(r"^Pss:\s+(\d+)", path.read_text(), re.MULTILINE) if path.exists() else None
        )
        total += int(found.group(1)) if found else 0
    return total


def shm_used(world: World) -> int:
    """Return how much shared memory Kamailio has in use, in bytes."""
    found = installation.call(world.settings, "core.shmmem")
    assert isinstance(found, dict)
    return int(found["used"])


def soak(bench: Bench, minutes: float) -> bool:
    """Twenty calls a second, from a thousand callers; memory must stay flat."""
    asyncio.run(load([bench.address], rate=100, calls=1500, address=estate.NY_PHONE))
    before = shm_used(bench) >> 10, resident_kb(bench.edge)
    number = int(minutes * 60 * 20)
    calls = asyncio.run(load([bench.address], rate=20, calls=number, address=estate.NY_PHONE))
    after = shm_used(bench) >> 10, resident_kb(bench.edge)
    print(
        f"{number} calls at 20/s: shared {before[0]} -> {after[0]} kB, "
        f"own {before[1]} -> {after[1]} kB, lost {lost(calls)}"
    )
    return not lost(calls) and after[0] - before[0] < 8000 and after[1] - before[1] < 30_000


def main() -> int:
    """Measure what was asked for."""
    line = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    line.add_argument("--soak-minutes", type=float, default=2.0)
    parts = ("latency", "rate", "flood", "soak")
    line.add_argument("--only", nargs="+", choices=parts, default=parts)
    given = line.parse_args()
    sipp = PROGRAMS["sipp"].path()
    if sipp is None or installation.kamailio() is None:
        print("SKIPPED: Kamailio and SIPp are needed (apt install kamailio sip-tester).")
        return 0
    good = []
    portals = Portal(lambda events: 201).listening()
    with tempfile.TemporaryDirectory(prefix="sip-bench-") as name, portals as portal:
        bench = Bench(Path(name), portal, sipp)
        with bench.answering():
            for part in given.only:
                match part:
                    case "latency":
                        good.append(latency(bench))
                    case "rate":
                        good.append(at_rate(bench, 100))
                    case "flood":
                        good.append(at_rate(bench, 1e6))
                    case "soak":
                        good.append(soak(bench, given.soak_minutes))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
