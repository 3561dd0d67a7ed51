"""What a person does in the portal, with the real browser."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from e911portal.core import audit
from e911portal.core.models import AuditEvent
from locations.models import ERL, FloorPlanMark, NetworkSite, SeenElement, Subnet, SwitchPort
from routing.models import RouteTrunk
from tests import factories as make
from tests.core.api_cases import make_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LogIn = Callable[[str], None]


def test_subnet_is_corrected_and_saved(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    log_in("admin")
    page.get_by_role("link", name="Subnets", exact=True).click()
    page.get_by_role("link", name="Add subnet").click()
    page.get_by_label("Network").fill("10.1.1.7/24")
    page.get_by_label("Site").select_option("NY1")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".has-errors")).to_contain_text("10.1.1.0")
    assert Subnet.objects.count() == 0

    page.get_by_label("Network").fill("10.1.1.0/24")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", name="10.1.1.0/24")).to_be_visible()
    expect(page.get_by_text("Devices see it once it is published.")).to_be_visible()
    expect(page.get_by_role("link", name="1 unpublished change")).to_be_visible()


def test_list_is_filtered_while_typing_and_sorted_by_its_header(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    for cidr in ("10.1.1.0/24", "10.2.0.0/16", "10.10.0.0/16"):
        make.make_subnet(cidr=cidr, site=new_york)
    log_in("admin")
    page.goto("/locations/subnets/")
    rows = page.locator("#results tbody tr td:first-child")

    expect(rows).to_have_text(["10.1.1.0/24", "10.2.0.0/16", "10.10.0.0/16"])
    page.locator('th[aria-sort="ascending"]').wait_for()
    page.get_by_role("link", name="Network", exact=True).click()
    page.locator('th[aria-sort="descending"]').wait_for()
    expect(rows).to_have_text(["10.10.0.0/16", "10.2.0.0/16", "10.1.1.0/24"])

    page.keyboard.press("/")
    page.keyboard.type("10.1.1.99")
    expect(rows).to_have_text(["10.1.1.0/24"])
    expect(page.locator("#count")).to_have_text("1 found")
    page.wait_for_url("**/?q=10.1.1.99")


def test_choice_among_many_is_found_by_typing(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    address = make.make_address()
    ERL.objects.bulk_create(
        ERL(name=f"Room {number:03}", site=new_york, civic_address=address) for number in range(120)
    )
    log_in("admin")
    page.goto(f"/locations/subnets/add/?site={new_york.pk}")
    page.get_by_label("Network").fill("10.1.1.0/24")

    page.locator("#id_erl-ts-control").press_sequentially("room 117")
    page.locator(".ts-dropdown .option", has_text="Room 117").click()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("link", name="Room 117")).to_be_visible()
    assert Subnet.objects.get().erl.name == "Room 117"


def test_trunks_are_moved_by_keyboard(page: Page, log_in: LogIn, admin: User) -> None:
    trunks = [make.make_trunk(name=name) for name in ("First", "Second", "Third")]
    route = make.make_route(name="E911", trunks=trunks)
    log_in("admin")
    page.goto(f"/routing/voice-routes/{route.pk}/edit/")

    page.locator('[data-prefix="routetrunk"] .inline-row').nth(2).get_by_label("Up").press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", name="E911")).to_be_visible()
    rows = RouteTrunk.objects.order_by("position")
    assert [row.trunk.name for row in rows] == ["First", "Third", "Second"]


def test_trunks_are_moved_by_dragging(page: Page, log_in: LogIn, admin: User) -> None:
    trunks = [make.make_trunk(name=name) for name in ("First", "Second", "Third")]
    route = make.make_route(name="E911", trunks=trunks)
    log_in("admin")
    page.goto(f"/routing/voice-routes/{route.pk}/edit/")
    rows = page.locator('[data-prefix="routetrunk"] .inline-row')

    rows.nth(2).locator(".grip").drag_to(rows.nth(0), target_position={"x": 6, "y": 3})
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", name="E911")).to_be_visible()
    kept = RouteTrunk.objects.order_by("position")
    assert [row.trunk.name for row in kept] == ["Third", "First", "Second"]


def test_site_is_dragged_on_the_map(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    log_in("admin")
    page.goto("/locations/map/")
    page.locator('#map[data-ready="yes"]').wait_for()
    pin = page.locator(".site-pin", has_text="NY1")
    pin.hover(position={"x": 6, "y": 6})  # waits until the mark stands still and is on top
    box = pin.bounding_box()
    assert box is not None

    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] + 40, steps=8)
    page.mouse.up()

    expect(page.locator("#map-status")).to_contain_text("NY1 is at")
    new_york.refresh_from_db()
    assert float(new_york.longitude) < -73.9897
    assert float(new_york.latitude) < 40.7412
    assert AuditEvent.objects.of(new_york).get().actor == admin


def test_erl_is_marked_on_a_floor_plan(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    plan = make_plan(new_york)
    erl = make.make_erl(name="Room 3", site=new_york)
    log_in("admin")
    page.goto(plan.get_absolute_url())

    page.locator("#mark-erl-ts-control").click()
    page.locator(".ts-dropdown .option", has_text="Room 3").click()
    page.locator("#plan-map").click(position={"x": 300, "y": 200})

    expect(page.locator("#plan-status")).to_have_text("Room 3 marked.")
    expect(page.locator(".plan-mark")).to_have_count(1)
    assert FloorPlanMark.objects.get().erl == erl


def test_floor_plan_is_marked_by_keyboard(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    plan = make_plan(new_york)
    make.make_erl(name="Room 3", site=new_york)
    log_in("admin")
    page.goto(plan.get_absolute_url())

    page.locator("#mark-middle").press("Enter")
    expect(page.locator("#plan-status")).to_have_text("Choose first what stands there.")

    page.locator("#mark-erl-ts-control").focus()
    page.keyboard.type("room 3")
    page.locator(".ts-dropdown .option", has_text="Room 3").wait_for()
    page.keyboard.press("Enter")
    page.locator("#mark-middle").press("Enter")

    expect(page.locator("#plan-status")).to_have_text("Room 3 marked.")
    ((x, y),) = FloorPlanMark.objects.get().points
    assert (abs(x - plan.width / 2), abs(y - plan.height / 2)) <= (1, 1)
    page.get_by_role("button", name="Remove the mark of Room 3").press("Enter")
    expect(page.locator(".plan-mark")).to_have_count(0)


def test_theme_is_kept(page: Page, log_in: LogIn, admin: User) -> None:
    log_in("admin")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")

    page.get_by_label("Light or dark").click()
    expect(root).to_have_attribute("data-bs-theme", "dark")

    page.goto("/locations/erls/")
    expect(root).to_have_attribute("data-bs-theme", "dark")


def test_keys_lead_to_the_sites(page: Page, log_in: LogIn, admin: User) -> None:
    log_in("admin")

    page.keyboard.press("g")
    page.keyboard.press("s")

    expect(page.get_by_role("heading", name="Network sites")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("state", [".chip-live", ".chip-none"])
def test_header_has_room_for_both_states_and_the_way_out(
    state: str, width: int, page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    if state == ".chip-live":
        make.make_publication(state="active", number=1234)
    for number in range(12):
        new_york.description = f"Changed {number} times"
        audit.update(new_york, by=admin)
    page.set_viewport_size({"width": width, "height": 900})

    log_in("admin")

    expect(page.locator(".chip-draft")).to_be_visible()
    expect(page.locator(state)).to_be_visible()
    for element in (page.get_by_label("Log out"), page.locator(".who"), page.locator(state)):
        box = element.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_is_wider_than_the_window(
    width: int, page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    make.make_subnet(site=new_york, erl=make.make_erl(site=new_york))
    make.make_call(site=new_york)
    page.set_viewport_size({"width": width, "height": 900})
    log_in("admin")
    paths = [
        "/",
        new_york.get_absolute_url(),
        "/locations/subnets/",
        "/locations/erls/add/",
        "/locations/map/",
        "/routing/emergency-calls/",
        "/routing/location-policies/add/",
        "/publication/plan/",
        "/publication/schedule/",
        "/import/",
        "/export/",
        "/locations/seen/",
        "/locations/coverage/",
        f"/locations/coverage/{new_york.pk}/",
        "/locations/orphans/",
        "/simulator/",
        "/system/audit-events/",
    ]

    widths = {}
    for path in paths:
        page.goto(path)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")

    assert {path for path, found in widths.items() if found > width} == set()


def test_wide_tables_are_read_on_a_phone_without_moving_them_sideways(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    long = make.make_erl(site=new_york, name="New York 3rd Floor Wireless, east wing")
    make.make_verdict(address=long.civic_address)
    make.make_subnet(site=new_york, erl=long)
    make.make_publication(state="superseded", comment="A comment that says what changed, and why")
    make.make_seen_element(site=new_york, kind="port", key="3c-4a-92-30-ec-00", port="ge-0/0/47")
    told = make.make_notification(call=make.make_call(site=new_york))
    page.set_viewport_size({"width": 390, "height": 900})
    log_in("admin")

    paths = ["/publication/plan/", "/publication/", "/locations/seen/", "/locations/coverage/"]
    for path in (*paths, f"/desk/calls/{told.call_id}/"):
        page.goto(path)
        table = page.locator("table.stack").first
        expect(table).to_be_visible()
        widths = table.evaluate("e => [e.parentNode.scrollWidth, e.parentNode.clientWidth]")
        assert widths[0] <= widths[1], path


GUIDE = Path(__file__).parents[1] / "locations/importers/data/guide.ps1.txt"


def test_guide_is_pasted_planned_applied_and_undone(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    lines = GUIDE.read_text().strip().split("\n\n")
    log_in("admin")
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("Or paste").fill("\n\n".join(lines))
    page.get_by_label("Site of new elements").select_option("NY1")
    page.get_by_role("button", name="Plan").click()

    expect(page.get_by_text("1 error. Correct the text")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Error")).click()
    expect(page.locator(".plan-rows tbody tr")).to_have_count(1)
    expect(page.locator(".plan-rows tbody tr")).to_contain_text("subnet")
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)

    page.get_by_role("link", name="Import", exact=True).first.click()
    page.get_by_label("Or paste").fill("\n\n".join(lines[:2]))
    page.get_by_label("Site of new elements").select_option("NY1")
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_text("elements gain a location")).to_be_visible()
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_text("Undo would take it back")).to_be_visible()
    assert SwitchPort.objects.get().erl.name == "New York Wired"

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("The draft is as it was before")).to_be_visible()
    assert (SwitchPort.objects.count(), ERL.objects.count()) == (0, 0)


def test_element_that_was_seen_is_mapped(
    page: Page, log_in: LogIn, admin: User, new_york: NetworkSite
) -> None:
    make.make_erl(site=new_york, name="3rd floor")
    now = timezone.now()
    SeenElement.objects.create(
        kind="port", key="3c-4a-92-30-ec-00", port="7", site=new_york, count=12,
        first_seen_at=now, last_seen_at=now,
    )  # fmt: skip
    log_in("admin")
    page.get_by_role("link", name="Unmapped but seen", exact=True).first.click()
    page.get_by_role("link", name="Map it").click()
    page.get_by_label("Name").fill("ny-sw-1")
    page.get_by_label("ERL").select_option("3rd floor")
    page.get_by_role("button", name="Map it").click()

    expect(page.get_by_text("ny-sw-1 / 7 is mapped to 3rd floor.")).to_be_visible()
    expect(page.get_by_text("Whatever devices reported is mapped.")).to_be_visible()
