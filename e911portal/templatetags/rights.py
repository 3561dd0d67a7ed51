"""What the person may do on the pages that span the apps, for the navigation."""

from typing import Any

from django import template

from e911portal import rights
from e911portal.core.crud import may_list
from e911portal.views import importing
from locations.models import NetworkSite

register = template.Library()


@register.filter
def may_import(user: Any) -> bool:
    """Tell whether ``user`` may import; asked once per request."""
    if not hasattr(user, "_may_import"):
        user._may_import = importing.may_import(user)
    return bool(user._may_import)


@register.filter
def sees_all(user: Any) -> bool:
    """Tell whether ``user`` sees every network site, hence plans and exports."""
    return rights.sees_all(user)


@register.filter
def works_on_sites(user: Any) -> bool:
    """Tell whether ``user`` may open the list of network sites, hence what is told by site."""
    return may_list(user, NetworkSite)
