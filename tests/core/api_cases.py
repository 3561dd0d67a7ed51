"""One case per REST resource: how to make a row of it, and what to send to add or change one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from e911portal.core import audit
from e911portal.core.models import APIToken, AuditEvent
from locations.models import FloorPlan, FloorPlanMark, NetworkSite
from notifications.models import Acknowledgement
from routing.models import ELINLease
from tests import factories as make

Body = dict[str, Any]


def picture() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (4, 3)).save(content, "PNG")
    return SimpleUploadedFile("plan.png", content.getvalue(), "image/png")


def make_plan(site: NetworkSite, floor: str = "1") -> FloorPlan:
    return FloorPlan.objects.create(site=site, floor=floor, image=picture())


def make_mark(site: NetworkSite) -> FloorPlanMark:
    return FloorPlanMark.objects.create(
        plan=make_plan(site), erl=make.make_erl(site=site), points=[[1.0, 2.0]]
    )


def make_lease(site: NetworkSite) -> ELINLease:
    elin = make.make_elin(erl=make.make_erl(site=site))
    return ELINLease.objects.create(
        elin=elin, caller="sip:anna@example.com", call_ref=f"call at {site}"
    )


def make_acknowledgement(site: NetworkSite) -> Acknowledgement:
    return Acknowledgement.objects.create(call=make.make_call(site=site), name="Bo")


def make_audit_event(site: NetworkSite) -> AuditEvent:
    audit.update(site, by=None)
    site.description = "Changed"
    audit.update(site, by=None)
    return AuditEvent.objects.latest("pk")


def issue_to_somebody(site: NetworkSite) -> APIToken:
    lifetime = timedelta(days=1)
    return APIToken.issue(user=make.make_user(), name="theirs", lifetime=lifetime)[0]


@dataclass(frozen=True)
class Case:
    """A resource: whose its rows are, how to make one at a site, what to POST and to PATCH."""

    rights: str
    row: Callable[[NetworkSite], Any]
    body: Callable[[NetworkSite], Any] | None = None
    change: Body | None = None
    format: str = "json"
    key: str = "pk"


CASES = {
    "network-regions": Case(
        "shared",
        lambda site: make.make_region(name=f"Region of {site}"),
        lambda site: {"name": "APAC"},
        {"description": "x"},
    ),
    "network-sites": Case(
        "site itself",
        lambda site: site,
        lambda site: {"name": "SF1", "region": site.region_id},
        {"description": "x"},
    ),
    "subnets": Case(
        "site",
        lambda site: make.make_subnet(site=site),
        lambda site: {"cidr": "192.0.2.0/24", "site": site.pk},
        {"description": "x"},
    ),
    "switches": Case(
        "site",
        lambda site: make.make_switch(site=site),
        lambda site: {"name": "sw", "site": site.pk, "chassis_ids": ["00195b7f770d"]},
        {"description": "x"},
    ),
    "chassis-ids": Case(
        "site",
        lambda site: make.make_chassis_id(switch=make.make_switch(site=site)),
        lambda site: {"switch": make.make_switch(site=site).pk, "value": "00195b7f770d"},
        {"value": "00-19-5b-00-00-01"},
    ),
    "switch-ports": Case(
        "site",
        lambda site: make.make_port(switch=make.make_switch(site=site)),
        lambda site: {"switch": make.make_switch(site=site).pk, "port_id": "Gi1/0/1"},
        {"description": "x"},
    ),
    "wireless-access-points": Case(
        "site",
        lambda site: make.make_access_point(site=site),
        lambda site: {"name": "ap", "site": site.pk, "bssids": ["00195b7f770d"]},
        {"description": "x"},
    ),
    "bssids": Case(
        "site",
        lambda site: make.make_bssid(access_point=make.make_access_point(site=site)),
        lambda site: {
            "access_point": make.make_access_point(site=site).pk,
            "value": "00-19-5B-7F-77-0*",
        },
        {"value": "00-19-5b-00-00-01"},
    ),
    "fixed-endpoints": Case(
        "site",
        lambda site: make.make_fixed_endpoint(site=site),
        lambda site: {
            "name": "lift",
            "kind": "analog",
            "site": site.pk,
            "number": "+12125550100",
        },
        {"description": "x"},
    ),
    "civic-addresses": Case(
        "shared",
        lambda site: make.make_address(),
        lambda site: {"a1": "NY", "a3": "New York", "hno": "12345", "rd": "Cedar"},
        {"pcn": "x"},
    ),
    "erls": Case(
        "site",
        lambda site: make.make_erl(site=site),
        lambda site: {
            "name": "New York Wired",
            "site": site.pk,
            "civic_address": make.make_address().pk,
        },
        {"description": "x"},
    ),
    "floor-plans": Case(
        "site",
        make_plan,
        lambda site: {"site": site.pk, "floor": "7", "image": picture()},
        {"building": "x"},
        format="multipart",
    ),
    "floor-plan-marks": Case(
        "site",
        make_mark,
        lambda site: {
            "plan": make_plan(site, floor="9").pk,
            "erl": make.make_erl(site=site).pk,
            "points": [[1, 2]],
        },
        {"points": [[3, 4]]},
    ),
    "service-providers": Case(
        "organisation",
        lambda site: make.make_provider(),
        lambda site: {"name": "DASH", "url": "https://provider.example/", "password": "s3cret"},
        {"username": "x"},
    ),
    "msag-ranges": Case(
        "shared",
        lambda site: make.make_msag_range(),
        lambda site: {
            "rd": "CEDAR",
            "low": "1",
            "high": "99",
            "community": "NEW YORK",
            "state": "NY",
        },
        {"esn": "123"},
    ),
    "validation-runs": Case(
        "runs",
        lambda site: make.make_validation_run(),
        lambda site: {
            "provider": make.make_provider().pk,
            "addresses": [make.make_address().pk],
        },
    ),
    "address-verdicts": Case("organisation, read only", lambda site: make.make_verdict()),
    "location-policies": Case(
        "shared",
        lambda site: make.make_location_policy(),
        lambda site: {
            "name": "NY",
            "emergency_numbers": [{"dial_string": "911", "masks": ["9911"]}],
        },
        {"description": "x"},
    ),
    "site-policies": Case(
        "site",
        lambda site: make.make_site_policy(site=site),
        lambda site: {
            "site": site.pk,
            "location_policy": make.make_location_policy().pk,
        },
        {},
    ),
    "pstn-usages": Case(
        "shared",
        lambda site: make.make_usage(),
        lambda site: {"name": "Emergency"},
        {"description": "x"},
    ),
    "trunks": Case(
        "shared by its sites",
        lambda site: make.make_trunk(site=site),
        lambda site: {"name": "ESP", "kind": "provider", "host": "sip.example"},
        {"description": "x"},
    ),
    "voice-routes": Case(
        "shared",
        lambda site: make.make_route(usages=[make.make_usage()], trunks=[make.make_trunk()]),
        lambda site: {"name": "E911(NY)", "trunks": [make.make_trunk().name]},
        {"description": "x"},
    ),
    "voice-policies": Case(
        "shared",
        lambda site: make.make_voice_policy(usages=[make.make_usage()]),
        lambda site: {"name": "All", "usages": [make.make_usage().pk]},
        {"description": "x"},
    ),
    "voice-users": Case(
        "site",
        lambda site: make.make_voice_user(home_site=site),
        lambda site: {"sip_uri": "sip:anna@example.com", "home_site": site.pk},
        {"display_name": "x"},
    ),
    "normalization-rules": Case(
        "shared",
        lambda site: make.make_normalization_rule(),
        lambda site: {"name": "911", "pattern": "^9?(911)$", "translation": "+$1"},
        {"description": "x"},
    ),
    "call-park-orbits": Case(
        "shared",
        lambda site: make.make_orbit(),
        lambda site: {"name": "Lobby", "first": "8000", "last": "8009"},
        {"name": "x"},
    ),
    "elins": Case(
        "site",
        lambda site: make.make_elin(erl=make.make_erl(site=site)),
        lambda site: {"number": "+12125550111", "erl": make.make_erl(site=site).pk},
        {"callback_window_min": 15},
    ),
    "seen-elements": Case("site, read only", lambda site: make.make_seen_element(site=site)),
    "elin-leases": Case("site, read only", make_lease),
    "emergency-calls": Case("site, read only", lambda site: make.make_call(site=site)),
    "call-events": Case(
        "events",
        lambda site: make.make_call_event(call=make.make_call(site=site)),
        lambda site: [],
    ),
    "security-desks": Case(
        "shared by its sites",
        lambda site: make.make_desk(sites=[site]),
        lambda site: {"name": "Lobby", "sites": [site.pk]},
        {"phone": "x"},
    ),
    "channels": Case(
        "shared by its sites",
        lambda site: make.make_channel(desk=make.make_desk(sites=[site])),
        lambda site: {
            "desk": make.make_desk().pk,
            "transport": "email",
            "address": "desk@example.com",
        },
        {"is_enabled": False},
    ),
    "subscriptions": Case(
        "shared by its sites",
        lambda site: make.make_subscription(site=site),
        lambda site: {"desk": make.make_desk().pk, "site": site.pk},
        {},
    ),
    "notifications": Case(
        "site, read only", lambda site: make.make_notification(call=make.make_call(site=site))
    ),
    "acknowledgements": Case("site, read only", make_acknowledgement),
    "publications": Case(
        "organisation, read only", lambda site: make.make_publication(), key="number"
    ),
    "audit-events": Case("organisation, read only", make_audit_event),
    "jobs": Case("organisation, read only", lambda site: make.make_job()),
    "access-networks": Case(
        "organisation",
        lambda site: make.make_access_network(cidr=f"10.{site.pk % 256}.0.0/16"),
        lambda site: {"cidr": "10.0.0.0/8", "role": "edge"},
        {"description": "x"},
    ),
    "access-keys": Case(
        "organisation",
        lambda site: make.make_access_key(key=f"key of {site}"),
        lambda site: {"name": "PBX"},
        {"may_route": True},
    ),
    "api-tokens": Case(
        "own",
        issue_to_somebody,
        lambda site: {"name": "mine"},
    ),
}
