"""Pages of location policies and their assignment to sites."""

from django.db.models import Count

from e911portal.core.crud import CRUDView
from e911portal.core.related import Related
from e911portal.core.rowforms import Inline
from routing import filters, forms, models, tables


class LocationPolicies(CRUDView):
    model, form_class = models.LocationPolicy, forms.PolicyForm
    filterset_class, table_class = filters.PolicyFilter, tables.PolicyTable
    select_related = ("pstn_usage",)
    inlines = (
        Inline(
            models.EmergencyNumber,
            ("dial_string", "masks"),
            "Emergency numbers",
            explanation="What is dialled in an emergency, and other digits that mean the same.",
        ),
    )
    cards = (
        ("Location policy", ("scope", "description", "enhanced_emergency_services_enabled")),
        (
            "The client",
            (
                "location_required", "disclaimer", "use_location_for_e911_only",
                "location_refresh_interval_hours", "unvalidated_addresses",
            ),
        ),
        ("The call", ("pstn_usage", "notification_uris", "conference_uri", "conference_mode")),
    )  # fmt: skip
    related = (
        Related(
            "Emergency numbers",
            lambda policy: policy.emergency_numbers.all(),
            tables.EmergencyNumberTable,
        ),
        Related(
            "Network sites",
            lambda policy: policy.site_assignments.select_related("site"),
            tables.SitePolicyTable,
            exclude=("location_policy",),
            filter="location_policy",
        ),
        Related(
            "Users",
            lambda policy: policy.users.select_related("home_site", "voice_policy"),
            tables.UserTable,
            exclude=("location_policy",),
            filter="location_policy",
        ),
    )

    def rows(self):
        counted = super().rows().prefetch_related("emergency_numbers")
        return counted.annotate(
            site_count=Count("site_assignments", distinct=True),
            user_count=Count("users", distinct=True),
        )


class SitePolicies(CRUDView):
    model, form_class = models.SitePolicy, forms.SitePolicyForm
    filterset_class, table_class = filters.SitePolicyFilter, tables.SitePolicyTable
    select_related = ("site", "location_policy")
