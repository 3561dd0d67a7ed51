"""A little of everything, published, for what is compared with it."""

import pytest

from tests import factories
from tests.publication.history import publish


@pytest.fixture(autouse=True)
def estate(publications, ny1):
    """One element of each kind, mapped to a proven place, and published."""
    address = factories.make_address()
    factories.make_verdict(address=address)
    erl = factories.make_erl(name="A", site=ny1, civic_address=address, loc="A")
    factories.make_erl(name="B", site=ny1, civic_address=address, loc="B")
    switch = factories.make_switch(site=ny1, erl=erl, chassis_ids=["3c-4a-92-30-ec-00"])
    factories.make_port(switch=switch, port_id="Gi1/0/1", erl=erl)
    factories.make_access_point(site=ny1, erl=erl, bssids=["00-19-5b-7f-77-0*"])
    factories.make_subnet(site=ny1, erl=erl, cidr="10.1.1.0/24")
    factories.make_fixed_endpoint(site=ny1, erl=erl, number="+12125550150", mac="00-11-22-33-44-55")
    factories.make_trunk(last_resort=1)
    publish()


@pytest.fixture
def la1(estate):
    """A second site, published without anything in it."""
    site = factories.make_site(name="LA1")
    publish()
    return site
