"""Pages of regions, sites and subnets."""

from django.db.models import Count

from e911portal.core.crud import CRUDView
from e911portal.core.related import Related
from locations import filters, forms, models, queries, tables


class Regions(CRUDView):
    model, form_class = models.NetworkRegion, forms.RegionForm
    filterset_class, table_class = filters.RegionFilter, tables.RegionTable
    related = (
        Related(
            "Sites",
            lambda region: region.sites.select_related("default_erl"),
            tables.SiteTable,
            exclude=("region",),
            filter="region",
        ),
    )

    def rows(self):
        return super().rows().annotate(site_count=Count("sites"))


class Sites(CRUDView):
    model, form_class = models.NetworkSite, forms.SiteForm
    filterset_class, table_class = filters.SiteFilter, tables.SiteTable
    select_related = ("region", "default_erl")
    detail_template = "locations/site.html"
    related = (
        Related(
            "Subnets",
            lambda site: site.subnets.select_related("erl"),
            tables.SubnetTable,
            exclude=("site",),
            filter="site",
        ),
        Related(
            "ERLs",
            lambda site: with_standing(site.erls),
            tables.ERLTable,
            exclude=("site",),
            filter="site",
        ),
        Related(
            "Switches",
            lambda site: site.switches.select_related("erl").annotate(port_count=Count("ports")),
            tables.SwitchTable,
            exclude=("site", "description"),
            filter="site",
        ),
        Related(
            "Access points",
            lambda site: site.access_points.select_related("erl").annotate(
                bssid_count=Count("bssids")
            ),
            tables.AccessPointTable,
            exclude=("site", "description"),
            filter="site",
        ),
        Related(
            "Fixed endpoints",
            lambda site: site.fixed_endpoints.select_related("erl"),
            tables.EndpointTable,
            exclude=("site",),
            filter="site",
        ),
        Related(
            "Floor plans",
            lambda site: site.floor_plans.select_related("site").annotate(
                mark_count=Count("marks")
            ),
            tables.PlanTable,
            exclude=("site",),
            filter="site",
        ),
    )

    def more_context(self, obj):
        return {"coverage": queries.coverage_of(obj)[0]}


def with_standing(erls):
    """Return ERLs with their address and how it stands, for the table of ERLs."""
    return queries.with_standing(erls).select_related("site", "civic_address")


class Subnets(CRUDView):
    model, form_class = models.Subnet, forms.SubnetForm
    filterset_class, table_class = filters.SubnetFilter, tables.SubnetTable
    select_related = ("site", "erl")
