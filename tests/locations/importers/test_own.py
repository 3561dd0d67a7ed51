"""Our own CSV: every model, there and back; what is said, kept, cleared and refused."""

import csv
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from e911portal import importing
from locations.importers import own
from locations.importers.tables import join, split
from locations.importers.troubles import harmless, neutral
from locations.models import ERL, ChassisID, NetworkSite, Subnet
from routing.models import RouteTrunk, VoiceRoute
from tests import factories
from tests.locations.importers.estates import applied, contents, planned, state, verdicts

pytestmark = pytest.mark.django_db


def exported() -> dict[str, list[tuple[str, ...]]]:
    """Return every table that is not empty: header and rows."""
    draft = importing.draft()
    found = {}
    for table in importing.TABLES.values():
        rows = list(own.written(draft, table)) if table.columns else []
        if rows:
            found[table.name] = [table.headings, *rows]
    return found


def as_csv(rows: list[tuple[str, ...]]) -> bytes:
    output = io.StringIO()
    csv.writer(output).writerows(rows)
    return output.getvalue().encode()


def as_xlsx(tables: dict[str, list[tuple[str, ...]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


@pytest.fixture
def estate(ny1: NetworkSite, la1: NetworkSite) -> None:
    """One row and more of every model that our files carry, with awkward values."""
    address = factories.make_address(hno="12345", hns="½", a2="New York County", latitude="40.7412",
                                     longitude="-73.9897")  # fmt: skip
    factories.make_address(hno="7", a3="Saint Louis", a1="MO", pod="NW")
    erl = factories.make_erl(name="Lobby; east, “A”", site=ny1, civic_address=address, loc="Lobby",
                             company="Unplug", flr="1", area_sq_ft=4500, psap_text="LOBBY",
                             description="=not a formula")  # fmt: skip
    ny1.default_erl, ny1.latitude, ny1.longitude, ny1.max_erl_area = erl, "40.5", "-73.25", 7000
    ny1.description = "two\nlines"
    ny1.save()
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    factories.make_subnet(site=ny1, cidr="2001:db8:1::/48", excluded=True, description="VPN")
    chassis = ["3c-4a-92-30-ec-00", "10.0.0.1", "a; b"]
    switch = factories.make_switch(name="sw-1", site=ny1, erl=erl, chassis_ids=chassis)
    factories.make_port(switch=switch, port_id="Gi1/0/1", subtype=5, erl=erl, description="Desk")
    factories.make_port(switch=switch, port_id="Gi1/0/1", subtype=7)
    factories.make_access_point(name="ap-1", site=ny1, erl=erl,
                                bssids=["00-19-5b-7f-77-0d", "00-19-5b-7f-78-*"])  # fmt: skip
    factories.make_fixed_endpoint(name="elevator", site=la1, number="+12125550150", erl=erl)
    factories.make_fixed_endpoint(name="desk", site=la1, mac="00-00-00-00-00-09",
                                  sip_uri="sip:desk@example.com", kind="fixed_desk")  # fmt: skip
    factories.make_msag_range(esn="00123", general="ZIP 98765")
    first, second = factories.make_usage(name="E911 (NY)"), factories.make_usage(name="Local; LA")
    provider = factories.make_trunk(name="provider", kind="provider", send_pidf_lo=False)
    gateway = factories.make_trunk(name="gateway", site=la1, last_resort=1)
    factories.make_route(name="E911(NY)", usages=[second, first], trunks=[provider, gateway],
                         suppress_caller_id=True, alternate_caller_id="+12125550199")  # fmt: skip
    voice = factories.make_voice_policy(name="staff", usages=[second, first])
    factories.make_location_policy(name="Global", scope="global")
    tagged = factories.make_location_policy(
        name="NY", numbers={"911": ["9911", "112"], "933": []}, pstn_usage=first,
        notification_uris=["sip:desk@example.com", "sip:+12125550199@example.com;user=phone"],
        location_required="disclaimer", disclaimer="Use your cell phone,\nplease.",
    )  # fmt: skip
    factories.make_site_policy(site=ny1, location_policy=tagged)
    factories.make_voice_user(sip_uri="sip:anna@example.com", home_site=ny1, voice_policy=voice,
                              location_policy=tagged)  # fmt: skip
    factories.make_voice_user(sip_uri="sip:bob@example.com", line_uri=None)
    factories.make_normalization_rule(name="prefix", pattern=r"^9?(911)$", translation="+$1")
    factories.make_orbit(name="park", first="600", last="699")
    factories.make_elin(number="+12125550111", erl=erl, callback_window_min=45)


def test_every_table_is_exported(estate: None) -> None:
    wanted = {table.name for table in importing.TABLES.values() if table.columns}

    assert exported().keys() == wanted


def test_estate_read_into_itself_changes_nothing(estate: None) -> None:
    files = [(f"{name}.csv", as_csv(rows)) for name, rows in exported().items()]

    plan = importing.plan(files)

    assert (plan.problems, {row.verdict.value for row in plan.rows}) == ([], {"unchanged"})
    assert plan.operations == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_estate_goes_into_an_empty_database_and_out_again_the_same(estate: None, form: str) -> None:
    before, expected = exported(), contents()
    files = (
        [(f"{name}.csv", as_csv(rows)) for name, rows in before.items()]
        if form == "csv"
        else [("estate.xlsx", as_xlsx(before))]
    )
    empty()
    assert not any(state().values())

    plan = importing.plan(files)
    assert plan.problems == []
    importing.apply(batch=importing.store(plan, by=None), by=None)

    assert {name: sorted(rows[1:]) for name, rows in exported().items()} == {
        name: sorted(rows[1:]) for name, rows in before.items()
    }
    assert {name: len(rows) for name, rows in contents().items()} == {
        name: len(rows) for name, rows in expected.items()
    }


def empty() -> None:
    """Delete every row that our files carry."""
    NetworkSite.objects.update(default_erl=None)
    for table in reversed(importing.TABLES.values()):
        table.model_class.objects.all().delete()


# ---------------------------------------------------------------- columns


def test_column_that_is_left_out_keeps_its_value_and_an_empty_cell_clears_it(
    ny1: NetworkSite,
) -> None:
    erl = factories.make_erl(name="Lobby", site=ny1)
    subnet = factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl, description="First")

    applied("network,description\n10.1.1.0/24,\n", name="subnets.csv")

    subnet.refresh_from_db()
    assert (subnet.description, subnet.erl) == ("", erl)


def test_site_that_is_given_is_the_one_of_new_rows_without_a_site_column(
    ny1: NetworkSite, la1: NetworkSite
) -> None:
    subnet = factories.make_subnet(site=la1, cidr="10.2.1.0/24")

    text = "network,description\n10.1.1.0/24,new\n10.2.1.0/24,old\n"
    applied(text, name="subnets.csv", site="NY1")

    subnet.refresh_from_db()
    assert (Subnet.objects.get(cidr="10.1.1.0/24").site, subnet.site) == (ny1, la1)


def test_list_of_members_is_complete(ny1: NetworkSite) -> None:
    factories.make_switch(name="sw-1", site=ny1, chassis_ids=["00-00-00-00-00-01", "10.0.0.1"])
    factories.make_switch(name="sw-2", site=ny1, chassis_ids=["00-00-00-00-00-02"])
    text = "name,chassis_ids\nsw-1,00:00:00:00:00:02; 00-00-00-00-00-01\nsw-2,\n"

    plan = planned(text, name="switches.csv")
    importing.apply(batch=importing.store(plan, by=None), by=None)

    assert plan.rows[0].notes == [
        "chassis id “00-00-00-00-00-02”: switch sw-2 → sw-1", "removes chassis id “10.0.0.1”",
    ]  # fmt: skip
    assert dict(ChassisID.objects.values_list("value", "switch__name")) == {
        "00-00-00-00-00-01": "sw-1", "00-00-00-00-00-02": "sw-1",
    }  # fmt: skip


def test_order_of_trunks_is_the_order_of_the_list(db: None) -> None:
    first, second = factories.make_trunk(name="a"), factories.make_trunk(name="b")
    factories.make_route(name="out", trunks=[first, second])

    applied("name,trunks\nout,b; a\n", name="voice_routes.csv")

    assert list(RouteTrunk.objects.order_by("position").values_list("trunk__name", flat=True)) == [
        "b", "a",
    ]  # fmt: skip
    assert VoiceRoute.objects.get().number_pattern == r"^\+911$"


def test_two_rows_swap_a_unique_value(ny1: NetworkSite) -> None:
    factories.make_fixed_endpoint(name="a", site=ny1, number="+12125550101")
    factories.make_fixed_endpoint(name="b", site=ny1, number="+12125550102")

    applied("name,number\na,+12125550102\nb,+12125550101\n", name="fixed_endpoints.csv")

    assert dict(ny1.fixed_endpoints.values_list("name", "number")) == {
        "a": "+12125550102", "b": "+12125550101",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "verdict", "column", "message"),
    [
        ("subnets.csv", "network,site,erl\n10.1.1.0/24,NY1,Roof\n", "error", "erl",
         "There is no ERL “Roof”."),
        ("subnets.csv", "network,erl\n10.1.1.0/24,\n", "error", "site", "A new subnet needs site."),
        ("subnets.csv", "network,site\n10.1.1.7/24,NY1\n", "error", "network",
         "“10.1.1.7/24” is a host address inside a network. The network id is 10.1.1.0/24."),
        ("subnets.csv", "network,site,excluded\n10.1.1.0/24,NY1,maybe\n", "error", "excluded",
         "“maybe” is neither yes nor no."),
        ("sites.csv", "name,latitude,longitude\nNY1,40.5,\n", "error", "longitude",
         "Give both latitude and longitude, or neither."),
        ("sites.csv", "name,latitude,longitude\nNY1,99,0\n", "error", "latitude",
         "Ensure this value is less than or equal to 90."),
        ("sites.csv", "name,default_erl\nNY1,Roof\n", "error", "default_erl",
         "There is no ERL “Roof”."),
        ("regions.csv", "name,description\nWest,=cmd()\n", "error", "description",
         "A text that begins with = + - @ or a control character runs as a formula in a "
         "spreadsheet."),
        ("fixed_endpoints.csv", "name,kind,site\nx,analog,NY1\n", "error", "number",
         "Give a number, a SIP URI or a MAC address to know it by."),
        ("fixed_endpoints.csv", "name,kind,site,number\nx,modem,NY1,+12125550100\n", "error",
         "kind", "Value 'modem' is not a valid choice."),
        ("fixed_endpoints.csv", "name,kind,site,number\nx,analog,NY1,+12125550199\n", "conflict",
         "number", "Another fixed endpoint has this number: “taken”."),
        ("voice_routes.csv", "name,suppress_caller_id\nx,yes\n", "error", "alternate_caller_id",
         "A suppressed caller id needs an alternate caller id, else nobody can call back."),
        ("voice_routes.csv", "name,number_pattern\nx,(a+)+$\n", "error", "number_pattern", None),
        ("location_policies.csv", "name,numbers\nx,911=911\n", "error", "numbers",
         "911 is given twice."),
        ("location_policies.csv", "name,scope\nx,global\n", "conflict", "scope",
         "Another location policy has this scope: “Global”."),
        ("site_policies.csv", "site,location_policy\nNY1,Global\n", "error", "location_policy",
         "Global is not a tagged policy."),
        ("call_park_orbits.csv", "name,first,last\nx,699,600\n", "error", "last",
         "The range must go up, and both ends must have the same number of digits."),
        ("normalization_rules.csv", "name,pattern,translation\nx,^911$,+$1\n", "error",
         "translation", "The translation uses a group that the pattern lacks."),
        ("switches.csv", "name,site,chassis_ids\nx,NY1,00-00-00-00-00-01\n", "add", "", ""),
    ],
)  # fmt: skip
def test_rules_of_the_models_hold_for_files_too(
    ny1: NetworkSite, name: str, text: str, verdict: str, column: str, message: str | None
) -> None:
    factories.make_fixed_endpoint(name="taken", site=ny1, number="+12125550199")
    factories.make_location_policy(name="Global", scope="global")

    row = planned(text, name=name).rows[0]

    assert (row.verdict.value, row.column) == (verdict, column)
    assert message is None or row.message == message


def test_default_erl_may_be_imported_in_the_same_run(ny1: NetworkSite) -> None:
    address = ",".join(
        ("US", "NY", "", "New York", "", "N", "Cedar", "Dr", "", "1", "", "", "", "")
    )
    headings = "name,site,country,a1,a2,a3,a6,prd,rd,sts,pod,hno,hns,pc,pcn,msag_community"

    plan = importing.plan(
        [
            ("sites.csv", b"name,default_erl\nNY1,Lobby\n"),
            ("erls.csv", f"{headings}\nLobby,NY1,{address}\n".encode()),
        ]
    )
    importing.apply(batch=importing.store(plan, by=None), by=None)

    ny1.refresh_from_db()
    assert (verdicts(plan), ny1.default_erl) == (["change", "add"], ERL.objects.get())


def test_default_erl_of_another_site_is_refused(ny1: NetworkSite, la1: NetworkSite) -> None:
    factories.make_erl(name="Grand", site=la1)

    row = planned("name,default_erl\nNY1,Grand\n", name="sites.csv").rows[0]

    assert (row.verdict.value, row.message) == (
        "error", "The default ERL belongs to another site. Choose an ERL of this site.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (
            "x.csv",
            "a,b\n1,2\n",
            "x.csv line 1: the columns a, b are not those of any known dialect. See docs/import.md",
        ),
        (
            "x.csv",
            "name,description\nx,y\n",
            "x.csv line 1: the columns name, description are not those of any known dialect. "
            "Several of our own tables have them: name the file as its table",
        ),
        (
            "x.csv",
            "cidr,site,erl,excluded\n",
            "most like it, does not have cidr and needs network",
        ),
        ("regions.csv", "name,name\nx,y\n", "regions.csv has the column name twice"),
        ("x.csv", "", "x.csv is empty"),
    ],
)
def test_file_of_no_dialect_is_refused(name: str, text: str, why: str) -> None:
    with pytest.raises(importing.Unreadable, match=why):
        planned(text, name=name)


@given(st.lists(st.text(min_size=1).map(str.strip).filter(bool)))
def test_lists_are_read_as_they_were_written(items: list[str]) -> None:
    assert split(join(items)) == items


@given(st.text())
def test_neutral_text_is_harmless_and_comes_back(text: str) -> None:
    written = neutral(text)

    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert harmless(written, "") == text
