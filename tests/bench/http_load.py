"""HTTP POSTs from many connections: as many as are answered, or at a steady rate."""

import asyncio
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from urllib.parse import urlsplit


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
    url: str, bodies: list[str], connections: int, seconds: float, rate: float | None = None
) -> tuple[float, float]:
    """Return what ``load`` does.  With ``rate``, so many requests a second are due at even
    intervals, and a time counts from when its request was due: a server that stalls is charged for
    all that waited meanwhile."""
    parts = urlsplit(url)
    times: list[float] = []
    begin = time.perf_counter() + 0.1
    end = begin + seconds

    async def phone(first: int) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        position = first
        while (started := time.perf_counter()) < end:
            if rate:
                due = begin + position / rate
                await asyncio.sleep(max(0.0, due - started))
                started = due
            body = bodies[position % len(bodies)].encode()
            position += connections
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


def paced(url: str, bodies: list[str], connections: int, seconds: int, rate: float) -> float:
    """Return the 99th percentile in ms at a steady ``rate``, which the server can keep up with."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})  # the server has the first one
    try:
        return asyncio.run(_load(url, bodies, connections, seconds, rate))[1]
    finally:
        os.sched_setaffinity(0, cores)
