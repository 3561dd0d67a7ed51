"""House rules that a machine can check (CONTRIBUTING.md)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import files, modules, name

LONGEST = 400
NO_NAMES = {"utils", "helpers", "helper", "manager", "managers", "service", "services", "handler",
            "handlers", "common", "misc"}  # fmt: skip


@pytest.mark.parametrize("path", [*modules(), *files("tests", suffix=".py")], ids=name)
def test_module_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


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
    # Code in a package's __init__ runs for whoever imports a neighbour; the two model packages
    # name their models there because Django looks for them.
    if path.parent.name == "models":
        return
    statements = ast.parse(path.read_text()).body

    assert [type(node).__name__ for node in statements] in ([], ["Expr"])
