"""Whatever is in a file: it is planned row by row or refused as a whole, and nothing is written."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e911portal import importing
from locations.importers.lync import ADDRESS, CMDLETS
from locations.models import NetworkSite
from tests import factories
from tests.locations.importers.estates import state

pytestmark = pytest.mark.django_db

HEADERS = [
    ",".join(("ChassisID", "PortIDSubType", "PortID", "Description", "Location", *ADDRESS)),
    ",".join(("BSSID", "Description", "Location", "CompanyName", *ADDRESS)),
    ",".join(("Subnet", "Description", "Location", "CompanyName", *ADDRESS)),
    "Identity, Mask, SiteID",
    "BSSID,Description,LocationID",
    "Address,City,NetworkObjectType,NetworkObjectIdentifier",
    "switch_ip,erl_id,port_name",
    "operation;endpoint;mac;erl_id",
    *(",".join(table.headings) for table in importing.TABLES.values() if table.columns),
]
CELLS = st.one_of(
    st.sampled_from(
        ["", "NY1", "sw-1", "Lobby", "7", "911=9911", "10.1.1.0", "10.1.1.0/24", "yes", "=1", "*",
         "00-19-5b-7f-77-0d", "+12125550100", "-73.9", "sip:a@b", "Port", "^9(11)$", "$2", "2001::"]
    ),
    st.text(max_size=12),
)  # fmt: skip
TABLES = st.builds(
    lambda header, rows: "\n".join((header, *(";".join(r) if ";" in header else ",".join(r)
                                              for r in rows))),
    st.sampled_from(HEADERS),
    st.lists(st.lists(CELLS, max_size=18), max_size=5),
)  # fmt: skip
SCRIPTS = st.lists(
    st.builds(
        lambda name, parts: " ".join((name, *parts)),
        st.sampled_from([*CMDLETS, *importing.CMDLETS]),
        st.lists(
            st.builds(lambda name, value: f"-{name} “{value}”",
                      st.sampled_from(["Identity", "Subnet", "BSSID", "ChassisID", "PortID", "Name",
                                       "City", "Usage", "PstnUsages", "PstnGatewayList", "Location",
                                       "EmergencyDialString", "EmergencyDialMask", "NetworkSiteID",
                                       "NotificationUri", "LocationId", "MaskBits"]), CELLS),
            max_size=5,
        ),
    ),
    max_size=4,
).map("\n".join)  # fmt: skip


@given(text=st.one_of(TABLES, SCRIPTS, st.text()), site=st.sampled_from(["", "NY1"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_any_text_is_planned_or_refused(ny1: NetworkSite, text: str, site: str) -> None:
    if not ny1.erls.exists():
        erl = factories.make_erl(name="Lobby", site=ny1, loc="Lobby")
        switch = factories.make_switch(name="sw-1", site=ny1, erl=erl)
        factories.make_port(switch=switch, port_id="7")
    before = state()

    try:
        plan = importing.plan([("x.csv", text.encode("utf-8", "replace"))], site=site)
    except importing.Unreadable:
        return

    assert state() == before
    for row in plan.problems:
        assert row.message
        assert row.line > 0
    if not plan.problems:
        batch = importing.apply(batch=importing.store(plan, by=None), by=None)
        importing.undo(batch=batch, by=None)
        assert state() == before
