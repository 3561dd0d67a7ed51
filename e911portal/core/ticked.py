"""Rows of a list that somebody ticked."""

import re

from django.db import models
from django.http import QueryDict

_KEY = re.compile(r"[0-9]{1,19}", re.ASCII)


def ticked(values: QueryDict, *, most: int) -> list[int]:
    """Return the keys that ``row`` names, ``most`` of them; what can be no key is left out."""
    found = [int(text) for text in values.getlist("row")[:most] if _KEY.fullmatch(text)]
    return [key for key in found if key <= models.BigAutoField.MAX_BIGINT]
