"""URLs of the security desk and of the rows behind it."""

from django.urls import path

from notifications import crud_views, views

app_name = "notifications"
urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/calls/<int:pk>/", views.call, name="desk-call"),
    path("desk/calls/<int:pk>/acknowledge/", views.acknowledge, name="acknowledge"),
    *crud_views.urlpatterns,
]
