"""Who may ask the call path what."""

import pytest

from e911portal.callpath.access import Caller, Networks, Rules, identify, number
from e911portal.callpath.exchange import Request
from e911portal.core.snapshot import Snapshot
from tests.callpath import sample

NOTHING, OWN = (False, False, False), (True, False, False)
EVERYTHING, LOCATE, ROUTE = (True, True, True), (True, True, False), (False, False, True)
NETWORKS = [
    ("10.0.0.0/8", "devices"),
    ("2001:db8::/32", "devices"),
    ("192.0.2.50/32", "edge"),
    ("192.0.2.60/31", "proxy"),
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    path, _ = sample.write(tmp_path_factory.mktemp("access"), 1, networks=NETWORKS)
    return Rules(Snapshot(path))


def ask(rules: Rules, peer: str, *, trust_loopback: bool = True, **headers: str) -> Caller:
    named = {name.replace("_", "-").encode(): text.encode() for name, text in headers.items()}
    request = Request("GET", "/", b"", named, peer)
    proxies = Networks(["127.0.0.7"])
    return identify(request, rules, proxies, trust_loopback=trust_loopback)


def rights(caller: Caller) -> tuple[bool, bool, bool]:
    return caller.may_ask_own, caller.may_ask_others, caller.may_route


@pytest.mark.parametrize(
    ("peer", "source", "expected"),
    [
        ("10.1.1.20", "10.1.1.20", OWN),
        ("::ffff:10.1.1.20", "10.1.1.20", OWN),
        ("2001:db8::7", "2001:db8::7", OWN),
        ("fe80::1%eth0", "fe80::1", NOTHING),
        ("192.0.2.50", "192.0.2.50", ROUTE),
        ("192.0.2.51", "192.0.2.51", NOTHING),
        ("198.51.100.1", "198.51.100.1", NOTHING),
        ("127.0.0.1", "127.0.0.1", EVERYTHING),
        ("::1", "::1", EVERYTHING),
        ("", "", NOTHING),
    ],
    ids=["device", "mapped", "v6", "zone", "edge", "beside", "stranger", "lo4", "lo6", "unknown"],
)
def test_rights_by_address(
    rules: Rules, peer: str, source: str, expected: tuple[bool, bool, bool]
) -> None:
    caller = ask(rules, peer)

    assert (caller.source, rights(caller)) == (source, expected)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"Bearer {sample.LOCATION_KEY}", LOCATE),
        (f"token  {sample.LOCATION_KEY} ", LOCATE),
        (f"Bearer {sample.SIP_KEY}", ROUTE),
        (f"Basic {sample.SIP_KEY}", NOTHING),
        ("Bearer another", NOTHING),
        (f"Bearer {sample.SIP_KEY}, Bearer {sample.LOCATION_KEY}", NOTHING),
        ("Bearer \x00é", NOTHING),
        ("", NOTHING),
    ],
    ids=["location", "token-scheme", "sip", "basic", "wrong", "twice", "bytes", "empty"],
)
def test_rights_by_key(rules: Rules, header: str, expected: tuple[bool, bool, bool]) -> None:
    assert rights(ask(rules, "198.51.100.1", authorization=header)) == expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "source", "expected"),
    [
        ("192.0.2.60", "10.1.1.20", "10.1.1.20", OWN),
        ("192.0.2.60", "10.1.1.20:52311", "10.1.1.20", OWN),
        ("192.0.2.60", "[2001:db8::7]:52311", "2001:db8::7", OWN),
        ("192.0.2.60", "127.0.0.1, 198.51.100.1, 192.0.2.61", "198.51.100.1", NOTHING),
        ("192.0.2.60", "127.0.0.1", "127.0.0.1", NOTHING),
        ("192.0.2.60", "unknown", "", NOTHING),
        ("192.0.2.60", "10.1.1.20, unknown", "", NOTHING),
        ("127.0.0.7", "10.1.1.20", "10.1.1.20", OWN),
        ("198.51.100.1", "10.1.1.20", "198.51.100.1", NOTHING),
        ("10.1.1.9", "10.1.1.20", "10.1.1.9", OWN),
        ("127.0.0.1", "10.1.1.20", "127.0.0.1", NOTHING),
    ],
    ids=[
        "one-hop",
        "with-port",
        "v6-with-port",
        "forged-first-hop",
        "loopback-is-not-forwarded",
        "unknown",
        "unknown-nearest",
        "proxy-of-the-environment",
        "not-a-proxy",
        "device-that-forges",
        "unlisted-proxy-on-this-machine",
    ],
)
def test_forwarded_address_is_believed_from_proxies_only(
    rules: Rules, peer: str, forwarded: str, source: str, expected: tuple[bool, bool, bool]
) -> None:
    caller = ask(rules, peer, x_forwarded_for=forwarded)

    assert (caller.source, rights(caller)) == (source, expected)


def test_loopback_has_no_rights_when_it_is_not_trusted(rules: Rules) -> None:
    assert rights(ask(rules, "127.0.0.1", trust_loopback=False)) == NOTHING


def test_without_a_publication_only_loopback_is_known() -> None:
    key = f"Bearer {sample.SIP_KEY}"

    assert rights(ask(Rules(), "127.0.0.1")) == EVERYTHING
    assert rights(ask(Rules(), "10.1.1.20", authorization=key)) == NOTHING


def test_networks_that_touch_and_nest_are_one_set() -> None:
    networks = Networks(["10.0.0.0/25", "10.0.0.128/25", "10.0.0.64/26", "::/127"])

    inside = ["10.0.0.0", "10.0.0.127", "10.0.0.128", "10.0.0.255", "::1"]
    outside = ["9.255.255.255", "10.0.1.0", "::2", "::ffff"]

    assert [number(ip) in networks for ip in (*inside, *outside)] == [True] * 5 + [False] * 4  # type: ignore[operator]
