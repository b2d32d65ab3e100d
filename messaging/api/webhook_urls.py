"""Below `/webhooks/twilio/`."""

from django.urls import path

from messaging.api import webhooks

urlpatterns = [
    path("status/<uuid:attempt_id>/", webhooks.status),
    path("inbound/", webhooks.inbound),
]
