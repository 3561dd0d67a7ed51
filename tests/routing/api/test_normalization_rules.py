"""Normalization rules through REST: a pattern or translation that cannot be used is refused."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("pattern", "translation", "refused"),
    [
        (r"^9(911)$", "+$1", []),
        (r"^9(?<code>911)$", "+${code}", []),
        (r"^9(911)$", "+$2", ["translation"]),
        (r"^9(?<code>911)$", "+${number}", ["translation"]),
        (r"9{99999999999}", "+$1", ["pattern"]),
        (r"(?u)911", "+$1", ["pattern"]),
        ("(" * 100 + "9" + ")+" * 50, "+$1", ["pattern"]),
        ("(" * 60 + "9" + ")+" * 60, "+$1", ["pattern"]),
    ],
    ids=[
        "number", "name", "no such number", "no such name", "endless count", "flag", "open groups",
        "nested",
    ],
)  # fmt: skip
def test_rule_is_taken_or_refused_by_field(
    pattern: str, translation: str, refused: list[str], admin: User
) -> None:
    client = APIClient()
    client.force_login(admin)
    body = {"name": "Emergency", "pattern": pattern, "translation": translation}

    answer = client.post("/api/v1/normalization-rules/", body)

    fields = answer.json().get("error", {}).get("fields", [])
    assert answer.status_code == (400 if refused else 201)
    assert [entry["field"] for entry in fields] == refused
