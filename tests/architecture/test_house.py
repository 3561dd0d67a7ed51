"""House rules that a machine can check (CONTRIBUTING.md)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import files, modules, name

LONGEST = 400
LONGEST_TEST = 750  # tables of cases
NO_NAMES = {"utils", "helpers", "helper", "manager", "managers", "service", "services", "handler",
            "handlers", "common", "misc"}  # fmt: skip


@pytest.mark.parametrize("path", [*modules(), *files("tests", suffix=".py")], ids=name)
def test_module_is_short(path: Path) -> None:
    longest = LONGEST_TEST if "tests" in path.parts else LONGEST

    assert len(path.read_text().splitlines()) <= longest


def test_modules_are_named_for_what_they_hold() -> None:
    nameless = [name(path) for path in modules() if {path.stem, path.parent.name} & NO_NAMES]

    assert nameless == []


@pytest.mark.parametrize("path", modules(), ids=name)
def test_module_says_what_it_is(path: Path) -> None:
    text = path.read_text()

    assert not text.strip() or ast.get_docstring(ast.parse(text)) is not None


@pytest.mark.parametrize(
    "path", [path for path in modules() if path.name == "__init__.py"], ids=name
)
def test_package_file_holds_a_docstring_at_most(path: Path) -> None:
    # Code in a package's __init__ runs for whoever imports a neighbour. Models, and what REST's
    # settings name, stand in it because Django looks for them there.
    if path.parent.name in ("models", "api"):
        return
    statements = ast.parse(path.read_text()).body

    assert [type(node).__name__ for node in statements] in ([], ["Expr"])
