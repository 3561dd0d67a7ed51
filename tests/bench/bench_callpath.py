"""Figures of the call path: requests per second beside an empty handler, latency, start-up, memory.

    python -m tests.bench.bench_callpath [--size 0.1] [--seconds 4] [--connections 64]

Both programs run on the same server with the same settings, one after the other and repeatedly, so
that the ratio says something on a busy machine; absolute figures are of this machine only.  Uses
wrk when there is one, else a client in asyncio (which is slower than the server, so its ratio
flatters).
"""

import argparse
import asyncio
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from e911portal.core import access
from e911portal.core.snapshot import SnapshotWriter, activate
from locations import lookup as locations
from routing import lookup as routing
from tests.callpath import sample
from tests.callpath.server import PROGRAM
from tests.running import ROOT, free_port

FULL = {"port": 500_000, "bssid": 100_000, "subnet": 50_000, "erl": 20_000}
HELD = "urn:ietf:params:xml:ns:geopriv:held"
EMPTY = """
import sys, uvicorn
from e911portal.callpath.server import BoundedProtocol
BODY = b"x" * 1400
async def app(scope, receive, send):
    if scope["type"] != "http":
        for _ in range(2):
            await send({"type": (await receive())["type"] + ".complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [
        (b"content-type", b"application/held+xml"), (b"content-length", b"1400")]})
    await send({"type": "http.response.body", "body": BODY})
uvicorn.run(app, port=int(sys.argv[1]), http=BoundedProtocol, ws="none", access_log=False,
            log_config=None, server_header=False, proxy_headers=False)
"""


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
    example = sample._rows("")
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
def program(command: list[str], port: int) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run a server on the first core; yield it and the seconds until its first answer."""
    pinned = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    started = time.perf_counter()
    process = subprocess.Popen(
        [*pinned, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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


def load(url: str, bodies: list[str], connections: int, seconds: int) -> tuple[float, float]:
    """Return requests per second and the 99th percentile in ms of POSTs to ``url``."""
    if not shutil.which("wrk"):
        return asyncio.run(_load(url, bodies, connections, seconds))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ",\n".join(f"[==[{body}]==]" for body in bodies)
        script.write(
            f"local bodies = {{{listed}}}\nlocal at = 0\nwrk.method = 'POST'\n"
            "wrk.headers['Content-Type'] = 'application/held+xml'\n"
            "request = function()\n at = at % #bodies + 1\n"
            " return wrk.format(nil, nil, nil, bodies[at])\nend\n"
        )
        script.flush()
        pinned = ["taskset", "-c", "1"] if shutil.which("taskset") else []
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            script.name,
        ]
        output = subprocess.run(
            [*pinned, *command, url],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    if "Non-2xx" in output:
        raise RuntimeError(output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    assert rate
    assert p99
    return float(rate[1]), float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]


async def _load(
    url: str, bodies: list[str], connections: int, seconds: float
) -> tuple[float, float]:
    parts = urlsplit(url)
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def phone(first: int) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        position = first
        while time.perf_counter() < end:
            body = bodies[position % len(bodies)].encode()
            position += connections
            started = time.perf_counter()
            writer.write(
                b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
                % (parts.path.encode(), len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length
            await reader.readexactly(int(length[1]))
            times.append(time.perf_counter() - started)
        writer.close()

    await asyncio.gather(*(phone(first) for first in range(connections)))
    return len(times) / seconds, statistics.quantiles(times, n=100)[98] * 1000


def memory_mb(pid: int) -> tuple[float, float]:
    """Return resident memory of a process in MB: all of it, and without mapped files."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {name: int(kb) / 1024 for name, kb in re.findall(r"(Vm\w+|Rss\w+):\s+(\d+) kB", status)}
    return found["VmRSS"], found["VmRSS"] - found["RssFile"]


def main() -> None:
    """Measure and print."""
    line = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    line.add_argument("--size", type=float, default=0.1, help="share of the full estate (0.1)")
    line.add_argument("--seconds", type=int, default=4, help="of each load (4)")
    line.add_argument("--connections", type=int, default=64)
    line.add_argument("--rounds", type=int, default=3)
    given = line.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        state = Path(directory)
        counts = build(state / "publications", given.size)
        bodies = requests(counts)
        port, other = free_port(), free_port()
        callpath = [*PROGRAM, "--addr", f"127.0.0.1:{port}", "--state-dir", directory]
        starts = []
        for _ in range(5):
            with program(callpath, port) as (process, seconds):
                starts.append(seconds)
                idle = memory_mb(process.pid)
        loads = {
            "empty": (f"http://127.0.0.1:{other}/held", bodies),
            "HELD": (f"http://127.0.0.1:{port}/held", bodies),
            "route": (f"http://127.0.0.1:{port}/v1/sip/route", calls(counts)),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in loads}
        with (
            program(callpath, port) as (process, _),
            program([sys.executable, "-c", EMPTY, str(other)], other),
        ):
            for _ in range(given.rounds):
                for name, (url, asked) in loads.items():
                    found[name].append(load(url, asked, given.connections, given.seconds))
            busy = memory_mb(process.pid)
    print(f"estate: {counts}; {given.connections} connections; one core")
    for name, pairs in found.items():
        rate, p99 = (statistics.median(values) for values in zip(*pairs, strict=True))
        ratio = statistics.median(
            pair[0] / empty[0] for pair, empty in zip(pairs, found["empty"], strict=True)
        )
        print(f"{name:6} {rate:9.0f} requests/s   p99 {p99:6.2f} ms   {ratio:5.2f} of empty")
    print(f"start to first answer: {statistics.median(starts):.2f} s (to reach: 0.50)")
    print(f"resident, idle: {idle[0]:.0f} MB, of it not mapped files: {idle[1]:.0f} MB")
    print(f"resident after load: {busy[0]:.0f} MB, {busy[1]:.0f} MB (to reach: 80)")


if __name__ == "__main__":
    main()
