"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from worklist.api.views import TaskViews

LIST: dict[str, Any] = {"get": "list"}
ONE: dict[str, Any] = {"get": "retrieve"}
COMPLETION: dict[str, Any] = {"post": "complete"}

urlpatterns = [
    path("tasks/", TaskViews.as_view(LIST)),
    path("tasks/<uuid:pk>/", TaskViews.as_view(ONE)),
    path("tasks/<uuid:pk>/completion/", TaskViews.as_view(COMPLETION)),
]
