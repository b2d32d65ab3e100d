"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from clients.api.merging import MergeViews, PossibleDuplicateViews
from clients.api.views import CareTeamViews, ClientViews, ConsentViews, ContactPointViews

LIST: dict[str, Any] = {"get": "list"}
SHOWN: dict[str, Any] = {"get": "retrieve"}
MANY: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}


def action(name: str) -> dict[str, Any]:
    """A deed on a thing: always a POST."""
    return {"post": name}


CLIENT = "clients/<uuid:client_id>"
POINT = "contact-points/<uuid:pk>"

urlpatterns = [
    path("clients/", ClientViews.as_view(MANY)),
    path("clients/searches/", ClientViews.as_view(action("search"))),
    path("clients/duplicates/", PossibleDuplicateViews.as_view(action("check"))),
    path("clients/<uuid:pk>/", ClientViews.as_view(ONE)),
    path(f"{CLIENT}/contact-points/", ContactPointViews.as_view(MANY)),
    path(f"{CLIENT}/care-team/", CareTeamViews.as_view(MANY)),
    path(f"{CLIENT}/primary-counselor/", CareTeamViews.as_view(action("name_primary"))),
    path(f"{CLIENT}/merge/", MergeViews.as_view(action("merge"))),
    path(f"{POINT}/", ContactPointViews.as_view(ONE)),
    path(f"{POINT}/consents/", ConsentViews.as_view(MANY)),
    path(f"{POINT}/consent-withdrawal/", ConsentViews.as_view(action("withdraw"))),
    path("care-team/<uuid:pk>/departure/", CareTeamViews.as_view(action("depart"))),
    path("possible-duplicates/", PossibleDuplicateViews.as_view(LIST)),
    path("possible-duplicates/<uuid:pk>/", PossibleDuplicateViews.as_view(SHOWN)),
    path(
        "possible-duplicates/<uuid:pk>/dismissal/",
        PossibleDuplicateViews.as_view(action("dismiss")),
    ),
    path("merges/", MergeViews.as_view(LIST)),
    path("merges/<uuid:pk>/", MergeViews.as_view(SHOWN)),
    path("merges/<uuid:pk>/undo/", MergeViews.as_view(action("undo"))),
]
