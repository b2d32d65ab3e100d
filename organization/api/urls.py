"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from organization.api.views import (
    FacilityViews,
    MeView,
    ProgramViews,
    RoomViews,
    StaffViews,
    TokenView,
)

LIST: dict[str, Any] = {"get": "list"}
ONE: dict[str, Any] = {"get": "retrieve"}

urlpatterns = [
    path("auth/token/", TokenView.as_view()),
    path("me/", MeView.as_view(ONE)),
    path("facilities/", FacilityViews.as_view(LIST)),
    path("facilities/<uuid:pk>/", FacilityViews.as_view(ONE)),
    path("programs/", ProgramViews.as_view(LIST)),
    path("programs/<uuid:pk>/", ProgramViews.as_view(ONE)),
    path("rooms/", RoomViews.as_view(LIST)),
    path("rooms/<uuid:pk>/", RoomViews.as_view(ONE)),
    path("staff/", StaffViews.as_view(LIST)),
    path("staff/<uuid:pk>/", StaffViews.as_view(ONE)),
]
