"""URLs of the location pages, under ``/locations/``."""

from django.urls import path

from locations.views import (
    coverage,
    floorplans,
    map,
    network,
    orphans,
    places,
    seen,
    seen_together,
    validation,
    wiremap,
)

app_name = "locations"
urlpatterns = [
    path("map/", map.site_map, name="map"),
    path("map/sites.geojson", map.sites_geojson, name="sites-geojson"),
    path("map/sites/<int:pk>/", map.place_site, name="place-site"),
    path("seen/", seen.elements, name="seen"),
    path("seen/map/", seen_together.locate_together, name="seen-together"),
    path("seen/<int:pk>/map/", seen.locate, name="seen-locate"),
    path("seen/<int:pk>/ignore/", seen.ignore, name="seen-ignore"),
    path("coverage/", coverage.coverage, name="coverage"),
    path("coverage/<int:pk>/", coverage.site_coverage, name="site-coverage"),
    path("orphans/", orphans.orphans, name="orphans"),
    path("orphans/<slug:slug>/clean/", orphans.clean, name="orphans-clean"),
    path("floor-plans/<int:pk>/image/", floorplans.image, name="floorplan-image"),
    path("floor-plans/<int:pk>/marks/", floorplans.add_mark, name="add-mark"),
    path("floor-plans/<int:pk>/marks/<int:mark>/", floorplans.change_mark, name="change-mark"),
    path("validate/", validation.validate, name="validate"),
    path("validation-runs/<int:pk>/progress/", validation.run_progress, name="run-progress"),
    path("verdicts/<int:pk>/accept/", validation.accept, name="accept-verdict"),
    path("erls/display/", places.erl_display, name="erl-display"),
    *network.Regions.urls(),
    *network.Sites.urls(),
    *network.Subnets.urls(),
    *wiremap.Switches.urls(),
    *wiremap.Ports.urls(),
    *wiremap.AccessPoints.urls(),
    *wiremap.BSSIDs.urls(),
    *wiremap.Endpoints.urls(),
    *places.ERLs.urls(),
    *places.Addresses.urls(),
    *floorplans.FloorPlans.urls(),
    *validation.Providers.urls(),
    *validation.Ranges.urls(),
    *validation.Runs.urls(),
]
