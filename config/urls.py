"""Where everything hangs. Where a URL hangs never decides a floor."""

from django.urls import include, path

from config import views
from messaging.api import email_webhook

handler404 = "config.views.not_found"
handler500 = "config.views.server_error"

urlpatterns = [
    path("health/live", views.live),
    path("health/ready", views.ready),
    path("health/queue", views.queue),
    path("api/v1/", include("config.api")),
    path("webhooks/email/", email_webhook.events),
    path("webhooks/twilio/", include("messaging.api.webhook_urls")),
    path("", include("dashboard.urls")),
]
