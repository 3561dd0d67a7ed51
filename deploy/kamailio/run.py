"""The SIP edge in front, for supervisor: renders its files from the publication, becomes Kamailio.

Where Kamailio is not installed it says how to get it, and waits to be told to end, because a
supervised program that ended at once would be started again for ever.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "kamailio kamailio-utils-modules kamailio-extra-modules kamailio-sqlite-modules "
    "kamailio-tls-modules"
)


def main() -> None:
    """Become ``manage.py sip_edge --run``, or wait."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    if shutil.which("kamailio", path=search) is None:
        print(f"No SIP edge: Kamailio is not installed. Debian, Ubuntu: apt install {PACKAGES}")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        signal.pause()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "manage.py", "sip_edge", "--run"])


if __name__ == "__main__":
    main()
