"""What the tests of the pages share."""

import pytest

from locations.models import Subnet
from tests import factories as make


@pytest.fixture
def subnet(db: None) -> Subnet:
    """A subnet that leads to a proven place, a global policy and a way out: all that 911 needs."""
    erl = make.make_erl(name="New York 1st Floor", area_sq_ft=1000)
    make.make_verdict(address=erl.civic_address)
    usage, trunk = make.make_usage(), make.make_trunk(last_resort=1)
    make.make_route(usages=[usage], trunks=[trunk])
    make.make_location_policy(scope="global", pstn_usage=usage, numbers={"911": []})
    return make.make_subnet(cidr="10.1.1.0/24", site=erl.site, erl=erl)
