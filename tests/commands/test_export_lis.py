"""`manage.py export_lis`."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from locations.models import NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> tuple[int, str, str]:
    """Return exit status, output and messages of the command."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("export_lis", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, out.getvalue(), err.getvalue()


def test_own_csv_is_written_and_fits(ny1: NetworkSite, tmp_path: Path) -> None:
    status, out, err = run("--out", tmp_path / "estate")

    assert (status, err) == (0, "")
    assert f"{tmp_path}/estate/sites.csv" in out
    assert len(list((tmp_path / "estate").iterdir())) == len(out.splitlines())


def test_what_does_not_fit_is_listed_with_exit_status_3(ny1: NetworkSite, tmp_path: Path) -> None:
    erl = factories.make_erl(name="E", site=ny1, loc="New York 3rd Floor Wireless")
    factories.make_subnet(site=ny1, erl=erl, cidr="10.1.1.0/24")

    status, _, err = run("--format", "lync-csv", "--out", tmp_path / "lync.zip")

    assert status == 3
    assert err == (
        "WARNING LYN001 E: Location “New York 3rd Floor Wireless” has 27 characters; Lync takes "
        "20. Shorten it.\n"
    )


def test_json_has_files_and_findings(ny1: NetworkSite, tmp_path: Path) -> None:
    factories.make_fixed_endpoint(site=ny1, name="fax")

    status, out, err = run("--format", "nena", "--out", tmp_path, "--json")

    found = json.loads(out)
    assert (status, err) == (3, "")
    assert found["files"] == [str(tmp_path / "ali.txt")]
    assert [(entry["code"], entry["subject"]["label"]) for entry in found["findings"]] == [
        ("NEN002", "fax")
    ]


def test_many_findings_of_a_kind_are_counted(ny1: NetworkSite, tmp_path: Path) -> None:
    for _ in range(23):
        factories.make_fixed_endpoint(site=ny1)

    _, _, err = run("--format", "nena", "--out", tmp_path / "ali.txt")

    assert err.splitlines()[-1] == "        … and 3 more NEN002 (--json shows all)"


def test_unwritable_place_is_an_error(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        run("--format", "nena", "--out", tmp_path / "missing" / "ali.txt")


def test_file_in_place_of_a_directory_is_an_error(db: None, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="is a file"):
        run("--out", tmp_path / "file")
