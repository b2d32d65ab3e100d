"""Appointments and what is done with them; attendances, reminders, policies."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.filters import AppointmentFilters
from appointments.api.forms import (
    AttendanceInput,
    BookingInput,
    CancellationInput,
    CompletionInput,
    DetailsInput,
    PolicyInput,
    RescheduleInput,
    ResponseInput,
)
from appointments.api.serializers import (
    AppointmentOutput,
    AttendanceConflict,
    AttendanceOutput,
    BookingConflict,
    PolicyOutput,
    PolicyPreview,
    ReminderOutput,
)
from appointments.models import Appointment, Attendance, Reminder, ReminderPolicy
from appointments.queries import (
    facilities_with_policy,
    fetch_people,
    reminders_of,
    seen_with_reminders,
    tell_reminders,
)
from appointments.services import attending, booking
from appointments.services.policies import preview_rules, set_rules
from appointments.states import AppointmentKind, CancelledBy
from appointments.states import Response as Answer
from clients.queries import notes_read
from common.api.problems import CONTENT_TYPE
from organization.api.base import Listed, Resource, Retrieved
from organization.models import Facility
from organization.roles import Capability

NOT_THEN = {
    (409, CONTENT_TYPE): OpenApiResponse(
        BookingConflict, "`slot_taken` with free times near it, or `client_busy`."
    )
}
NOT_FROM_HERE = {
    (409, CONTENT_TYPE): OpenApiResponse(
        AttendanceConflict, "The attendance can't become that; `allowed` says what it can."
    )
}


class AppointmentViews(Listed, Retrieved):
    """Appointments: your own, those of clients whose calendar you see, and all if you keep it."""

    model = Appointment
    output = AppointmentOutput
    kind = "appointment"
    filterset_class = AppointmentFilters
    ordering = ("starts_at", "id")

    def fill_in(self, rows: Sequence[Any]) -> None:
        fetch_people(rows, self.user)
        read = notes_read(self.user, self._clients(rows))
        for row in rows:
            seen = row.visible_attendances
            row.notes_read = bool(seen) and all(a.case_seen and a.client_id in read for a in seen)

    def _clients(self, rows: Any) -> list[Any]:
        return [a.client_id for row in rows for a in row.visible_attendances]

    def _answer_anew(self, appointment: Appointment) -> Response:
        """As it is now, also where it has just left the person's sight (moved to other staff)."""
        return self.answer(Appointment.objects.get(pk=appointment.pk))

    def _answer_made(self, appointment: Appointment) -> Response:
        """One that this request made: it is as it was made."""
        return self.answer(appointment, code=status.HTTP_201_CREATED)

    @extend_schema(
        request=BookingInput,
        responses={201: AppointmentOutput, **NOT_THEN},
    )
    def create(self, request: Request) -> Response:
        """Book an appointment; its reminders are planned with it."""
        self.user.access.require(Capability.BOOK)
        given = self.parse(BookingInput)
        kind = AppointmentKind(given.pop("kind"))
        booked = booking.book_appointment(kind=kind, by=self.user, **given)
        return self._answer_made(booked)

    @extend_schema(request=DetailsInput, responses={200: AppointmentOutput})
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change room or remark. A change of time or staff is `reschedule`."""
        appointment = self.find()
        given = self.parse(DetailsInput)
        booking.change_details(appointment=appointment, by=self.user, **given)
        return self._answer_anew(appointment)

    @extend_schema(
        request=RescheduleInput,
        responses={201: AppointmentOutput, **NOT_THEN},
    )
    def reschedule(self, request: Request, **kwargs: Any) -> Response:
        """Move to another time or other staff: answers with the new appointment, linked to this."""
        appointment = self.find()
        given = self.parse(RescheduleInput)
        moved = booking.reschedule(appointment=appointment, by=self.user, **given)
        return self._answer_made(moved)

    @extend_schema(request=CancellationInput, responses={200: AppointmentOutput})
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Cancel for everybody; nothing more is sent about it."""
        appointment = self.find()
        given = self.parse(CancellationInput)
        booking.cancel_appointment(
            appointment=appointment,
            by_whom=CancelledBy(given["cancelled_by"]),
            reason=given["reason"],
            by=self.user,
        )
        return self._answer_anew(appointment)

    @extend_schema(request=AttendanceInput, responses={200: AppointmentOutput, **NOT_FROM_HERE})
    def arrive(self, request: Request, **kwargs: Any) -> Response:
        """Record that the client is here."""
        appointment = self.find()
        attendance = self._attendance(appointment, self.parse(AttendanceInput))
        attending.arrive(attendance=attendance, by=self.user)
        return self._answer_anew(appointment)

    @extend_schema(request=CompletionInput, responses={200: AppointmentOutput, **NOT_FROM_HERE})
    def complete(self, request: Request, **kwargs: Any) -> Response:
        """Record that the client attended, or left early."""
        appointment = self.find()
        given = self.parse(CompletionInput)
        attendance = self._attendance(appointment, given)
        attending.complete(attendance=attendance, by=self.user, left_early=given["left_early"])
        return self._answer_anew(appointment)

    @extend_schema(request=AttendanceInput, responses={200: AppointmentOutput, **NOT_FROM_HERE})
    def no_show(self, request: Request, **kwargs: Any) -> Response:
        """Record that the client did not come; reaching out becomes a task."""
        appointment = self.find()
        attendance = self._attendance(appointment, self.parse(AttendanceInput))
        attending.mark_no_show(attendance=attendance, by=self.user)
        return self._answer_anew(appointment)

    def _attendance(self, appointment: Appointment, given: dict[str, Any]) -> Attendance:
        """The attendance named, or the only one; `Missing` if the person may not see it."""
        chosen = given.get("attendance") or attending.only_attendance(appointment)
        seen = Attendance.objects.visible_to(self.user).filter(appointment=appointment)
        found: Attendance = self.find(seen.select_related("appointment", "client"), chosen.pk)
        return found


