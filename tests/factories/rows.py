"""What every factory needs: numbers that never repeat, and a way to save that refuses nonsense."""

import itertools
from datetime import UTC, datetime
from typing import TypeVar

from django.db import models

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)

M = TypeVar("M", bound=models.Model)
_numbers = itertools.count(1)


def number() -> int:
    """Return a number that no other row of this run has."""
    return next(_numbers)


def save(row: M) -> M:
    """Check and insert a row: what a form would refuse, a factory must not make.

    (Rows that no person edits, such as jobs and verdicts, are inserted as the program does it.)
    """
    row.full_clean()
    row.save()
    return row
