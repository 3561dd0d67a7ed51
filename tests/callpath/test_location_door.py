"""``GET /v1/location``: the JSON of a resolution, word for word."""

import json
from collections.abc import Callable

import pytest

from e911portal.callpath.app import CallPath
from tests.callpath import sample
from tests.callpath.client import call
from tests.schemas import schema_errors


def test_answer_has_the_fields_of_the_contract_in_their_order(app: CallPath) -> None:
    answer = call(app, "GET", "/v1/location?chassis=3C:4A:92:30:EC:00&port=7&ip=10.1.1.20")

    expected = {
        "publication": 42,
        "located": True,
        "tier": "port",
        "matched": "3c-4a-92-30-ec-00 / 7",
        "erl": {
            "name": "New York Wired",
            "location": "New York Wired",
            "company": "UnplugThePBX",
            "site": "NY1",
        },
        "civic": {
            "country": "US",
            "A1": "NY",
            "A3": "New York",
            "PRD": "N",
            "RD": "Cedar",
            "STS": "Dr",
            "HNO": "12345",
            "PC": "98765",
            "LOC": "New York Wired",
            "FLR": "2",
        },
        "verdict": {"status": "valid", "provider": "Example", "at": "2026-11-20T09:00:00Z"},
        "confidence": "validated",
        "age_s": 0,
        "reasons": ["bssid: none given", "port 3c-4a-92-30-ec-00/7: New York Wired"],
        "runners_up": [
            {"tier": "subnet", "matched": "10.1.1.0/24", "erl": "New York 1st Floor"},
            {"tier": "site_default", "matched": "NY1", "erl": "New York Main Entrance"},
        ],
        "precision": {"area_sq_ft": 4500, "radius_m": 25},
    }
    assert answer.status == 200
    assert json.dumps(answer.json()) == json.dumps(expected)


def test_not_located_has_the_same_shape(app: CallPath) -> None:
    located = call(app, "GET", "/v1/location?ip=10.1.1.20")
    answer = call(app, "GET", "/v1/location?ip=10.1.250.9")

    value = answer.json()
    assert answer.status == 404
    assert list(value) == list(located.json())
    nothing = [value[name] for name in ("tier", "matched", "erl", "civic", "verdict")]
    assert (value["located"], nothing, value["precision"]) == (False, [None] * 5, None)
    assert (
        "subnet 10.1.250.9 in 10.1.250.0/24: excluded, gives a site but no location"
        in value["reasons"]
    )


@pytest.mark.parametrize(
    ("peer", "query", "status", "name"),
    [
        ("10.1.1.20", "", 200, "New York 1st Floor"),
        ("10.1.1.20", "?bssid=00195B7F770D", 200, "New York 3rd Floor Wireless"),
        ("10.1.1.20", "?bssid=020000000000", 200, "New York 1st Floor"),
        ("10.1.1.20", "?bssid=020000000000,00195b7f770d", 200, "New York 3rd Floor Wireless"),
        ("10.1.1.20", f"?chassis={sample.CHASSIS}&port=7&port_subtype=7", 200, "New York Wired"),
        ("10.1.1.20", "?ip=10.1.1.20", 200, "New York 1st Floor"),
        ("10.1.1.20", "?ip=10.2.1.5", 403, None),
        ("10.1.1.20", "?mac=00-04-13-aa-bb-cc", 403, None),
        ("10.1.1.20", "?uri=tel:%2B12125550150", 403, None),
        ("198.51.100.1", "", 403, None),
        ("127.0.0.1", "?bssid=020000000000", 404, None),
        ("127.0.0.1", "?uri=tel:%2B12125550150", 200, "New York Main Entrance"),
        ("127.0.0.1", "?ip=2001:db8:1::9", 200, "New York 1st Floor"),
        ("127.0.0.1", f"?chassis={sample.CHASSIS}&port=8", 200, "New York Main Entrance"),
    ],
)
def test_who_asks_where(
    app: CallPath, peer: str, query: str, status: int, name: str | None
) -> None:
    answer = call(app, "GET", f"/v1/location{query}", peer=peer)

    found = (answer.json().get("erl") or {}).get("name")
    assert (answer.status, found) == (status, name)


@pytest.mark.parametrize(
    ("query", "parameter", "value"),
    [
        ("bssid=00-19", "bssid", "00-19"),
        ("bssid=00-19-5b-7f-77-*", "bssid", "00-19-5b-7f-77-*"),
        ("ip=10.1.1.0/24", "ip", "10.1.1.0/24"),
        ("mac=nonsense", "mac", "nonsense"),
        ("uri=nobody", "uri", "nobody"),
        ("port_subtype=9", "port_subtype", "9"),
        ("ip=10.1.1.1&ip=10.1.1.2", "ip", "10.1.1.2"),
        ("mac_address=1", "mac_address", "1"),
        ("chassis=%20", "chassis", " "),
        ("port=" + "7" * 300, "port", "7" * 40 + "…"),
        ("&".join(f"a{n}=1" for n in range(40)), "query", "229 bytes"),
    ],
)
def test_malformed_clue_is_named(app: CallPath, query: str, parameter: str, value: str) -> None:
    answer = call(app, "GET", f"/v1/location?{query}")

    problem = answer.json()
    assert answer.status == 400
    assert (problem["parameter"], problem["value"]) == (parameter, value)
    assert problem["expected"]


def test_pidf_is_given_to_who_accepts_it(app: CallPath) -> None:
    accept = [(b"accept", b"application/pidf+xml, */*;q=0.1")]

    answer = call(app, "GET", "/v1/location?ip=10.2.1.5", headers=accept)

    assert answer.headers["content-type"] == "application/pidf+xml;charset=utf-8"
    assert b"<ca:RD>Grand</ca:RD>" in answer.body
    assert schema_errors(answer.body) == []


def test_without_a_publication_it_says_so(make_app: Callable[..., CallPath]) -> None:
    answer = call(make_app(), "GET", "/v1/location")

    assert (answer.status, answer.json()) == (503, {"error": "Nothing has been published yet."})


def test_head_and_other_methods(app: CallPath) -> None:
    refused = call(app, "POST", "/v1/location")

    assert call(app, "HEAD", "/v1/location?ip=10.2.1.5").status == 200
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    assert call(app, "GET", "/v2/location").status == 404
