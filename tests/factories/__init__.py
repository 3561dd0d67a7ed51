"""One function per model: a valid row with the least that it needs, and every value changeable.

Names are numbered, so two rows never collide; a row that another one needs is made when it is not
given.
"""

from tests.factories.core import (
    make_access_key,
    make_access_network,
    make_job,
    make_publication,
    make_user,
)
from tests.factories.locations import (
    make_access_point,
    make_address,
    make_bssid,
    make_chassis_id,
    make_erl,
    make_fixed_endpoint,
    make_msag_range,
    make_port,
    make_provider,
    make_region,
    make_seen_element,
    make_site,
    make_subnet,
    make_switch,
    make_validation_run,
    make_verdict,
)
from tests.factories.notifications import (
    make_channel,
    make_desk,
    make_notification,
    make_subscription,
)
from tests.factories.routing import (
    make_call,
    make_call_event,
    make_elin,
    make_emergency_number,
    make_location_policy,
    make_normalization_rule,
    make_orbit,
    make_route,
    make_site_policy,
    make_trunk,
    make_usage,
    make_voice_policy,
    make_voice_user,
)
from tests.factories.rows import (
    AT,
)

__all__ = [
    "AT",
    "make_access_key",
    "make_access_network",
    "make_access_point",
    "make_address",
    "make_bssid",
    "make_call",
    "make_call_event",
    "make_channel",
    "make_chassis_id",
    "make_desk",
    "make_elin",
    "make_emergency_number",
    "make_erl",
    "make_fixed_endpoint",
    "make_job",
    "make_location_policy",
    "make_msag_range",
    "make_normalization_rule",
    "make_notification",
    "make_orbit",
    "make_port",
    "make_provider",
    "make_publication",
    "make_region",
    "make_route",
    "make_seen_element",
    "make_site",
    "make_site_policy",
    "make_subnet",
    "make_subscription",
    "make_switch",
    "make_trunk",
    "make_usage",
    "make_user",
    "make_validation_run",
    "make_verdict",
    "make_voice_policy",
    "make_voice_user",
]
