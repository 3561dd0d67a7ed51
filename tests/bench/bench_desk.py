"""How soon a dialled 911 is on the desk's screen: route request sent → event of the call received.

    python -m tests.bench.bench_desk [--calls 200] [--per-second 5]

Runs the parts as `make run` does (worked example, call path, portal, worker) on free ports and one
browser's event stream. The comparison, in the same run, is the time that the route request alone
takes: what lies between is spool, delivery, ingest, commit and stream.
"""

import argparse
import http.client
import json
import os
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.running import free_port, python, running

ANNA = {"from_uri": "sip:anna.rossi@unplugthepbx.com", "src_ip": "10.1.1.30"}


@contextmanager
def parts(state: Path) -> Iterator[tuple[int, int, str]]:
    """Run portal, call path and worker over a fresh state; yield their ports and a session."""
    portal, callpath, simulator = free_port(), free_port(), free_port()
    env = {
        "STATE_DIR": str(state),
        "PORTAL_ADDR": f"127.0.0.1:{portal}",
        "CALLPATH_ADDR": f"127.0.0.1:{callpath}",
        "SIMULATOR_ADDR": f"127.0.0.1:{simulator}",
        "STATIC_ROOT": str(state / "static"),
    }
    log = state / "log"
    for command in (["migrate", "-v0"], ["demo"], ["collectstatic", "-v0", "--noinput"]):
        with running(python("manage.py", *command), env=env, log=log) as process:
            if process.wait():
                raise SystemExit(log.read_text())
    serve = python("-m", "uvicorn", "e911portal.asgi:application", "--port", str(portal))
    with ExitStack() as stack:
        stack.enter_context(running([*serve, "--no-access-log"], port=portal, env=env, log=log))
        program = python("-m", "e911portal.callpath")
        stack.enter_context(running(program, port=callpath, env=env, log=log))
        stack.enter_context(running(python("manage.py", "worker"), env=env, log=log))
        yield portal, callpath, _login(portal, (state / "keys" / "demo_password").read_text())


def _login(port: int, password: str) -> str:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("GET", "/login/")
    page = client.getresponse()
    token = page.headers["Set-Cookie"].split("csrftoken=")[1].split(";")[0]
    form = page.read().decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    body = f"username=admin&password={password.strip()}&csrfmiddlewaretoken={form}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
    client.request("POST", "/login/", body, headers)
    answer = client.getresponse()
    for header in answer.headers.get_all("Set-Cookie") or []:
        if header.startswith("sessionid="):
            return header.split(";")[0]
    raise SystemExit(f"The login was refused: {answer.status}")


def watch(port: int, cookie: str, came: dict[str, float], stop: threading.Event) -> None:
    """Note for each call the moment at which the stream first showed it."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request("GET", "/desk/stream", headers={"Cookie": cookie})
    response = client.getresponse()
    while not stop.is_set():
        line = response.readline()
        if line.startswith(b"data: {"):
            now = time.perf_counter()
            html = str(json.loads(line[6:]).get("html") or "")
            for ref in [one for one in came if came[one] == 0 and one in html]:
                came[ref] = now


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, parts(Path(directory)) as running_parts:
        portal, callpath, cookie = running_parts
        came: dict[str, float] = {}
        stop = threading.Event()
        threading.Thread(target=watch, args=(portal, cookie, came, stop), daemon=True).start()
        time.sleep(2)
        sent, answered = {}, []
        for count in range(options.calls):
            # The caller's name is shown on the card, so it tells the calls apart.
            name = f"Caller {os.getpid()}-{count:04d}"
            came[name] = 0
            call = {**ANNA, "ruri": "sip:911@pbx.example", "from_uri": f"sip:u{count}@x.example"}
            body = json.dumps({**call, "from_display": name}).encode()
            request = urllib.request.Request(f"http://127.0.0.1:{callpath}/v1/sip/route", body)
            sent[name] = time.perf_counter()
            urllib.request.urlopen(request, timeout=10).read()
            answered.append(time.perf_counter() - sent[name])
            time.sleep(1 / options.per_second)
        time.sleep(3)
        stop.set()
    shown = sorted(came[name] - sent[name] for name in sent if came[name])
    print(f"{len(shown)} of {options.calls} calls shown")
    _print("route answered", sorted(answered))
    _print("card on the stream", shown)
    ratio = statistics.median(shown) / statistics.median(answered)
    print(f"ratio of the medians {ratio:.1f}")
    if len(shown) != options.calls:
        raise SystemExit("A call was not shown.")


def _print(what: str, seconds: list[float]) -> None:
    def at(share: float) -> float:
        return 1000 * seconds[min(len(seconds) - 1, int(share * len(seconds)))]

    print(f"{what:20} p50 {at(0.5):7.1f} ms   p90 {at(0.9):7.1f} ms   p99 {at(0.99):7.1f} ms")


if __name__ == "__main__":
    main()
