"""The SIP edge in front, for supervisor: renders its files from the publication, becomes Kamailio.

Where Kamailio is not installed it says how to get it, and waits to be told to end, because a
supervised program that ended at once would be started again for ever.  Where its address is in use
it says so, and looks again later: the portal and the call path are useful without it.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deploy.addresses import TCP, UDP_AND_TCP, taken  # noqa: E402
from e911portal import environment as env  # noqa: E402
from routing.edge.settings import RPC_ADDR_DEFAULT  # noqa: E402

PACKAGES = (
    "kamailio kamailio-utils-modules kamailio-extra-modules kamailio-sqlite-modules "
    "kamailio-tls-modules"
)
LOOK_AGAIN_SECONDS = 60
ADDRESSES = (
    ("SIP_ADDR", env.SIP_ADDR_DEFAULT, UDP_AND_TCP),
    ("SIP_RPC_ADDR", RPC_ADDR_DEFAULT, TCP),
)


def in_use() -> str:
    """Return which address of the edge is taken and which variable moves it, or nothing."""
    for variable, default, kinds in ADDRESSES:
        host, port = env.address(variable, default)
        why = taken(host, port, kinds)
        if why:
            return f"{host}:{port} cannot be used ({why}). Set {variable}."
    return ""


def main() -> None:
    """Become ``manage.py sip_edge --run``, or wait."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    if shutil.which("kamailio", path=search) is None:
        print(f"No SIP edge: Kamailio is not installed. Debian, Ubuntu: apt install {PACKAGES}")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        signal.pause()
    taken = in_use()
    if taken:
        print(f"No SIP edge for now: {taken}", flush=True)
        time.sleep(LOOK_AGAIN_SECONDS)
        sys.exit(1)
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "manage.py", "sip_edge", "--run"])


if __name__ == "__main__":
    main()
