"""Below `/api/v1/`."""

from django.urls import path

from interop.api.parsers import CsvParser
from interop.api.views import ImportViews, RefusedRowViews

urlpatterns = [
    path(
        "imports/",
        ImportViews.as_view({"get": "list", "post": "create"}, parser_classes=[CsvParser]),
    ),
    path("imports/<uuid:pk>/", ImportViews.as_view({"get": "retrieve"})),
    path("imports/<uuid:pk>/cancellation/", ImportViews.as_view({"post": "cancel"})),
    path("imports/<uuid:import_id>/rows/", RefusedRowViews.as_view({"get": "list"})),
]
