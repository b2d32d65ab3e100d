"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from clients.api.views import CareTeamViews, ClientViews, ConsentViews, ContactPointViews

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
    path("clients/<uuid:pk>/", ClientViews.as_view(ONE)),
    path(f"{CLIENT}/contact-points/", ContactPointViews.as_view(MANY)),
    path(f"{CLIENT}/care-team/", CareTeamViews.as_view(MANY)),
    path(f"{CLIENT}/primary-counselor/", CareTeamViews.as_view(action("name_primary"))),
    path(f"{POINT}/", ContactPointViews.as_view(ONE)),
    path(f"{POINT}/consents/", ConsentViews.as_view(MANY)),
    path(f"{POINT}/consent-withdrawal/", ConsentViews.as_view(action("withdraw"))),
    path("care-team/<uuid:pk>/departure/", CareTeamViews.as_view(action("depart"))),
]
