"""Findings: problems as data, shown by pages, the API, commands and the publish gate alike.

A check never prints or raises; it returns findings, and whoever asked decides what they mean.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: ERROR refuses a publication, WARNING needs an acknowledgement."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about: a model label such as ``locations.subnet``, its key, and a name to
    show.

    ``pk`` is ``None`` for something that has no row of its own (a setting, the whole estate).
    """

    kind: str
    pk: int | str | None
    label: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should repair: what is wrong, with what, and the remedy in one sentence.

    ``code`` is stable and documented (``LOC012``), so that it can be searched and acknowledged.
    """

    severity: Severity
    code: str
    message: str
    subject: Subject | None = None
    remedy: str = ""