class OfAppointment(Resource):
    """What belongs to the appointment that the address names, if it exists for this person."""

    def _appointment(self) -> Appointment:
        found: Appointment = self.find(Appointment.objects.visible_to(self.user), self.kwargs["pk"])
        return found


class AttendanceViews(OfAppointment):
    """Who attends, of those whom you may see."""

    model = Attendance
    output = AttendanceOutput
    kind = "attendance"
    client_path = "client_id"
    ordering = ("created_at", "id")

    def hold(self, row: Attendance) -> None:
        """The appointment first, as whoever cancels it or records an outcome does."""
        Appointment.objects.select_for_update(of=("self",)).filter(pk=row.appointment_id).first()
        super().hold(row)

    def fill_in(self, rows: Sequence[Attendance]) -> None:
        tell_reminders(rows)

    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.answer_list(self._seen())

    @extend_schema(request=ResponseInput, responses={200: AttendanceOutput})
    def respond(self, request: Request, **kwargs: Any) -> Response:
        """Record what the client told staff: coming, not coming, or asking for another time."""
        attendance = self.find(self._seen(), self.kwargs["attendance_id"])
        given = self.parse(ResponseInput)
        attending.take_answer(
            attendance=attendance, response=Answer(given["response"]), by=self.user
        )
        return self.answer(self.find(self._seen(), attendance.pk))

    def _seen(self) -> QuerySet[Attendance]:
        return seen_with_reminders(self.user).filter(appointment=self._appointment())


class ReminderViews(OfAppointment):
    """Why was, or wasn't, something sent about this appointment? Every rule has its row."""

    model = Reminder
    output = ReminderOutput
    kind = "reminder"
    client_path = "attendance.client_id"
    ordering = ("created_at", "id")

    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.answer_list(reminders_of(self._appointment(), self.user))


class PolicyViews(Listed, Retrieved):
    """When each facility reminds its clients. One that has set no rules has the default ones."""

    model = Facility
    output = PolicyOutput
    changed_field = "policy_changed_at"
    ordering = ("created_at", "id")

    def get_queryset(self) -> QuerySet[Facility]:
        if getattr(self, "swagger_fake_view", False):
            return Facility.objects.none()
        self.user.access.require(Capability.VIEW_POLICIES)
        latest = ReminderPolicy.objects.filter(facility=OuterRef("pk")).order_by("-updated_at")
        changed_at = Coalesce(Subquery(latest.values("updated_at")[:1]), "created_at")
        return facilities_with_policy(self.user).annotate(policy_changed_at=changed_at)

    def look_up(self, rows: Any, pk: Any) -> Any:
        """By the policy's id; by the facility's while it has none of its own."""
        wanted = self.kwargs["pk"]
        own = ReminderPolicy.objects.filter(kind="", phase="")
        named = Q(Exists(own.filter(facility=OuterRef("pk"), pk=wanted)))
        named |= Q(~Exists(own.filter(facility=OuterRef("pk"))), pk=wanted)
        return self.get_queryset().filter(named).first()

    @extend_schema(request=PolicyInput, responses={200: PolicyOutput})
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Have exactly these rules; what is pending is planned anew, in the background."""
        facility = self.find()
        given = self.parse(PolicyInput)
        set_rules(facility=facility, by=self.user, **given)
        return self.answer(self.find())

    @extend_schema(request=PolicyInput, responses={200: PolicyPreview})
    def preview(self, request: Request, **kwargs: Any) -> Response:
        """What these rules would change of what is pending. Nothing is saved."""
        facility = self.find()
        given = self.parse(PolicyInput)
        found = preview_rules(facility=facility, by=self.user, **given)
        return Response(PolicyPreview(found).data)
