"""`manage.py import_lis`: what it prints, what it writes, and its exit status."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from locations.models import ImportBatch, NetworkSite, Subnet
from tests import factories

pytestmark = pytest.mark.django_db

NEW = "network,site,description\n10.1.1.0/24,NY1,First\n"


@pytest.fixture
def file(tmp_path: Path, ny1: NetworkSite) -> Path:
    path = tmp_path / "subnets.csv"
    path.write_text(NEW)
    return path


def run(*arguments: Any, **options: Any) -> tuple[str, str, int]:
    """Run the command; return what it printed, its messages and its exit status."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_lis", *map(str, arguments), stdout=out, stderr=err, **options)
    except SystemExit as stop:
        return out.getvalue(), err.getvalue(), int(stop.code or 0)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}", 1
    return out.getvalue(), err.getvalue(), 0


def test_file_is_planned_and_applied(file: Path) -> None:
    out, err, status = run(file)

    batch = ImportBatch.objects.get()
    assert (status, Subnet.objects.get().description, batch.state) == (0, "First", "applied")
    assert out == (
        f"{file} (own)\n  subnet: 1 add\n\n"
        f"ADD       {file}:2 subnet 10.1.1.0/24\n"
        "          site: – → NY1\n          description: – → First\n"
    )
    assert err == f"Applied as import {batch.pk}. Undo: manage.py import_lis --undo {batch.pk}\n"


def test_dry_run_writes_nothing(file: Path) -> None:
    out, err, status = run(file, "--dry-run")

    assert (status, err, Subnet.objects.count(), ImportBatch.objects.count()) == (0, "", 0, 0)
    assert "1 add" in out


def test_nothing_to_change_makes_no_batch(file: Path) -> None:
    run(file)

    out, _, status = run(file)

    assert (status, ImportBatch.objects.count()) == (0, 1)
    assert out.endswith("1 unchanged\n\nNothing to change.\n")


def test_problems_are_shown_first_and_nothing_is_written(file: Path) -> None:
    file.write_text(f"{NEW}10.1.1.9/24,NY1,\n")

    out, _, status = run(file)

    assert (status, Subnet.objects.count(), ImportBatch.objects.count()) == (3, 0, 0)
    assert out.splitlines()[3:5] == [
        f"ERROR     {file}:3 subnet 10.1.1.9/24 [network = 10.1.1.9/24]",
        " " * 10
        + "“10.1.1.9/24” is a host address inside a network. The network id is 10.1.1.0/24.",
    ]


def test_plan_as_json_can_be_read_by_a_program(file: Path) -> None:
    out, _, status = run(file, "--dry-run", "--json")

    plan = json.loads(out)
    assert (status, plan["dialect"], plan["counts"], plan["operations"]) == (
        0, "own", {"subnet": {"add": 1}}, 1,
    )  # fmt: skip
    assert [(row["verdict"], row["line"], row["label"]) for row in plan["rows"]] == [
        ("add", 2, "10.1.1.0/24")
    ]


def test_undo_takes_the_import_back(file: Path) -> None:
    run(file)
    batch = ImportBatch.objects.get()

    out, _, status = run("--undo", batch.pk)

    assert (status, out, Subnet.objects.count()) == (
        0, f"Import {batch.pk} of {file} is undone.\n", 0,
    )  # fmt: skip


def test_undo_that_is_refused_says_why(file: Path) -> None:
    run(file)
    Subnet.objects.update(description="Edited")

    _, err, status = run("--undo", ImportBatch.objects.get().pk)

    assert (status, err) == (
        1,
        "Nothing was written. Rows were edited since the import. "
        "subnet “10.1.1.0/24”: description is “Edited”, not “First”.",
    )


def test_missing_rows_are_deleted_on_request(file: Path, ny1: NetworkSite) -> None:
    run(file)
    factories.make_subnet(site=ny1, cidr="10.9.0.0/16")

    out, _, status = run(file, "--delete-missing")

    assert (status, list(Subnet.objects.values_list("cidr", flat=True))) == (0, ["10.1.1.0/24"])
    assert f"DELETE    {file} subnet 10.9.0.0/16" in out


def test_rights_of_the_login_count(file: Path, stranger: Any) -> None:
    out, _, status = run(file, "--by", "stranger")

    assert (status, "You may not add this subnet" in out) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Name at least one file, or --netbox URL, or --undo BATCH."),
        (("/nowhere.csv",), "/nowhere.csv: No such file or directory"),
        (("--undo", "99"), "There is no import 99."),
        (("--undo", "1", "--by", "nobody"), "There is no login “nobody”."),
        (("--netbox", "http://127.0.0.1:9"), "Give NetBox's API token: --token-file PATH."),
        (("--netbox", "http://127.0.0.1:9", "x.csv"),
         "NetBox is read alone, and deletes nothing here."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], message: str) -> None:
    assert run(*arguments) == ("", message, 1)


def test_file_of_no_dialect_is_unreadable(file: Path) -> None:
    file.write_text("a,b\n1,2\n")

    _, err, status = run(file)

    assert (status, err.startswith(f"{file} line 1: the columns a, b are not those of")) == (
        1,
        True,
    )
