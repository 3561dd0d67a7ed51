"""`make run`: prepare the state directory, then start the parts under supervisor, here in front.

Addresses and the state directory come from the environment, so several instances fit one machine.
"""

import argparse
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy.addresses import TCP, UDP_AND_TCP, taken  # noqa: E402
from e911portal import environment as env  # noqa: E402
from locations.simulator import trunks  # noqa: E402
from routing.edge.settings import RPC_ADDR_DEFAULT  # noqa: E402

#: Debian keeps Kamailio out of users' search path.
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])

ADDRESSES = {
    "PORTAL": ("PORTAL_ADDR", env.PORTAL_ADDR_DEFAULT, TCP),
    "CALLPATH": ("CALLPATH_ADDR", env.CALLPATH_ADDR_DEFAULT, TCP),
    "SIMULATOR": ("SIMULATOR_ADDR", env.SIMULATOR_ADDR_DEFAULT, TCP),
}
#: Only where there is a Kamailio to listen at them.
EDGE_ADDRESSES = {
    "SIP": ("SIP_ADDR", env.SIP_ADDR_DEFAULT, UDP_AND_TCP),
    "SIP_RPC": ("SIP_RPC_ADDR", RPC_ADDR_DEFAULT, TCP),
}

#: An instance that was told to stop takes about ten seconds: its worker ends what it has begun.
STOPPING_SECONDS = 30.0


def listening_addresses() -> dict[str, str]:
    """Return host and port of each part as supervisord.conf wants them; ends where one is taken."""
    values = {}
    wanted = ADDRESSES | (EDGE_ADDRESSES if shutil.which("kamailio", path=SEARCH) else {})
    for part, (variable, default, kinds) in wanted.items():
        host, port = env.address(variable, default)
        why = taken(host, port, kinds)
        if why:
            sys.exit(
                f"{host}:{port} cannot be used: {why}.\n"
                "Stop the program that uses it, or choose another address, for example:\n"
                f"  make run {variable}={host}:{port + 1}"
            )
        shown = f"[{host}]" if ":" in host else host
        values[f"{part}_HOST"], values[f"{part}_PORT"] = host, str(port)
        values[variable] = f"{shown}:{port}"
    return values


def wait_for_predecessor(state: Path) -> None:
    """Return once no instance uses the state directory; ends where one goes on running."""
    pidfile = state / "supervisord.pid"
    end = time.monotonic() + STOPPING_SECONDS
    told = False
    while process := _supervisor(pidfile):
        if not told:
            print(f"Process {process} still uses {state}; waiting for its end.", flush=True)
            told = True
        if time.monotonic() > end:
            sys.exit(
                f"{state} is in use by process {process}, which goes on running.\n"
                "Stop it with Ctrl-C, or choose another directory and other addresses:\n"
                f"  make run STATE_DIR={state}2 PORTAL_ADDR=… CALLPATH_ADDR=… SIMULATOR_ADDR=…"
            )
        time.sleep(0.2)


def _supervisor(pidfile: Path) -> int:
    """Return the process that a file of supervisor names, or 0 where there is none by now."""
    try:
        process = int(pidfile.read_text())
        os.kill(process, 0)
    except (OSError, ValueError):
        return 0
    # After a crash the number may be another program's.
    command = Path(f"/proc/{process}/cmdline")
    if command.exists() and b"supervisord" not in command.read_bytes():
        return 0
    return process


def check_simulator_options() -> None:
    """End where the trunk simulator would not take its options: it would be started for ever.

    Raises ValueError for an address that is none.
    """
    parser = argparse.ArgumentParser("TRUNK_SIMULATOR_OPTIONS", add_help=False)
    trunks.add_arguments(parser)
    options = parser.parse_args(shlex.split(env.text("TRUNK_SIMULATOR_OPTIONS")))
    trunks.far_ends(options)
    trunks.desks(options)


def main() -> None:
    """Check, migrate, load the worked example (which prints the logins), become supervisord."""
    os.chdir(ROOT)
    # Every part writes to this one terminal or file; appending keeps them from overwriting each
    # other where it is a file.
    fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_APPEND)
    try:
        check_simulator_options()
        wait_for_predecessor(env.state_dir())
        addresses = listening_addresses()
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    os.environ.update(addresses, STATE_DIR=str(env.state_dir()), PYTHONUNBUFFERED="1")
    os.environ["TRUNK_SIMULATOR_OPTIONS"] = env.text("TRUNK_SIMULATOR_OPTIONS")
    for command in (["migrate", "--verbosity=0"], ["demo"]):
        ended = subprocess.run([sys.executable, "manage.py", *command])
        if ended.returncode:
            sys.exit(f"manage.py {command[0]} failed; see above.")
    print(
        f"Simulator  http://{addresses['SIMULATOR_ADDR']}/ plays the E9-1-1 provider\n"
        "Trunks     the provider and two gateways are simulated; try: manage.py place_call 911\n"
        f"State      {env.state_dir()}\n"
        "Ctrl-C stops everything.\n",
        flush=True,
    )
    supervisord = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c"]
    # As root, supervisor wants to be told that this is meant.
    user = ["-u", "root"] if os.geteuid() == 0 else []
    os.execv(sys.executable, [*supervisord, str(ROOT / "deploy" / "supervisord.conf"), *user])


if __name__ == "__main__":
    main()
