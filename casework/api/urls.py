"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from casework.api.views import EpisodeViews, PhaseViews, TransitionViews

LIST: dict[str, Any] = {"get": "list"}
ONE: dict[str, Any] = {"get": "retrieve"}
MANY: dict[str, Any] = {"get": "list", "post": "create"}


def action(name: str) -> dict[str, Any]:
    """A deed on a thing: always a POST."""
    return {"post": name}


EPISODE = "episodes/<uuid:episode_id>"

urlpatterns = [
    path("episodes/", EpisodeViews.as_view(MANY)),
    path("episodes/<uuid:pk>/", EpisodeViews.as_view(ONE)),
    path("episodes/<uuid:pk>/discharge/", EpisodeViews.as_view(action("discharge"))),
    path("episodes/<uuid:pk>/gates/", EpisodeViews.as_view({"get": "gates"})),
    path(f"{EPISODE}/phases/", PhaseViews.as_view(LIST)),
    path(f"{EPISODE}/transitions/", TransitionViews.as_view(MANY)),
    path(
        f"{EPISODE}/transitions/<uuid:transition_id>/undo/",
        TransitionViews.as_view(action("undo")),
    ),
]
