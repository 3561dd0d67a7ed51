"""Desks, their channels, and what was sent."""

from typing import Any

from django.contrib.auth.models import User

from locations.models import NetworkSite
from notifications.models import Channel, Notification, SecurityDesk, Subscription
from tests.factories.locations import make_site
from tests.factories.routing import make_call
from tests.factories.rows import AT, number, save


def make_desk(
    *, sites: list[NetworkSite] | None = None, members: list[User] | None = None, **values: Any
) -> SecurityDesk:
    desk = save(SecurityDesk(**{"name": f"desk {number()}", **values}))
    desk.sites.set(sites or [])
    desk.members.set(members or [])
    return desk


def make_channel(**values: Any) -> Channel:
    values["desk"] = values.get("desk") or make_desk()
    return save(
        Channel(
            **{
                "transport": Channel.Transport.EMAIL,
                "address": f"desk-{number()}@example.com",
                **values,
            }
        )
    )


def make_subscription(**values: Any) -> Subscription:
    values["desk"] = values.get("desk") or make_desk()
    if not {"location_policy", "site", "erl"} & values.keys():
        values["site"] = make_site()
    return save(Subscription(**values))


def make_notification(**values: Any) -> Notification:
    values["call"] = values.get("call") or make_call()
    return Notification.objects.create(
        **{
            "transport": "email",
            "address": f"desk-{number()}@example.com",
            "due_at": AT,
            **values,
        }
    )
