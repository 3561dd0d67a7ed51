"""URLs of the security desk and of the rows behind it."""

from importlib.util import find_spec

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/calls/<int:pk>/", views.call, name="desk-call"),
    path("desk/calls/<int:pk>/acknowledge/", views.acknowledge, name="acknowledge"),
]
if find_spec("notifications.crud_views"):
    from notifications import crud_views

    urlpatterns += crud_views.urlpatterns
