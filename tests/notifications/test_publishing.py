"""What notifications puts into a publication, and its findings."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from e911portal.core.snapshot import SnapshotWriter, verify
from locations.models import NetworkSite
from notifications import publishing
from tests import factories

pytestmark = pytest.mark.django_db


def codes() -> list[tuple[str, str]]:
    return [
        (finding.code, finding.subject.label if finding.subject else "")
        for finding in publishing.check()
    ]


def test_compile_writes_the_sip_targets_of_subscriptions(tmp_path: Path, ny1: NetworkSite) -> None:
    desk = factories.make_desk()
    other = factories.make_desk()
    factories.make_channel(desk=desk, transport="sip_message", address="sip:ny@example.com")
    factories.make_channel(desk=desk, address="ny@example.com")
    factories.make_channel(
        desk=other, transport="sip_message", address="sip:off@example.com", is_enabled=False
    )
    policy = factories.make_location_policy(name="New York")
    erl = factories.make_erl(name="New York Wired", site=ny1)
    factories.make_subscription(desk=desk, location_policy=policy)
    factories.make_subscription(desk=desk, site=ny1)
    factories.make_subscription(desk=desk, erl=erl)
    factories.make_subscription(desk=other, site=ny1)

    with SnapshotWriter(tmp_path, 1) as writer:
        publishing.compile(writer)
        writer.meta(created_at=timezone.now())
        path, sha256 = writer.finish()

    snapshot = verify(path, sha256)
    rows = snapshot.db.execute("SELECT kind, subject, uri FROM notify ORDER BY kind")
    assert rows.fetchall() == [
        ("erl", "New York Wired", "sip:ny@example.com"),
        ("policy", "New York", "sip:ny@example.com"),
        ("site", "NY1", "sip:ny@example.com"),
    ]


def test_check_wants_a_desk() -> None:
    assert codes() == [("NOT001", "")]


def test_check_wants_members(stranger: User) -> None:
    factories.make_desk(name="Empty desk")
    factories.make_desk(name="Full desk", members=[stranger])

    assert codes() == [("NOT002", "Empty desk")]


def test_check_wants_somebody_told_of_each_policy(
    stranger: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    desk = factories.make_desk(sites=[ny1], members=[stranger])
    factories.make_location_policy(name="Silent")
    factories.make_location_policy(name="By URI", notification_uris=["sip:a@example.com"])
    factories.make_subscription(
        desk=desk, location_policy=factories.make_location_policy(name="Subscribed")
    )
    for name, site in (("Watched", ny1), ("Unwatched", la1)):
        factories.make_site_policy(
            site=site, location_policy=factories.make_location_policy(name=name)
        )

    assert codes() == [("NOT003", "Silent"), ("NOT003", "Unwatched")]


def test_check_is_content_when_a_desk_watches_all_sites(stranger: User) -> None:
    factories.make_desk(members=[stranger])
    factories.make_location_policy()

    assert codes() == []


def test_check_tells_of_channels_in_trouble(stranger: User) -> None:
    desk = factories.make_desk(members=[stranger])
    factories.make_channel(desk=desk, address="a@example.com", last_error="550 no such user")
    factories.make_channel(desk=desk, address="b@example.com")
    factories.make_channel(desk=desk, transport="webhook", address="https://e.example/")
    factories.make_channel(
        desk=desk, transport="webhook", address="https://f.example/", secret="s3cret"
    )
    factories.make_channel(desk=desk, address="c@example.com", last_error="x", is_enabled=False)

    assert codes() == [
        ("NOT004", "E-mail a@example.com"),
        ("NOT005", "Web hook https://e.example/"),
    ]


def test_check_tells_of_xmpp_without_an_account(stranger: User, settings: Any) -> None:
    desk = factories.make_desk(members=[stranger])
    factories.make_channel(desk=desk, transport="xmpp", address="a@example.com")

    assert codes() == [("NOT006", "XMPP instant message a@example.com")]
    settings.XMPP_JID = "portal@example.com"
    assert codes() == []
