"""`make run` after set-up: all programs in one terminal, kept alive, stopped together."""

import configparser
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import run
from tests.running import PATIENCE, ROOT, free_port, python, running, stop

OPTIONS = (
    "OPTIONS sip:edge.example SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKrun\r\n"
    "Max-Forwards: 70\r\nTo: <sip:edge.example>\r\nFrom: <sip:test@edge.example>;tag=1\r\n"
    "Call-ID: run@127.0.0.1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)
CLUE = "/v1/location?chassis=3c-4a-92-30-ec-00&port=7"


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of everything, with addresses and a state directory of its own."""

    portal: int
    callpath: int
    simulator: int
    sip: int
    state: Path
    process: "subprocess.Popen[bytes]"

    def log(self) -> str:
        return (self.state / "log").read_text(errors="replace")

    def pid(self, part: str) -> int:
        """Return the process id that supervisor last reported for a part."""
        return int(re.findall(rf"spawned: '{part}' with pid (\d+)", self.log())[-1])


def environment(
    state: Path, portal: int, callpath: int, simulator: int, sip: int
) -> dict[str, str]:
    return {
        "STATE_DIR": str(state),
        "PORTAL_ADDR": f"127.0.0.1:{portal}",
        "CALLPATH_ADDR": f"127.0.0.1:{callpath}",
        "SIMULATOR_ADDR": f"127.0.0.1:{simulator}",
        "SIP_ADDR": f"127.0.0.1:{sip}",
        "SIP_RPC_ADDR": f"127.0.0.1:{free_port()}",
        "DATABASE_URL": f"sqlite:///{state}/e911portal.sqlite3",
        "CELERY_BROKER_URL": "",
        "STATIC_ROOT": str(state / "static"),
    }


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.1)


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Everything, running: static files collected, then what `make run` does."""
    state = tmp_path_factory.mktemp("state of run")  # a path with blanks
    ports = free_port(), free_port(), free_port(), free_port()
    variables = environment(state, *ports)
    collect = python("manage.py", "collectstatic", "--noinput", "-v0")
    subprocess.run(collect, cwd=ROOT, env={**os.environ, **variables}, check=True)
    with running(
        python("deploy/run.py"), port=ports[0], env=variables, log=state / "log", seconds=300
    ) as process:
        yield Instance(*ports, state, process)


def test_parts_answer(instance: Instance) -> None:
    until(lambda: listens(instance.callpath) and listens(instance.simulator))

    located = json.loads(get(instance.callpath, CLUE))

    assert located["erl"]["name"] == "New York Wired"
    assert "<html" in get(instance.portal, "/login/")


def test_sip_edge_answers_where_kamailio_is_installed(instance: Instance) -> None:
    if shutil.which("kamailio", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        until(lambda: "No SIP edge: Kamailio is not installed." in instance.log())
        return
    until(lambda: listens(instance.sip))

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(PATIENCE)
        phone.sendto(OPTIONS.encode(), ("127.0.0.1", instance.sip))
        answer = phone.recv(4096).decode()

    assert answer.startswith("SIP/2.0 200")


def test_logins_are_printed(instance: Instance) -> None:
    password = (instance.state / "keys" / "demo_password").read_text().strip()

    assert f"Logins, all with the password {password}\n" in instance.log()


@pytest.mark.parametrize("variable", ["PORTAL_ADDR", "SIP_ADDR", "SIP_RPC_ADDR"])
def test_second_instance_names_the_taken_address(
    instance: Instance, tmp_path: Path, variable: str
) -> None:
    if variable.startswith("SIP_"):
        if shutil.which("kamailio", path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.skip("nothing listens for SIP without Kamailio")
        until(lambda: listens(instance.sip))
    theirs = {"PORTAL_ADDR": instance.portal, "SIP_ADDR": instance.sip}
    variables = environment(tmp_path, free_port(), free_port(), free_port(), free_port())
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = theirs.get(variable, other.getsockname()[1])
        variables[variable] = f"127.0.0.1:{port}"

        ended = subprocess.run(
            python("deploy/run.py"),
            cwd=ROOT,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        f"127.0.0.1:{port} cannot be used: Address already in use.\n"
        "Stop the program that uses it, or choose another address, for example:\n"
        f"  make run {variable}=127.0.0.1:{port + 1}\n",
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--dorp 4", "unrecognized arguments: --dorp 4"),
        ("--drop soon", "argument --drop: invalid float value: 'soon'"),
        ("--gateway branch", "“branch” is not HOST:PORT, for example 127.0.0.1:5081"),
    ],
)
def test_options_that_the_trunk_simulator_would_not_take_start_nothing(
    tmp_path: Path, options: str, said: str
) -> None:
    variables = environment(tmp_path, *(free_port() for _ in range(4)))

    ended = subprocess.run(
        python("deploy/run.py"),
        cwd=ROOT,
        env={**os.environ, **variables, "TRUNK_SIMULATOR_OPTIONS": options},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert (ended.returncode != 0, ended.stdout) == (True, "")
    assert said in ended.stderr


@pytest.fixture
def predecessor(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has the name of supervisor's and stands in the file of the state directory."""
    waits = "import signal; print(flush=True); signal.pause()"
    process = subprocess.Popen(
        python("-c", waits, "supervisord"), stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    process.stdout.readline()  # it runs under its name by now
    (tmp_path / "supervisord.pid").write_text(f"{process.pid}\n")
    yield process
    stop(process)
    process.stdout.close()


def test_start_waits_for_an_instance_that_is_stopping(
    tmp_path: Path, predecessor: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    threading.Timer(0.5, stop, [predecessor]).start()

    run.wait_for_predecessor(tmp_path)

    assert predecessor.poll() is not None
    told = f"Process {predecessor.pid} still uses {tmp_path}; waiting for its end.\n"
    assert capsys.readouterr().out == told


def test_instance_that_goes_on_running_keeps_its_state_directory(
    tmp_path: Path, predecessor: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "STOPPING_SECONDS", 0.0)

    with pytest.raises(SystemExit, match=f"in use by process {predecessor.pid}, which goes on"):
        run.wait_for_predecessor(tmp_path)


@pytest.mark.parametrize("left", ["", "gone", str(os.getpid())], ids=["none", "text", "another's"])
def test_file_that_a_crash_left_stops_no_start(tmp_path: Path, left: str) -> None:
    if left:
        (tmp_path / "supervisord.pid").write_text(left)

    run.wait_for_predecessor(tmp_path)


@pytest.mark.parametrize("part", ["callpath", "portal", "worker", "simulator"])
def test_part_that_dies_is_started_again(instance: Instance, part: str) -> None:
    before = instance.pid(part)

    os.kill(before, signal.SIGKILL)

    until(lambda: instance.pid(part) != before)


def test_interrupt_stops_everything(instance: Instance) -> None:
    until(lambda: all(map(listens, (instance.portal, instance.callpath, instance.simulator))))
    workers = instance.pid("worker")

    os.kill(instance.process.pid, signal.SIGINT)

    assert instance.process.wait(30) == 0
    assert not any(map(listens, (instance.portal, instance.callpath, instance.simulator)))
    with pytest.raises(ProcessLookupError):
        os.kill(workers, 0)


def test_second_start_makes_nothing_again(instance: Instance) -> None:
    stop(instance.process)
    variables = environment(
        instance.state, instance.portal, instance.callpath, instance.simulator, instance.sip
    )

    with running(
        python("deploy/run.py"),
        port=instance.callpath,
        env=variables,
        log=instance.state / "second log",
    ):
        answer = json.loads(get(instance.callpath, CLUE))

    assert answer["publication"] == 1


def test_part_that_ends_in_order_is_started_again_too() -> None:
    """A worker that somebody stops by a signal ends with 0; supervisor would leave it at that."""
    parts = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    parts.read(ROOT / "deploy/supervisord.conf")

    left = {
        name.removeprefix("program:")
        for name in parts.sections()
        if name.startswith("program:") and parts[name].get("autorestart") != "true"
    }

    assert left == {"trunk-simulator"}
