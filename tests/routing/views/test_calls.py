"""The page of an emergency call: everything that was decided, sent and reported."""

from django.contrib.auth.models import User
from django.test import Client

from locations.models import NetworkSite
from tests import factories as make

TARGET = {"id": "ESP", "dst": "sip:192.0.2.1:5060", "from_uri": "sip:+12125550100@example.com"}
DECISION = {
    "targets": [TARGET | {"send_pidf": True}],
    "reasons": ["policy: “NY” of the network site", "subnet 10.1.1.20 in 10.1.1.0/24: New York"],
}


def test_page_tells_the_whole_call(client: Client, ny_admin: User, ny1: NetworkSite) -> None:
    call = make.make_call(
        site=ny1, decision=DECISION, location={"erl": "New York"}, pidf_lo="<presence/>"
    )
    make.make_call_event(call=call, kind="answered", data={"trunk": "ESP"})
    client.force_login(ny_admin)

    page = client.get(call.get_absolute_url()).content.decode()

    told = [
        "answered",
        "trunk ESP",
        "sip:192.0.2.1:5060",
        *DECISION["reasons"],
        "&lt;presence/&gt;",
    ]
    assert [words for words in told if words not in page] == []


def test_call_of_another_site_is_not_there(
    client: Client, ny_admin: User, la1: NetworkSite
) -> None:
    call = make.make_call(site=la1)
    client.force_login(ny_admin)

    assert client.get(call.get_absolute_url()).status_code == 404
