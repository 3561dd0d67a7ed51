"""Ingest of call events: exactly once, in any order, and none lost."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e911portal.calls import BATCH, IngestResult, ingest
from locations.models import NetworkSite
from notifications.actions import desk
from notifications.models import DeskMessage, Notification
from routing.domain.calls import read
from routing.models import CallEvent, EmergencyCall
from tests import factories
from tests.events import event, routed, whole_call

pytestmark = pytest.mark.django_db
numbers = itertools.count(1)


def columns(call: EmergencyCall) -> dict[str, Any]:
    return {
        column.attname: column.value_from_object(call)
        for column in EmergencyCall._meta.concrete_fields
        if column.name != "id"
    }


def test_ingest_makes_a_call_with_its_time_line(ny1: NetworkSite) -> None:
    result = ingest(whole_call())

    call = EmergencyCall.objects.get()
    assert result == IngestResult(recorded=4)
    assert (call.call_ref, call.state, call.site) == ("call-1", "ended", ny1)
    assert (call.erl_name, call.confidence, call.publication) == (
        "New York Wired",
        "validated",
        42,
    )
    assert list(call.events.order_by("at").values_list("kind", flat=True)) == [
        "call_routed",
        "call_ringing",
        "call_answered",
        "call_ended",
    ]
    assert call.desk_messages.count() == 4


def test_ingest_counts_a_repeated_event_once(ny1: NetworkSite) -> None:
    ingest(whole_call())
    before = columns(EmergencyCall.objects.get())

    result = ingest(whole_call())

    assert result == IngestResult(repeated=4)
    assert columns(EmergencyCall.objects.get()) == before
    assert (CallEvent.objects.count(), DeskMessage.objects.count()) == (4, 4)
    assert Notification.objects.count() == 1


@pytest.fixture
def two_desks(ny1: NetworkSite) -> None:
    """A desk that watches NY1, and one that watches another site, each with a mail address."""
    for name, site in (("ny", ny1), ("la", factories.make_site())):
        factories.make_channel(
            desk=factories.make_desk(sites=[site]), address=f"{name}@example.com"
        )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations([0, 1, 2, 3]), st.lists(st.integers(0, 3), max_size=3), st.integers(0, 7))
def test_ingest_ends_in_the_same_state_in_any_order(
    two_desks: None, order: list[int], repeats: list[int], cut: int
) -> None:
    def end_state(order: list[int]) -> tuple[Any, ...]:
        ref = f"call-{next(numbers)}"
        events = [whole_call(ref)[n] for n in order]
        ingest(events[:cut])
        ingest(events[cut:])
        call = EmergencyCall.objects.get(call_ref=ref)
        told = call.notifications.order_by("transport", "address")
        state = columns(call) | {"call_ref": "", "call_id": ""}
        return state, list(told.values_list("transport", "address", "state", "reasons"))

    state = end_state([*order, *repeats])

    assert state == end_state([0, 1, 2, 3])
    assert [address for _, address, _, _ in state[1]] == [
        "ny@example.com",
        "sip:security@example.com",
    ]


def test_ingest_of_an_unknown_call_makes_one_with_what_is_known() -> None:
    answered = event("call_answered", ref="x", target="local-gw", mode="fallback-default")

    ingest([answered])

    call = EmergencyCall.objects.get()
    assert (call.call_ref, call.state, call.trunk) == ("x", "answered", "local-gw")
    assert (call.site, call.mode) == (None, "fallback-default")


def test_ingest_of_an_unknown_site_keeps_its_name() -> None:
    ingest([routed()])

    call = EmergencyCall.objects.get()
    assert (call.site, call.site_name) == (None, "NY1")


def test_ingest_keeps_what_is_not_about_a_call() -> None:
    down = {"id": "g1", "event": "gateway_down", "at": "2026-11-21T10:30:00Z", "target": "gw"}

    assert ingest([down]) == IngestResult(recorded=1)

    row = CallEvent.objects.get()
    assert (row.call, row.kind, row.data["target"]) == (None, "gateway_down", "gw")
    assert DeskMessage.objects.count() == 0


@pytest.mark.parametrize(
    "bad",
    [None, "text", {"event": None}, {"event": ["call_routed"]}, {"at": "\x00\ud800"}],
    ids=["null", "text", "no event", "list", "nul"],
)
def test_ingest_keeps_the_unreadable_and_goes_on(bad: object, ny1: NetworkSite) -> None:
    result = ingest([bad, *whole_call()])

    assert result == IngestResult(recorded=4, unreadable=1)
    assert EmergencyCall.objects.get().state == "ended"
    assert CallEvent.objects.filter(call=None, kind="unreadable").count() == 1


def test_ingest_records_the_call_when_a_layer_refuses_a_value(ny1: NetworkSite) -> None:
    hostile = routed(policy="p\x00", callback_number="\ud800", confidence="c" * 500, tag="t" * 900)

    assert ingest([hostile]) == IngestResult(recorded=1)

    call = EmergencyCall.objects.get()
    assert (call.policy_name, call.site) == ("p\ufffd", ny1)
    assert (len(call.confidence), len(call.tag)) == (12, 120)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.dictionaries(
        st.sampled_from(["id", "event", "at", "call_ref", "call_id", "request", "decision"]),
        st.recursive(
            st.none() | st.text(max_size=300) | st.integers() | st.floats() | st.booleans(),
            lambda inner: (
                st.dictionaries(
                    st.sampled_from(
                        ["location", "policy", "notify", "conference", "civic", "from_uri"]
                    ),
                    inner,
                )
                | st.lists(inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_ingest_takes_any_event(db: None, raw: dict[str, Any]) -> None:
    result = ingest([raw])

    assert result.recorded + result.repeated + result.unreadable == 1
    assert CallEvent.objects.filter(event_id=read(raw, now=timezone.now()).event_id).exists()


def test_ingest_raises_when_the_database_is_away(
    ny1: NetworkSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(desk, "lock_log", away)

    with pytest.raises(OperationalError):
        ingest(whole_call())

    assert EmergencyCall.objects.count() == 0


def test_ingest_of_many_calls_stores_each_once(ny1: NetworkSite) -> None:
    count = BATCH + 7

    ingest([routed(ref=f"c{n}") for n in range(count)])

    assert EmergencyCall.objects.count() == count
    assert Notification.objects.count() == count


def test_callback_belongs_to_the_call_and_changes_nothing_of_it(ny1: NetworkSite) -> None:
    ingest(whole_call())
    columns = [field.attname for field in EmergencyCall._meta.fields]
    before = EmergencyCall.objects.values(*columns).get()

    ingest([event("called_back", second=55, from_uri="sip:911@psap.example", number="2125550100")])

    assert EmergencyCall.objects.values(*columns).get() == before
    last = CallEvent.objects.latest("at")
    assert (last.call_id, last.words) == (before["id"], "Called back by sip:911@psap.example")


def test_ingest_marks_a_test_call(ny1: NetworkSite) -> None:
    ingest([routed(test_call=True)])

    assert EmergencyCall.objects.get().is_test


@pytest.mark.parametrize(("code", "state"), [(200, "delivered"), (202, "sent")])
def test_desk_told_by_the_edge_is_not_told_again(code: int, state: str) -> None:
    ingest([routed(ref="r", notify=["sip:NYSecurity@example.com"])])
    row = Notification.objects.get(transport="sip_message")
    assert (row.state, row.due_at > timezone.now()) == (Notification.State.PENDING, True)

    ingest([event("desk_notified", ref="r", desk="sip:nysecurity@example.com", code=code)])

    row.refresh_from_db()
    assert (row.state, row.done_at) == (state, datetime(2026, 11, 21, 10, 30, tzinfo=UTC))


def test_desk_that_the_edge_could_not_reach_stays_with_the_portal() -> None:
    ingest([routed(ref="r", notify=["sip:NYSecurity@example.com"])])

    ingest([event("desk_not_notified", ref="r", desk="sip:NYSecurity@example.com", code=408)])

    assert Notification.objects.get(transport="sip_message").state == Notification.State.PENDING
