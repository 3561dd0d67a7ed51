"""What answers devices starts without Django, a database driver or a broker in the process."""

import json
import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT

FORBIDDEN = {"django", "rest_framework", "celery", "zeep", "redis", "guardian", "psycopg"}


@pytest.mark.parametrize(
    "module",
    [
        "e911portal.callpath",
        "e911portal.callpath.__main__",
        "e911portal.core.snapshot",
        "locations.lookup",
        "locations.held",
        "routing.lookup",
    ],
)
def test_import_loads_nothing_of_the_portal(module: str) -> None:
    program = (
        "import importlib, json, pkgutil, sys\n"
        f"package = importlib.import_module({module!r})\n"
        "inside = getattr(package, '__path__', [])\n"
        "for found in pkgutil.walk_packages(inside, package.__name__ + '.'):\n"
        "    importlib.import_module(found.name)\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    assert FORBIDDEN & set(json.loads(ended.stdout)) == set()
