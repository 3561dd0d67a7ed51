"""Whom to tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.fanout import (
    CallFacts,
    Desk,
    Outlet,
    Recipient,
    reasons_to_tell,
    recipients,
)

NY, LA = 1, 2
MAIL = Outlet(channel=10, transport="email", address="ny@example.com")


@pytest.mark.parametrize(
    ("desk", "call", "expected"),
    [
        (Desk(1, "D", sites=frozenset({NY})), CallFacts(site=NY), ("D watches the site",)),
        (Desk(1, "D", sites=frozenset({NY})), CallFacts(site=LA), ()),
        (Desk(1, "D"), CallFacts(site=LA), ("D watches all sites",)),
        (
            Desk(1, "D", sites=frozenset({NY})),
            CallFacts(),
            ("D is told because the site of the call is unknown",),
        ),
        (
            Desk(1, "D", sites=frozenset({NY}), subscribed_sites=frozenset({LA})),
            CallFacts(site=LA),
            ("D subscribes to the site",),
        ),
        (
            Desk(1, "D", sites=frozenset({NY}), policies=frozenset({"P"})),
            CallFacts(site=LA, policy="P"),
            ("D subscribes to policy “P”",),
        ),
        (
            Desk(1, "D", sites=frozenset({NY}), erls=frozenset({"E"})),
            CallFacts(site=NY, erl="E"),
            ("D subscribes to ERL “E”", "D watches the site"),
        ),
    ],
    ids=["watches", "other site", "all", "unknown", "subscribed site", "policy", "ERL and watches"],
)
def test_reasons_to_tell_a_desk(desk: Desk, call: CallFacts, expected: tuple[str, ...]) -> None:
    assert reasons_to_tell(desk, call) == expected


def test_recipients_are_the_policys_uris_then_the_outlets_of_desks() -> None:
    desk = Desk(1, "D", sites=frozenset({NY}), outlets=(MAIL,))
    call = CallFacts(policy="P", site=NY, uris=("sip:a@example.com",))

    assert recipients(call, [desk]) == (
        Recipient(
            "sip_message",
            "sip:a@example.com",
            None,
            None,
            ("policy “P” names sip:a@example.com",),
        ),
        Recipient("email", "ny@example.com", 1, 10, ("D watches the site",)),
    )


def test_recipients_tell_a_place_once_with_all_reasons() -> None:
    sip = Outlet(11, "sip_message", "SIP:A@example.com")
    desks = [
        Desk(1, "D", sites=frozenset({NY}), outlets=(sip,)),
        Desk(2, "E", outlets=(Outlet(12, "sip_message", "sip:a@example.com"),)),
    ]

    (only,) = recipients(CallFacts("P", NY, uris=("sip:a@example.com",)), desks)

    assert (only.address, only.desk, only.channel) == ("sip:a@example.com", 1, 11)
    assert only.reasons == (
        "policy “P” names sip:a@example.com",
        "D watches the site",
        "E watches all sites",
    )


def test_recipients_tell_web_hooks_apart_by_case() -> None:
    hooks = tuple(Outlet(n, "webhook", f"https://e.example/{p}") for n, p in enumerate("aA"))

    told = recipients(CallFacts(site=NY), [Desk(1, "D", outlets=hooks)])

    assert [recipient.address for recipient in told] == [
        "https://e.example/a",
        "https://e.example/A",
    ]


outlets = st.builds(
    Outlet,
    st.integers(1, 9),
    st.sampled_from(["email", "webhook", "sip_message"]),
    st.sampled_from(["a", "A", "b", "c"]),
)
keys = st.frozensets(st.integers(1, 3))
names = st.frozensets(st.sampled_from("PQ"))
desks = st.builds(
    Desk, st.integers(1, 9), st.text(max_size=3), keys, names, keys, names,
    st.lists(outlets, max_size=3).map(tuple),
)  # fmt: skip
calls = st.builds(
    CallFacts,
    st.sampled_from(["", "P", "Q"]),
    st.none() | st.integers(1, 3),
    st.sampled_from(["", "P", "Q"]),
    st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
)


@given(calls, st.lists(desks, max_size=4))
def test_recipients_are_exactly_the_outlets_of_who_has_a_reason(
    call: CallFacts, all_desks: list[Desk]
) -> None:
    told = recipients(call, all_desks)

    places = [
        (r.transport, r.address if r.transport == "webhook" else r.address.lower()) for r in told
    ]
    expected = {("sip_message", uri) for uri in call.uris} | {
        (o.transport, o.address if o.transport == "webhook" else o.address.lower())
        for desk in all_desks
        if reasons_to_tell(desk, call)
        for o in desk.outlets
    }
    assert len(places) == len(set(places))
    assert set(places) == expected
    assert all(recipient.reasons for recipient in told)
