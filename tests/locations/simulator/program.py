"""The simulator as its users meet it: a process of its own on a free port."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


@contextmanager
def simulator(*options: str) -> Iterator[str]:
    """Run the simulator with these options; give its URL; end it by its process id."""
    command = [sys.executable, "-m", "locations.simulator", "--addr", "127.0.0.1:0", *options]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        assert found, f"the simulator did not start: {line!r}"
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=10)
