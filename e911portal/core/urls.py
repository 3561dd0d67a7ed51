"""URLs of access, audit trail and jobs, under ``/system/``."""

from django.urls import path

from e911portal.core.views import access, records

app_name = "core"
urlpatterns = [
    path("tokens/", access.tokens, name="apitoken-list"),
    path("tokens/<int:pk>/revoke/", access.revoke_token, name="apitoken-revoke"),
    path("audit-events/check/", records.check_chain, name="audit-check"),
    path("jobs/<int:pk>/progress/", records.job_progress, name="job-progress"),
    *access.Networks.urls(),
    *access.Keys.urls(),
    *records.Events.urls(),
    *records.Jobs.urls(),
]
