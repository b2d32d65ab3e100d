"""The API, version 1: each app's routes, the schema, and the docs with assets of our own."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    path("", include("organization.api.urls")),
    path("", include("appointments.api.urls")),
    path("", include("messaging.api.urls")),
    path("", include("clients.api.urls")),
    path("", include("casework.api.urls")),
    path("", include("worklist.api.urls")),
    path("", include("interop.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html"),
        name="docs",
    ),
]
