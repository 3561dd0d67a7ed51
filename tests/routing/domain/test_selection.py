"""Which trunks an emergency call tries, in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.profiles import Profile
from routing.domain.selection import (
    Attempt,
    Transport,
    Trunk,
    TrunkKind,
    VoiceRoute,
    select,
    usages_of,
)

PROVIDER = Trunk("Provider", "sip.provider.example", TrunkKind.PROVIDER, send_pidf_lo=True)
SECOND = Trunk("Provider 2", "sip2.provider.example", TrunkKind.PROVIDER, send_pidf_lo=True)
LA_GATEWAY = Trunk("LA gateway", "10.2.0.9")
SBA = Trunk("SBA", "10.3.0.9", TrunkKind.BRANCH_GATEWAY)
TRUNKS = {trunk.name: trunk for trunk in (PROVIDER, SECOND, LA_GATEWAY, SBA)}

E911_LA = VoiceRoute("E911(LA)", r"^\+911$", ("E911 (LA)",), ("Provider", "Provider 2"))
FAILOVER = VoiceRoute("911Failover", r"^\+911$", ("Failover",), ("SBA",), priority=1)
ROUTES = (FAILOVER, E911_LA)
USAGES = ("E911 (LA)", "Failover")


def names(attempts: tuple[Attempt, ...]) -> list[str]:
    return [attempt.trunk.name for attempt in attempts]


def test_usages_of_puts_the_location_policy_first_and_each_once() -> None:
    assert usages_of("E911 (LA)", ("Local", "E911 (LA)", "Failover")) == (
        "E911 (LA)",
        "Local",
        "Failover",
    )
    assert usages_of("", ("Local", "")) == ("Local",)


def test_select_goes_out_the_site_then_the_failover() -> None:
    way = select(("+911",), USAGES, ROUTES, TRUNKS)

    assert way.attempts == (
        Attempt(PROVIDER, E911_LA, "E911 (LA)"),
        Attempt(SECOND, E911_LA, "E911 (LA)"),
        Attempt(SBA, FAILOVER, "Failover"),
    )
    assert way.last_resort is False
    assert way.reasons == (
        "route: “E911(LA)” of usage “E911 (LA)” matches +911, trunks Provider, Provider 2",
        "route: “911Failover” of usage “Failover” matches +911, trunks SBA",
    )


def test_r15_select_puts_a_trunk_that_is_down_last() -> None:
    by_name = select(("+911",), USAGES, ROUTES, TRUNKS, down={"Provider"})
    by_next_hop = select(("+911",), USAGES, ROUTES, TRUNKS, down={PROVIDER.dst})

    assert names(by_name.attempts) == ["Provider 2", "SBA", "Provider"]
    assert by_name.attempts == by_next_hop.attempts
    assert by_name.reasons[-1] == "trunk: Provider is believed down, tried last"


def test_select_keeps_every_trunk_when_all_are_down() -> None:
    way = select(("+911",), USAGES, ROUTES, TRUNKS, down=set(TRUNKS))

    assert names(way.attempts) == ["Provider", "Provider 2", "SBA"]


def test_select_orders_the_routes_of_a_usage_by_priority() -> None:
    late = VoiceRoute("Late", r"^\+911$", ("E911 (LA)",), ("LA gateway", "Provider"), priority=200)
    first = VoiceRoute("First", r"^\+911$", ("E911 (LA)",), ("SBA",), priority=-1)

    way = select(("+911",), ("E911 (LA)",), (late, E911_LA, first), TRUNKS)

    assert names(way.attempts) == ["SBA", "Provider", "Provider 2", "LA gateway"]


@pytest.mark.parametrize(
    ("last_resort", "expected"),
    [
        (("SBA", "LA gateway", "SBA"), ["SBA", "LA gateway"]),
        (("Gone", "SBA"), ["SBA"]),
        (("Gone",), ["Provider", "Provider 2", "LA gateway", "SBA"]),
        ((), ["Provider", "Provider 2", "LA gateway", "SBA"]),
    ],
)
def test_select_without_a_match_uses_the_last_resort(
    last_resort: tuple[str, ...], expected: list[str]
) -> None:
    way = select(("+112",), USAGES, ROUTES, TRUNKS, last_resort=last_resort)

    assert way.last_resort is True
    assert names(way.attempts) == expected
    assert {attempt.route for attempt in way.attempts} == {None}


def test_select_without_any_trunk_is_empty_and_says_so() -> None:
    way = select(("+911",), (), ROUTES, {}, last_resort=("SBA",))

    assert way.attempts == ()
    assert way.reasons == (
        "usage: neither the location policy nor the user has one",
        "route: no way out matched, last resort has no trunk",
    )


def test_select_passes_over_trunks_and_patterns_that_do_not_work() -> None:
    broken = VoiceRoute("Broken", r"^(\+911$", ("E911 (LA)",), ("Provider",))
    lost = VoiceRoute("Lost", r"^\+911$", ("E911 (LA)",), ("Gone", "SBA"))
    none = VoiceRoute("None", r"^\+911$", ("E911 (LA)",), ())

    way = select(("+911",), ("E911 (LA)", "Unused"), (broken, lost, none), TRUNKS)

    assert names(way.attempts) == ["SBA"]
    assert way.reasons == (
        "route: “Lost” names unknown trunks Gone",
        "route: “Lost” of usage “E911 (LA)” matches +911, trunks SBA",
        "route: “None” of usage “E911 (LA)” matches +911, trunks none",
        "usage: “Unused” has no route that matches +911",
    )


def test_select_prefers_a_route_made_for_the_test_number() -> None:
    test = VoiceRoute("933", r"^\+933$", ("E911 (LA)",), ("Provider 2",))

    assert names(select(("+933", "+911"), USAGES, (*ROUTES, test), TRUNKS).attempts) == [
        "Provider 2"
    ]
    assert names(select(("+933", "+911"), USAGES, ROUTES, TRUNKS).attempts) == [
        "Provider",
        "Provider 2",
        "SBA",
    ]


@pytest.mark.parametrize(("number", "matches"), [("+911", True), ("+9110", False), ("911", False)])
def test_r14_route_matches(number: str, matches: bool) -> None:
    assert E911_LA.matches(number) is matches


@pytest.mark.parametrize(
    ("kind", "given_value", "sends"),
    [
        ("provider", None, True),
        ("elin_gateway", None, True),
        ("gateway", None, False),
        ("branch_gateway", None, False),
        ("provider", False, False),
        ("gateway", True, True),
    ],
)
def test_trunk_from_record_sends_pidf_lo_by_kind_unless_told(
    kind: str, given_value: bool | None, sends: bool
) -> None:
    record = {"name": "T", "host": "10.0.0.1", "kind": kind, "send_pidf_lo": given_value}

    assert Trunk.from_record(record).send_pidf_lo is sends


def test_trunk_from_record() -> None:
    trunk = Trunk.from_record(
        {
            "name": "T",
            "host": "10.0.0.1",
            "kind": "provider",
            "port": 5061,
            "transport": "tls",
            "civic_profile": "microsoft",
            "send_conference_data": True,
            "no_reply_ms": 1500,
            "no_answer_ms": 20000,
            "caller_id": "+12125550199",
            "send_service_info": True,
        }
    )

    assert trunk == Trunk(
        "T",
        "10.0.0.1",
        TrunkKind.PROVIDER,
        5061,
        Transport.TLS,
        True,
        Profile.MICROSOFT,
        True,
        1500,
        20000,
        "+12125550199",
        True,
    )
    assert Trunk.from_record({"name": "T", "host": "h"}) == Trunk("T", "h")


def test_voice_route_from_record() -> None:
    record = {"name": "R", "pattern": "^9$", "usages": ["U"], "trunks": ["T"], "priority": 3}

    assert VoiceRoute.from_record(record) == VoiceRoute("R", "^9$", ("U",), ("T",), 3)
    assert VoiceRoute.from_record({"name": "R", "pattern": "^9$"}) == VoiceRoute("R", "^9$")


@pytest.mark.parametrize(
    ("host", "dst"),
    [
        ("sip.example.com", "sip:sip.example.com:5060;transport=udp"),
        ("10.0.0.1", "sip:10.0.0.1:5060;transport=udp"),
        ("2001:db8::1", "sip:[2001:db8::1]:5060;transport=udp"),
        ("[2001:db8::1]", "sip:[2001:db8::1]:5060;transport=udp"),
    ],
)
def test_trunk_dst(host: str, dst: str) -> None:
    assert Trunk("T", host).dst == dst


TRUNK_NAMES = st.sampled_from(["A", "B", "C", "D"])
RANDOM_ROUTES = st.lists(
    st.builds(
        VoiceRoute,
        st.text(max_size=3),
        st.sampled_from([r"^\+911$", r"^\+933$", "(", r"9"]),
        st.lists(st.sampled_from(["U", "V", "W"]), max_size=2).map(tuple),
        st.lists(TRUNK_NAMES, max_size=3).map(tuple),
        st.integers(-1, 2),
    ),
    max_size=5,
)


@given(
    routes=RANDOM_ROUTES,
    usages=st.lists(st.sampled_from(["U", "V", "X"]), max_size=3),
    trunks=st.sets(TRUNK_NAMES, min_size=1),
    last_resort=st.lists(TRUNK_NAMES, max_size=3),
    down=st.sets(TRUNK_NAMES),
)
def test_select_never_empty_never_twice_and_down_only_moves(
    routes: list[VoiceRoute],
    usages: list[str],
    trunks: set[str],
    last_resort: list[str],
    down: set[str],
) -> None:
    have = {name: Trunk(name, "h") for name in sorted(trunks)}

    way = select(("+911",), usages, routes, have, last_resort=last_resort, down=down)
    all_up = select(("+911",), usages, routes, have, last_resort=last_resort)

    tried = names(way.attempts)
    assert tried
    assert len(tried) == len(set(tried))
    assert tried == sorted(names(all_up.attempts), key=lambda name: name in down)
