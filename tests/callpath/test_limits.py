"""How often one source may ask."""

from e911portal.callpath.app import CallPath
from e911portal.callpath.exchange import MAX_BODY
from e911portal.callpath.limits import BURST, BYTES_PER_TOKEN, MOST_SOURCES, RATE, Limits
from tests.callpath.client import call
from tests.callpath.test_held_door import KEY, request


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_saved_tokens_are_spent_and_come_back() -> None:
    clock = Clock()
    limits = Limits(clock)

    first = [limits.take("a") for _ in range(int(BURST) + 1)]
    clock.now = 1.0
    second = [limits.take("a") for _ in range(int(RATE) + 1)]

    assert (first.count(True), second.count(True)) == (BURST, RATE)
    assert limits.take("b")


def test_idle_source_saves_no_more_than_a_burst() -> None:
    clock = Clock()
    limits = Limits(clock)
    limits.take("a")

    clock.now = 1e6

    assert [limits.take("a") for _ in range(int(BURST) + 1)].count(True) == BURST


def test_large_bodies_cost_more() -> None:
    limits = Limits(Clock())

    honest = [limits.take("a", BYTES_PER_TOKEN - 1) for _ in range(int(BURST) + 1)]
    large = [limits.take("b", MAX_BODY) for _ in range(int(BURST) + 1)]

    assert honest.count(True) == BURST
    assert large.count(True) == BURST // (1 + MAX_BODY // BYTES_PER_TOKEN)


def test_sources_are_bounded() -> None:
    limits = Limits(Clock())

    for number in range(MOST_SOURCES + 10):
        limits.take(str(number))

    assert len(limits._buckets) == MOST_SOURCES


def exhaust(app: CallPath, source: str) -> None:
    app.node.limits._clock = Clock()  # it stands still, however slow the test is
    while app.node.limits.take(source):
        pass


def test_device_that_asks_too_often_is_told_to_wait(app: CallPath) -> None:
    exhaust(app, "10.1.1.20")

    answers = [
        call(app, "POST", "/held", request(), peer="10.1.1.20"),
        call(app, "GET", "/v1/location", peer="10.1.1.20"),
        call(app, "GET", "/v1/policy", peer="10.1.1.20"),
        call(app, "GET", "/held/l/" + "A" * 22, peer="10.1.1.20"),
    ]

    assert [(answer.status, answer.headers["retry-after"]) for answer in answers] == [
        (429, "1")
    ] * 4


def test_keys_and_calls_are_never_limited(app: CallPath) -> None:
    for source in ("192.0.2.50", "10.1.1.20"):
        exhaust(app, source)

    located = call(app, "POST", "/held", request(), peer="10.1.1.20", headers=[KEY])
    routed = call(app, "POST", "/v1/sip/route", b'{"ruri": "sip:911@x"}', peer="192.0.2.50")

    assert (located.status, routed.status, routed.json()["emergency"]) == (200, 200, True)
