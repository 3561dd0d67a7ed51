"""What an operator must know is written down, and nothing is written down that is not there."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands

from tests.architecture.sources import PACKAGES, ROOT, files, modules, name

APPS = ("core", "locations", "routing", "notifications")
READERS = {
    "address", "flag", "generated_secret", "log_level", "networks", "number", "text", "words",
}  # fmt: skip
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
PAGES = [*files("docs", suffix=".md"), *(ROOT / page for page in
         ("README.md", "CONTRIBUTING.md", "THREAT_MODEL.md", "CHANGELOG.md"))]  # fmt: skip


def variables_read() -> set[str]:
    """Return the environment variables that the code reads through ``e911portal.environment``."""
    found = {"STATE_DIR"}
    for path in [*modules(), *files("deploy", suffix=".py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else ""
            if called in READERS and isinstance(node.args[0], ast.Constant):
                owner = function.value if isinstance(function, ast.Attribute) else None
                if isinstance(owner, ast.Name) and owner.id in ("env", "environment"):
                    found.add(str(node.args[0].value))
    return found


def test_every_variable_is_described_and_no_other() -> None:
    described = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", CONFIGURATION, re.MULTILINE))

    assert described == variables_read() | {"SIMULATOR_ADDR"}


def test_example_environment_names_every_variable() -> None:
    named = set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))

    assert named == variables_read() | {"SIMULATOR_ADDR"}


@pytest.mark.parametrize("label", APPS)
def test_every_model_is_described(label: str) -> None:
    page = (ROOT / f"docs/models/{label}.md").read_text()
    described = set(re.findall(r"^### (\w+)", page, re.MULTILINE))

    models = {model.__name__ for model in apps.get_app_config(label).get_models()}

    # Permission rows of guardian are machinery.
    assert described == {model for model in models if not model.endswith("Permission")}


def test_every_fault_of_the_sip_edge_names_its_tests() -> None:
    page = (ROOT / "docs/sip-edge.md").read_text()
    table = page.partition("| Fault | Outcome | Tests |")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    written = "".join(
        path.read_text()
        for folder in ("interop/sip", "journeys", "callpath")
        for path in (ROOT / "tests" / folder).glob("test_*.py")
    )
    there = set(re.findall(r"^def test_(\w+)\(", written, re.MULTILINE))

    assert len(rows) > 20
    for fault, _, tests in rows:
        assert set(re.findall(r"`(\w+)`", tests)) <= there, fault
        assert "`" in tests, fault


def test_every_command_is_described() -> None:
    ours = {
        command for command, app in get_commands().items() if str(app).split(".")[0] in PACKAGES
    }

    described = set(re.findall(r"^### `manage.py (\w+)", OPERATIONS, re.MULTILINE))

    assert described == ours


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []
