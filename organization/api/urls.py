"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from organization.api.staff import MembershipViews, StaffViews
from organization.api.views import FacilityViews, MeView, ProgramViews, RoomViews, TokenView

LIST: dict[str, Any] = {"get": "list"}
ONE: dict[str, Any] = {"get": "retrieve"}


def action(name: str) -> dict[str, Any]:
    """A deed on a thing: always a POST."""
    return {"post": name}


PERSON = "staff/<uuid:pk>"

urlpatterns = [
    path("auth/token/", TokenView.as_view()),
    path("me/", MeView.as_view(ONE)),
    path("facilities/", FacilityViews.as_view(LIST)),
    path("facilities/<uuid:pk>/", FacilityViews.as_view(ONE | {"patch": "partial_update"})),
    path("programs/", ProgramViews.as_view(LIST)),
    path("programs/<uuid:pk>/", ProgramViews.as_view(ONE)),
    path("rooms/", RoomViews.as_view(LIST)),
    path("rooms/<uuid:pk>/", RoomViews.as_view(ONE)),
    path("staff/", StaffViews.as_view(LIST | action("create"))),
    path(f"{PERSON}/", StaffViews.as_view(ONE)),
    path(f"{PERSON}/invitation/", StaffViews.as_view(action("invite_again"))),
    path(f"{PERSON}/password-reset/", StaffViews.as_view(action("reset_password"))),
    path(f"{PERSON}/deactivation/", StaffViews.as_view(action("deactivate"))),
    path(f"{PERSON}/reactivation/", StaffViews.as_view(action("reactivate"))),
    path(f"{PERSON}/memberships/", MembershipViews.as_view(action("create"))),
    path("memberships/<uuid:pk>/ending/", MembershipViews.as_view(action("end"))),
]
