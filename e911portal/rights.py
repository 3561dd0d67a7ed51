"""Rights on what spans all sites: plan, findings, publications.  One rule for pages and REST.

Findings and differences name elements of every site, so they are for whoever sees every site; to
publish is to answer for every site, so it needs that sight besides its own right.
"""

from typing import Any

from e911portal.core.permissions import holds_everywhere
from locations.models import NetworkSite


def sees_all(user: Any) -> bool:
    """Tell whether ``user`` sees every network site, hence what spans them: findings, plan,
    jobs."""
    return any(holds_everywhere(user, action, NetworkSite) for action in ("view", "change"))


def may_publish(user: Any) -> bool:
    """Tell whether ``user`` may publish and roll back."""
    return sees_all(user) and bool(user.has_perm("core.publish"))
