"""What the routing pages refuse: the message stands beside the field, nothing is saved or lost."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from routing.models import CallParkOrbit, NormalizationRule, VoiceRoute

NO_ROWS = {
    f"{prefix}-{name}": value
    for prefix in ("routeusage", "routetrunk")
    for name, value in (("TOTAL_FORMS", "0"), ("INITIAL_FORMS", "0"))
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "typed", "field", "told"),
    [
        (
            "/routing/voice-routes/add/",
            {"name": "Way out", "number_pattern": r"^\+911$", "priority": "10",
             "suppress_caller_id": "on", "alternate_caller_id": "", **NO_ROWS},
            "alternate_caller_id",
            "A suppressed caller id needs an alternate caller id, else nobody can call back.",
        ),
        (
            "/routing/voice-routes/add/",
            {"name": "Way out", "number_pattern": "^(a+)+$", "priority": "10", **NO_ROWS},
            "number_pattern",
            "“^(a+)+$” could keep a call waiting",
        ),
        (
            "/routing/normalization-rules/add/",
            {"name": "Way out", "pattern": "^(911", "translation": "+911", "priority": "10"},
            "pattern",
            "“^(911” is not a regular expression",
        ),
        (
            "/routing/call-park-orbits/add/",
            {"name": "Way out", "first": "7100", "last": "7001"},
            "last",
            "“7100” to “7001” does not.",
        ),
    ],
)  # fmt: skip
def test_refusal_stands_beside_its_field(
    client: Client, admin_user: User, page: str, typed: dict[str, str], field: str, told: str
) -> None:
    client.force_login(admin_user)

    answer = client.post(page, typed)

    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert told in form.errors[field][0]
    assert 'value="Way out"' in answer.content.decode()
    for model in (VoiceRoute, NormalizationRule, CallParkOrbit):
        assert not model._default_manager.filter(name="Way out").exists()
