"""The whole URL map on one screen."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("e911portal.api")),
    path("admin/", admin.site.urls),
]
