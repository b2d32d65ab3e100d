"""Below `/api/v1/`."""

from typing import Any

from django.urls import path

from appointments.api.templates import BuiltInViews, TemplateVersionViews, TemplateViews
from appointments.api.views import AppointmentViews, AttendanceViews, PolicyViews, ReminderViews


def action(name: str) -> dict[str, Any]:
    """A deed on a thing: always a POST."""
    return {"post": name}


LIST: dict[str, Any] = {"get": "list"}
APPOINTMENTS: dict[str, Any] = {"get": "list", "post": "create"}
APPOINTMENT: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}
POLICY: dict[str, Any] = {"get": "retrieve", "put": "update"}
ONE = "appointments/<uuid:pk>"

urlpatterns = [
    path("appointments/", AppointmentViews.as_view(APPOINTMENTS)),
    path(f"{ONE}/", AppointmentViews.as_view(APPOINTMENT)),
    path(f"{ONE}/reschedule/", AppointmentViews.as_view(action("reschedule"))),
    path(f"{ONE}/cancellation/", AppointmentViews.as_view(action("cancel"))),
    path(f"{ONE}/arrival/", AppointmentViews.as_view(action("arrive"))),
    path(f"{ONE}/completion/", AppointmentViews.as_view(action("complete"))),
    path(f"{ONE}/no-show/", AppointmentViews.as_view(action("no_show"))),
    path(f"{ONE}/attendances/", AttendanceViews.as_view(LIST)),
    path(
        f"{ONE}/attendances/<uuid:attendance_id>/response/",
        AttendanceViews.as_view(action("respond")),
    ),
    path(f"{ONE}/reminders/", ReminderViews.as_view(LIST)),
    path("reminder-policies/", PolicyViews.as_view(LIST)),
    path("reminder-policies/<uuid:pk>/", PolicyViews.as_view(POLICY)),
    path("reminder-policies/<uuid:pk>/preview/", PolicyViews.as_view(action("preview"))),
    path("message-templates/", TemplateViews.as_view({"get": "list", "post": "create"})),
    path("message-templates/built-in/", BuiltInViews.as_view({"get": "built_in"})),
    path("message-templates/preview/", TemplateViews.as_view(action("preview"))),
    path("message-templates/<uuid:pk>/", TemplateViews.as_view({"get": "retrieve"})),
    path("message-templates/<uuid:pk>/versions/", TemplateVersionViews.as_view(LIST)),
    path("message-templates/<uuid:pk>/retirement/", TemplateViews.as_view(action("retire"))),
]
