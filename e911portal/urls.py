"""The whole URL map on one screen."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from e911portal.core.logins import Login
from e911portal.core.views.access import ChangePassword
from e911portal.views import (
    exporting,
    health,
    home,
    importing,
    publication,
    schedule,
    search,
    simulator,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", ChangePassword.as_view(), name="password"),
    path("search/", search.search, name="search"),
    path("locations/", include("locations.urls")),
    path("routing/", include("routing.urls")),
    path("", include("notifications.urls")),
    path("import/", importing.imports, name="imports"),
    path("import/<int:pk>/", importing.batch, name="import"),
    path("import/<int:pk>/apply/", importing.apply, name="import-apply"),
    path("import/<int:pk>/undo/", importing.undo, name="import-undo"),
    path("import/jobs/<int:pk>/", importing.job, name="import-job"),
    path("export/", exporting.exports, name="exports"),
    path("export/<int:pk>/", exporting.export, name="export"),
    path("export/<int:pk>/file/", exporting.download, name="export-file"),
    path("publication/plan/", publication.plan, name="plan"),
    path("publication/compare/", publication.compare, name="compare"),
    path("publication/publish/", publication.publish, name="publish"),
    path("publication/jobs/<int:pk>/", publication.publish_job, name="publish-job"),
    path("publication/schedule/", schedule.schedule, name="schedule"),
    path("publication/schedule/<int:pk>/cancel/", schedule.cancel, name="schedule-cancel"),
    path("publication/", publication.publications, name="publications"),
    path("publication/<int:number>/", publication.publication, name="publication"),
    path("publication/<int:number>/rollback/", publication.rollback, name="rollback"),
    path("simulator/", simulator.simulator, name="simulator"),
    path("system/", include("e911portal.core.urls")),
    path("api/v1/", include("e911portal.api")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]

handler400 = "e911portal.views.errors.bad_request"
handler403 = "e911portal.views.errors.forbidden"
handler404 = "e911portal.views.errors.not_found"
handler500 = "e911portal.views.errors.server_error"
