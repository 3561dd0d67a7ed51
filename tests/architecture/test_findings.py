"""Every finding that the program can give is explained on a page of the manual."""

import re

from tests.architecture.sources import files, modules

CODE = re.compile(r"[\"']((?:LOC|ROU|NOT|PUB|IMP|LYN|TMS|NEN)\d{3})[\"']")


def test_every_finding_is_explained() -> None:
    given = {code for path in modules() for code in CODE.findall(path.read_text())}
    manual = "\n".join(path.read_text() for path in files("docs", suffix=".md"))

    assert {code for code in given if code not in manual} == set()


def test_every_explained_finding_of_the_gate_can_be_given() -> None:
    given = {code for path in modules() for code in CODE.findall(path.read_text())}
    (page,) = [path for path in files("docs", suffix=".md") if path.name == "findings.md"]

    assert set(re.findall(r"^\| ([A-Z]{3}\d{3}) \|", page.read_text(), re.MULTILINE)) <= given
