"""``GET /v1/policy``: what a client must know."""

import pytest

from e911portal.callpath.app import CallPath
from tests.callpath.client import call


def test_answer_has_the_fields_of_the_contract_in_their_order(app: CallPath) -> None:
    host = [(b"host", b"lis.example.com:8010")]

    answer = call(app, "GET", "/v1/policy?ip=10.1.1.20", headers=host)

    assert answer.status == 200
    assert answer.json() == {
        "publication": 42,
        "policy": "New York",
        "scope": "site",
        "tag": "subnet-tagid:New York",
        "enhanced_emergency_services_enabled": True,
        "location_required": "no",
        "use_location_for_e911_only": True,
        "emergency_numbers": [{"dial_string": "911", "masks": ["9911"]}],
        "notification_uris": ["sip:NYSecurity@unplugthepbx.com"],
        "conference_uri": "sip:+12125550199@unplugthepbx.com;user=phone",
        "conference_mode": "twoway",
        "location_refresh_interval_hours": 4,
        "disclaimer": "",
        "held_uri": "http://lis.example.com:8010/held",
        "lis_uri": "http://lis.example.com:8010/locationinformation/lisservice.svc",
        "reasons": [
            "policy: none for the call's tag",
            "policy: “New York” of the network site",
        ],
    }


@pytest.mark.parametrize(
    ("peer", "query", "status", "policy"),
    [
        ("10.2.1.9", "", 200, "Los Angeles"),
        ("10.1.250.4", "", 200, "New York"),
        ("10.9.9.9", "", 200, "Global"),
        ("10.9.9.9", "?user=sip:anna.rossi@unplugthepbx.com", 200, "New York"),
        ("10.2.1.9", "?user=sip:anna.rossi@unplugthepbx.com", 200, "Los Angeles"),
        ("10.9.9.9", "?ip=10.2.1.9", 403, None),
        ("198.51.100.1", "", 403, None),
        ("10.9.9.9", "?user=nobody", 400, None),
        ("10.9.9.9", "?ip=x", 400, None),
        ("10.9.9.9", "?tag=x", 400, None),
    ],
)
def test_policy_of_place_and_user(
    app: CallPath, peer: str, query: str, status: int, policy: str | None
) -> None:
    answer = call(app, "GET", f"/v1/policy{query}", peer=peer)

    assert (answer.status, answer.json().get("policy")) == (status, policy)


@pytest.mark.parametrize("host", ["", "evil host", 'x"><script>', "a" * 300])
def test_held_uri_is_left_out_when_the_host_is_none(app: CallPath, host: str) -> None:
    headers = [(b"host", host.encode())]

    assert call(app, "GET", "/v1/policy", headers=headers).json()["held_uri"] == ""
