"""Fields that keep one spelling, derive a value, hold a list, or encrypt at rest."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from e911portal.core.fields import opened
from e911portal.core.models import AuditEvent
from locations.models import BSSID, FixedEndpoint, ServiceProvider, SwitchPort
from routing.models import EmergencyNumber, LocationPolicy
from tests import factories

pytestmark = pytest.mark.django_db


def messages(row: Any) -> dict[str, list[str]]:
    """Return what ``full_clean`` says of a row."""
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    return caught.value.message_dict


@pytest.mark.parametrize(
    "spelling",
    ["00-19-5B-7F-77-0D", "00:19:5b:7f:77:0d", "0019.5b7f.770d", "00195B7F770D"],
)
def test_normalised_value_is_stored_in_one_spelling(spelling: str) -> None:
    factories.make_bssid(value=spelling)

    assert BSSID.objects.get().value == "00-19-5b-7f-77-0d"


def test_normalised_value_is_found_by_any_spelling() -> None:
    row = factories.make_bssid(value="00-19-5b-7f-77-0d")

    assert BSSID.objects.get(value="0019.5B7F.770D") == row


def test_normalised_look_up_by_nonsense_finds_nothing() -> None:
    factories.make_bssid()

    assert BSSID.objects.filter(value="not a BSSID").count() == 0


def test_normalised_value_is_normalised_by_bulk_writes_too() -> None:
    access_point = factories.make_access_point()

    BSSID.objects.bulk_create([BSSID(access_point=access_point, value="00:19:5B:7F:77:0*")])

    assert BSSID.objects.get().value == "00-19-5b-7f-77-0*"


def test_normalised_value_is_unique_across_spellings() -> None:
    first = factories.make_bssid(value="00-19-5b-7f-77-0d")

    second = BSSID(access_point=first.access_point, value="00:19:5B:7F:77:0D")

    assert messages(second) == {"value": ["Another access point has this BSSID already."]}


def test_empty_optional_unique_value_is_null() -> None:
    for name in ("one", "two"):
        row = FixedEndpoint(
            name=name,
            kind=FixedEndpoint.Kind.ANALOG,
            site=factories.make_site(),
            number=f"+1212555010{len(name)}" if name == "one" else "+12125550199",
            mac="",
        )
        row.full_clean()
        row.save()

    assert list(FixedEndpoint.objects.values_list("mac", flat=True)) == [None, None]


def test_derived_value_follows_its_source() -> None:
    port = factories.make_port(port_id="Gi1/0/1")
    port.port_id = "Te1/1/4"
    port.save()

    port.refresh_from_db()

    assert (port.port_id, port.port_key) == ("Te1/1/4", "tengigabitethernet1/1/4")


def test_derived_value_is_computed_by_bulk_writes_too() -> None:
    switch = factories.make_switch()

    SwitchPort.objects.bulk_create([SwitchPort(switch=switch, port_id="Gi1/0/1")])

    assert SwitchPort.objects.get().port_key == "gigabitethernet1/0/1"


def test_derived_duplicate_is_refused_with_a_remedy() -> None:
    first = factories.make_port(port_id="Gi1/0/1")

    second = SwitchPort(switch=first.switch, port_id="GigabitEthernet 1/0/1")

    assert list(messages(second).values()) == [
        ["This switch has that port already; Gi1/0/1 and GigabitEthernet1/0/1 are the same."]
    ]


def test_derived_duplicate_is_refused_by_the_database() -> None:
    first = factories.make_port(port_id="Gi1/0/1")

    with pytest.raises(IntegrityError), transaction.atomic():
        SwitchPort.objects.bulk_create([SwitchPort(switch=first.switch, port_id="gi1/0/1")])


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (["9911", " 112 ", "9911"], ["9911", "112"]),
        ("9911\n112", ["9911", "112"]),
        ("9911; 112,8911", ["9911", "112", "8911"]),
        ([], []),
    ],
    ids=["list", "lines", "separators", "empty"],
)
def test_text_list_keeps_each_item_once_in_order(given: Any, stored: list[str]) -> None:
    row = EmergencyNumber(policy=factories.make_location_policy(), masks=given)
    row.full_clean()
    row.save()

    row.refresh_from_db()

    assert row.masks == stored


@pytest.mark.parametrize("given", [["+911"], [911], {"9911": 1}], ids=["plus", "number", "mapping"])
def test_text_list_refuses_what_is_no_list_of_its_items(given: Any) -> None:
    row = EmergencyNumber(policy=factories.make_location_policy(), masks=given)

    assert list(messages(row)) == ["masks"]


def test_encrypted_value_is_not_readable_in_the_database() -> None:
    provider = factories.make_provider(password="open sesame")

    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM locations_serviceprovider")
        stored = cursor.fetchone()[0]
    provider.refresh_from_db()

    assert "sesame" not in stored
    assert provider.password == "open sesame"


def test_encrypted_value_under_another_key_is_refused_only_where_it_is_used(settings: Any) -> None:
    key = settings.FIELD_ENCRYPTION_KEY
    factories.make_provider(password="open sesame")

    settings.FIELD_ENCRYPTION_KEY = "another key"
    provider = ServiceProvider.objects.get()
    provider.name = "renamed"
    provider.full_clean()
    provider.save()

    with pytest.raises(ValidationError) as caught:
        opened(provider.password)
    assert caught.value.messages == [
        "service provider.password was encrypted with another FIELD_ENCRYPTION_KEY. "
        "Restore that key, or enter the secret again."
    ]
    settings.FIELD_ENCRYPTION_KEY = key
    assert opened(ServiceProvider.objects.get(name="renamed").password) == "open sesame"


def test_secret_can_be_entered_again_under_another_key(settings: Any, admin: User) -> None:
    provider = factories.make_provider(password="open sesame")
    settings.FIELD_ENCRYPTION_KEY = "another key"
    client = Client()
    client.force_login(admin)

    page = client.get(f"/locations/service-providers/{provider.pk}/edit/")
    answer = client.patch(
        f"/api/v1/service-providers/{provider.pk}/",
        {"password": "shut sesame"},
        content_type="application/json",
    )

    assert (page.status_code, answer.status_code) == (200, 200)
    assert opened(ServiceProvider.objects.get().password) == "shut sesame"


def test_empty_secret_is_stored_empty() -> None:
    factories.make_provider()

    assert ServiceProvider.objects.filter(password="").count() == 1


def test_conflicting_masks_are_refused_with_the_numbers() -> None:
    policy: LocationPolicy = factories.make_location_policy(numbers={"911": ["9911"]})

    row = EmergencyNumber(policy=policy, dial_string="112", masks=["9911"])

    assert messages(row) == {
        "masks": [
            "9911 belongs to another emergency number of this policy. Remove it here or there."
        ]
    }


def test_masks_that_are_too_long_together_are_counted() -> None:
    policy: LocationPolicy = factories.make_location_policy(numbers={})
    masks = [str(number) for number in range(100_000, 100_015)]

    row = EmergencyNumber(policy=policy, dial_string="911", masks=masks)

    assert messages(row) == {
        "masks": [
            "The masks take 104 characters together, and 100 are allowed. Remove some, or make "
            "them another emergency number's."
        ]
    }


def test_key_is_rotated_without_entering_secrets_again(settings: Any, capsys: Any) -> None:
    provider = factories.make_provider(password="correct horse")
    old, settings.FIELD_ENCRYPTION_KEY = settings.FIELD_ENCRYPTION_KEY, "the new key"
    settings.FIELD_ENCRYPTION_KEYS_OLD = [old]

    provider.refresh_from_db()
    assert provider.password == "correct horse"
    call_command("reencrypt")

    settings.FIELD_ENCRYPTION_KEYS_OLD = []
    provider.refresh_from_db()
    assert provider.password == "correct horse"
    assert capsys.readouterr().out == "1 secret is under the present key.\n"
    event = AuditEvent.objects.get()
    assert (event.action, event.after) == ("locations.serviceprovider.reencrypted", None)


def test_secret_that_no_key_opens_is_named_and_stays(settings: Any, capsys: Any) -> None:
    provider = factories.make_provider(password="correct horse")
    old, settings.FIELD_ENCRYPTION_KEY = settings.FIELD_ENCRYPTION_KEY, "the new key"

    with pytest.raises(SystemExit) as ended:
        call_command("reencrypt")

    assert ended.value.code == 3
    assert "1 are under another one: service provider.password." in capsys.readouterr().out
    settings.FIELD_ENCRYPTION_KEY = old
    provider.refresh_from_db()
    assert provider.password == "correct horse"
