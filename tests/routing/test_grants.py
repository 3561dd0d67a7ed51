"""What users were granted in two publications."""

import pytest

from e911portal import publishing
from e911portal.core.changes import Effect
from routing import grants
from routing.grants import Grant
from routing.models import VoiceUser
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def users(publications, ny1):
    """Two users with grants of their own, and one without."""
    office = factories.make_voice_policy(name="Office")
    for name in ("ann", "bob"):
        factories.make_voice_user(sip_uri=f"sip:{name}@example.com", voice_policy=office)
    factories.make_voice_user(sip_uri="sip:cid@example.com")


def compare(change):
    """Return what ``grants.compare`` says of the draft before and after ``change()``."""
    with publishing.draft_snapshot() as old:
        change()
        with publishing.draft_snapshot() as new:
            names = dict(new.db.execute("SELECT id, name FROM site"))
            changes, regrants = grants.compare(old, new, old_sites=names, new_sites=names)
            rows = [(row.label, str(row.effect), row.before, row.after) for row in changes.rows]
            return rows, dict(regrants)


def test_users_who_are_granted_something_else_are_counted_together(ny1):
    guests = factories.make_voice_policy(name="Guests")

    rows, regrants = compare(
        lambda: VoiceUser.objects.exclude(voice_policy=None).update(
            voice_policy=guests, home_site=ny1
        )
    )

    said = ("voice policy Office, home site none", "voice policy Guests, home site NY1")
    assert rows == [(f"sip:{name}@example.com", "changes", *said) for name in ("ann", "bob")]
    assert regrants == {(Grant("Office", "", None), Grant("Guests", "", ny1.pk)): 2}


def test_user_who_goes_has_no_grant_left():
    rows, regrants = compare(lambda: VoiceUser.objects.exclude(sip_uri__contains="bob").delete())

    assert rows == [(f"sip:{name}@example.com", "loses", "removed", "") for name in ("ann", "cid")]
    assert regrants == {(Grant("Office", "", None), grants.NOTHING): 1}


def test_user_with_another_name_is_edited_and_granted_the_same():
    rows, regrants = compare(
        lambda: VoiceUser.objects.filter(sip_uri__contains="ann").update(display_name="Ann B.")
    )

    assert (rows, regrants) == ([("sip:ann@example.com", "changes", "edited", "")], {})


def test_new_user_and_first_publication_regrant_nothing():
    rows, regrants = compare(lambda: factories.make_voice_user(sip_uri="sip:dan@example.com"))
    assert (rows, regrants) == ([("sip:dan@example.com", "gains", "", "added")], {})

    with publishing.draft_snapshot() as new:
        changes, regrants = grants.compare(None, new, old_sites={}, new_sites={})
    assert (changes.counts, dict(regrants)) == ({Effect.GAINS: 4}, {})
