"""Bare REST framework: (a) lists of 25 and a retrieve, (e) a POST that does one INSERT.

About as many fields as Casework's own answer has, all columns of one table, token sign-in, cursor paging; no access control, no audit, no rules.
"""

from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from appointments import models as calendar
from clients import models as records
from common.ids import uuid7


class ClientColumns(serializers.ModelSerializer[records.Client]):
    class Meta:
        model = records.Client
        fields = [
            "id", "created_at", "updated_at", "record_number", "legal_first_name",
            "legal_last_name", "chosen_name", "greeting_name", "birth_date", "language",
            "languages", "zone", "preferred_channel", "messages_on_unit", "deceased_on",
            "created_by",
        ]  # fmt: skip


class AppointmentColumns(serializers.ModelSerializer[calendar.Appointment]):
    class Meta:
        model = calendar.Appointment
        exclude = ["staff"]


class Newest(CursorPagination):
    page_size = 25
    ordering = ("-created_at", "-id")


class Soonest(CursorPagination):
    page_size = 25
    ordering = ("starts_at", "id")


class Clients(ListAPIView[records.Client]):
    """25 clients."""

    queryset = records.Client.objects.all()
    serializer_class = ClientColumns
    pagination_class = Newest


class Client(RetrieveAPIView[records.Client]):
    """One client."""

    queryset = records.Client.objects.all()
    serializer_class = ClientColumns


class Appointments(ListAPIView[calendar.Appointment]):
    """25 appointments."""

    queryset = calendar.Appointment.objects.all()
    serializer_class = AppointmentColumns
    pagination_class = Soonest


# One statement, under the same constraints and triggers as a booking: who is busy, and until when.
INSERT = """
WITH made AS (
    INSERT INTO appointments_appointment
           (id, created_at, updated_at, facility_id, kind, starts_at, ends_at, room_id, capacity,
            status, cancelled_by, cancel_reason, remark, created_by_id)
    VALUES (%(id)s, now(), now(), %(facility)s, 'individual', %(starts_at)s, %(ends_at)s, %(room)s,
            1, 'booked', '', '', '', %(staff)s)
    RETURNING id
)
INSERT INTO appointments_occupancy
       (id, created_at, updated_at, appointment_id, kind, subject, during, override,
        override_reason)
SELECT busy.id, now(), now(), made.id, busy.kind, busy.subject, %(during)s, FALSE, ''
  FROM made, unnest(%(ids)s::uuid[], %(kinds)s::text[], %(subjects)s::uuid[])
             AS busy (id, kind, subject)
"""


class Slot(serializers.Serializer[Any]):
    facility = serializers.UUIDField()
    room = serializers.UUIDField()
    staff = serializers.UUIDField()
    client = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class Book(APIView):
    """One INSERT: an appointment, and that staff, room and client are busy then."""

    def post(self, request: Request) -> Response:
        slot = Slot(data=request.data)
        slot.is_valid(raise_exception=True)
        given = slot.validated_data
        made = uuid7()
        with connection.cursor() as cursor:
            cursor.execute(
                INSERT,
                {
                    **given,
                    "id": made,
                    "during": DateTimeTZRange(given["starts_at"], given["ends_at"]),
                    "ids": [uuid7() for _ in range(3)],
                    "kinds": ["staff", "room", "client"],
                    "subjects": [given["staff"], given["room"], given["client"]],
                },
            )
        return Response(slot.data | {"id": made}, status=status.HTTP_201_CREATED)
