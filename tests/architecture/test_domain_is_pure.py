"""``*/domain/`` decides by its arguments alone: no clock, no chance, no environment, no files."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import files, name

DOMAIN = [
    path
    for package in ("locations", "routing", "notifications")
    for path in files(f"{package}/domain", suffix=".py")
]
IMPURE_MODULES = {"asyncio", "os", "random", "secrets", "socket", "subprocess", "threading", "time"}
IMPURE_NAMES = {"now", "today", "utcnow", "uuid1", "uuid4", "open", "print", "input"}
#: What else a domain module may import, and which one.
OUTSIDE = {"lxml": {"pidflo.py", "pidflo"}}
PLAIN_CORE = {"e911portal.core.findings", "e911portal.core.network", "e911portal.core.wording"}


def impurities(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything that makes a function depend on more than its arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            for module in imported:
                if module.split(".")[0] in IMPURE_MODULES:
                    yield node.lineno, module
        elif isinstance(node, ast.Call):
            called = node.func
            text = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if text in IMPURE_NAMES:
                yield node.lineno, text


@pytest.mark.parametrize("path", DOMAIN, ids=name)
def test_domain_reads_no_clock_chance_or_environment(path: Path) -> None:
    found = list(impurities(ast.parse(path.read_text())))

    assert found == []


@pytest.mark.parametrize("path", DOMAIN, ids=name)
def test_domain_imports_standard_library_and_domain_only(path: Path) -> None:
    imported = {
        module
        for node in ast.walk(ast.parse(path.read_text()))
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    foreign = {
        module
        for module in imported
        if module.split(".")[0] not in sys.stdlib_module_names
        and ".domain" not in module
        and module not in PLAIN_CORE
        and not {path.name, path.parent.name} & OUTSIDE.get(module.split(".")[0], set())
    }
    assert foreign == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import time", [(1, "time")]),
        ("from os import environ", [(1, "os")]),
        ("from datetime import datetime\ndatetime.now()", [(2, "now")]),
        ("import re\nre.compile('')", []),
    ],
    ids=["module", "from module", "clock", "pure"],
)
def test_impurities_are_noticed(source: str, expected: list[tuple[int, str]]) -> None:
    assert list(impurities(ast.parse(source))) == expected
