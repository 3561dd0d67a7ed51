"""What devices say of their surroundings: kept, used when nothing is fresher, and no longer."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e911portal.callpath.app import CallPath
from e911portal.callpath.clues import MOST_BSSIDS, Clues, Identity, pack, unpack
from e911portal.callpath.slots import MAX_PAYLOAD
from locations.domain.resolution import Clue, Evidence
from tests.callpath import sample
from tests.callpath.client import Answer, call
from tests.callpath.test_e911ws_door import PORT
from tests.callpath.test_e911ws_door import ask as ask_soap
from tests.callpath.test_held_door import KEY, lldp, place, request

ANNA = "sip:anna.rossi@unplugthepbx.com"
WIRED = Clue(chassis=sample.CHASSIS, port="7")
TEXT = st.none() | st.text(max_size=40)


def later(app: CallPath, **time: float) -> None:
    app.node.clock = lambda: sample.AT + timedelta(**time)


def where(app: CallPath, query: str) -> tuple[str | None, int]:
    """Return tier and age of what a key holder is told."""
    answer = call(app, "GET", f"/v1/location?{query}", headers=[KEY]).json()
    return answer["tier"], answer["age_s"]


@given(st.builds(Clue, st.lists(st.text(max_size=20), max_size=20).map(tuple), TEXT, TEXT,
                 st.none() | st.integers(1, 7), TEXT, TEXT, TEXT, TEXT))  # fmt: skip
def test_packed_clue_comes_back_with_what_fits(clue: Clue) -> None:
    content = pack(clue)

    if content is None:
        assert len(json.dumps([clue.chassis, clue.port, clue.uri, clue.bssids])) > 100
        return
    found = unpack(content)
    assert len(content) <= MAX_PAYLOAD
    assert found.bssids == clue.bssids[: len(found.bssids)]
    assert len(found.bssids) <= MOST_BSSIDS
    assert (found.chassis, found.port, found.ip, found.uri) == (
        clue.chassis, clue.port, clue.ip, clue.uri,
    )  # fmt: skip


def test_newest_of_all_names_counts(tmp_path: Path) -> None:
    clues = Clues(tmp_path / "c")
    clues.learn(Identity(("sip:a@b",)), WIRED, sample.AT)
    clues.learn(Identity(mac="m"), Clue(ip="10.1.1.1"), sample.AT + timedelta(minutes=1))

    found = clues.last_known(Identity(("sip:a@b",), "m"), sample.AT + timedelta(minutes=2))

    assert found == Evidence(Clue(ip="10.1.1.1"), sample.AT + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("who", "minutes", "known"),
    [
        (Identity(("sip:a@b",)), 240, True),
        (Identity(("sip:a@b",)), 241, False),
        (Identity(ip="10.1.1.1"), 60, True),
        (Identity(ip="10.1.1.1"), 61, False),
    ],
    ids=["name", "name-too-old", "address", "address-of-another-by-now"],
)
def test_what_is_too_old_is_not_known(
    tmp_path: Path, who: Identity, minutes: int, known: bool
) -> None:
    clues = Clues(tmp_path / "c")
    clues.learn(who, WIRED, sample.AT)

    assert bool(clues.last_known(who, sample.AT + timedelta(minutes=minutes))) is known


def test_address_says_nothing_about_itself(tmp_path: Path) -> None:
    clues = Clues(tmp_path / "c")

    clues.learn(Identity(ip="10.1.1.1"), Clue(ip="10.1.1.1"), sample.AT)

    assert clues.last_known(Identity(ip="10.1.1.1"), sample.AT) is None


def test_disk_that_fails_remembers_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    clues = Clues(tmp_path / "file" / "below")

    clues.learn(Identity(mac="m"), WIRED, sample.AT)

    assert clues.last_known(Identity(mac="m"), sample.AT) is None


# --- through the doors --------------------------------------------------------------------------


def held(app: CallPath, port: str) -> Answer:
    return call(app, "POST", "/held", request(measured=lldp(port)), peer="10.9.9.9")


def test_device_that_reported_a_port_is_known_by_its_address(app: CallPath) -> None:
    held(app, "7")
    later(app, minutes=20)

    assert where(app, "ip=10.9.9.9") == ("last_known", 1200)
    own = call(app, "POST", "/held", request(), peer="10.9.9.9")
    assert place(own) == "New York Wired"
    assert b"<timestamp>2026-11-21T10:30:00.000Z</timestamp>" in own.body


def test_fresh_and_coarse_beats_old_and_precise(app: CallPath) -> None:
    ask_soap(app, PORT, peer="10.9.9.9")
    later(app, minutes=20)

    assert where(app, f"uri={ANNA}&ip=10.1.1.20") == ("subnet", 0)
    assert where(app, f"uri={ANNA}") == ("last_known", 1200)


@pytest.mark.parametrize(
    ("query", "tier"),
    [(f"uri={ANNA}", "last_known"), ("mac=00-00-00-00-00-07", "last_known"),
     (f"uri={ANNA}&ip=10.1.250.4", None), (f"uri={ANNA}&ip=10.2.1.9", "subnet")],
    ids=["entity", "mac", "left-by-vpn", "now-elsewhere"],
)  # fmt: skip
def test_lync_client_is_known_by_user_and_mac(app: CallPath, query: str, tier: str | None) -> None:
    ask_soap(app, f"{PORT}<MAC>00-00-00-00-00-07</MAC>", peer="10.9.9.9")

    assert where(app, query)[0] == tier


def test_nobody_learns_where_another_is_by_naming_him(app: CallPath) -> None:
    ask_soap(app, PORT, peer="10.9.9.9")

    answer = ask_soap(app, "", peer="10.8.8.8")

    assert b"<ReturnCode>404</ReturnCode>" in answer.body


def test_what_a_third_party_supposes_is_not_kept(app: CallPath) -> None:
    measured = request("<ip>10.9.9.9</ip>", lldp("7"))
    call(app, "POST", "/held", measured, headers=[KEY])
    call(app, "GET", f"/v1/location?ip=10.9.9.9&chassis={sample.CHASSIS}&port=7", headers=[KEY])

    assert where(app, "ip=10.9.9.9") == (None, 0)


def test_emergency_call_is_evidence_and_is_told_the_last_place(app: CallPath) -> None:
    def dial(**facts: str) -> dict[str, object]:
        body = {"ruri": "sip:911@x", "from_uri": ANNA, "src_ip": "192.0.2.77", **facts}
        answer = call(app, "POST", "/v1/sip/route", json.dumps(body).encode(), peer="192.0.2.50")
        return answer.json()["location"]  # type: ignore[no-any-return]

    first = dial(x_location=f"chassis={sample.CHASSIS};port=7")
    later(app, minutes=5)
    second = dial()

    assert (first["tier"], first["age_s"]) == ("port", 0)
    assert (second["tier"], second["age_s"]) == ("last_known", 300)


def test_clues_survive_a_restart(
    state: Path, app: CallPath, make_app: Callable[..., CallPath]
) -> None:
    held(app, "7")

    assert where(make_app(state), "ip=10.9.9.9") == ("last_known", 0)
