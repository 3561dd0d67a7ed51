"""What the page tests share: every view of the portal, and filling in a form as a browser does."""

from typing import Any

from django.http import HttpResponse
from django.utils.text import slugify

from e911portal.core.crud import CRUDView
from e911portal.core.views import access, records
from locations.views import floorplans, network, places, validation, wiremap
from notifications import crud_views
from routing.views import calls, numbers, policy, voice

_MODULES = (
    access, records, floorplans, network, places, validation, wiremap, crud_views, calls, numbers,
    policy, voice,
)  # fmt: skip

#: Every CRUD view by the plural name in its URL, which is also its name in REST.
VIEWS: dict[str, type[CRUDView]] = {
    slugify(str(view.model._meta.verbose_name_plural)): view
    for module in _MODULES
    for view in vars(module).values()
    if isinstance(view, type) and issubclass(view, CRUDView) and view is not CRUDView
}


def as_sent(response: HttpResponse, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends for the form on the page: its values, then ``changes``."""
    values: dict[str, Any] = {}
    form = response.context["form"]
    forms = [form]
    for formset in response.context.get("sets") or ():
        forms += [formset.management_form, *formset.forms]
    for each in forms:
        for field in each:
            value = field.value()
            kind = getattr(field.field.widget, "input_type", "")
            if value is None or value is False or value == "" or kind in ("file", "password"):
                continue
            values[field.html_name] = value
    return values | changes
