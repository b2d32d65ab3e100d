"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from messaging.api.views import (
    InboundView,
    InboundViews,
    MessageView,
    MessageViews,
    OptOutViews,
    ReadingView,
)

LIST: dict[str, Any] = {"get": "list"}
ONE: dict[str, Any] = {"get": "retrieve"}

urlpatterns = [
    path("messages/", MessageViews.as_view(LIST)),
    path("messages/<uuid:pk>/", MessageView.as_view(ONE)),
    path("inbound-messages/", InboundViews.as_view(LIST)),
    path("inbound-messages/<uuid:pk>/", InboundView.as_view(ONE)),
    path("inbound-messages/<uuid:pk>/reading/", ReadingView.as_view({"post": "read"})),
    path("opt-outs/", OptOutViews.as_view(LIST)),
]
