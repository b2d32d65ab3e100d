"""Who and what an appointment is shown with: one statement for a whole page, written in SQL.

The ORM's way (a prefetch of staffing, one of attendances, with their sub-selects built anew for each
request) took more than all the rest of a list together.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from appointments.models import Appointment, Attendance
from clients.models import Client
from common.database import among
from organization.models import User
from organization.roles import Capability
from organization.seen import Seen

# `seen` and `cases` are `visible_to`'s own selects: which attendances these are, and of which clients
# the case may be seen, is decided there and nowhere here. Both are cut down to the page first.
PEOPLE = """
WITH seen (id) AS MATERIALIZED (
    SELECT a.id FROM ({seen}) AS a (id)
     WHERE a.id IN (SELECT b.id FROM appointments_attendance b WHERE b.appointment_id {these})
), cases (id) AS MATERIALIZED (
    SELECT c.id FROM ({cases}) AS c (id)
     WHERE c.id IN (SELECT a.client_id FROM seen JOIN appointments_attendance a ON a.id = seen.id)
)
SELECT json_object_agg(p.id, json_build_array(
           CASE WHEN room.id IS NOT NULL
                THEN json_build_object('id', room.id, 'name', room.name) END,
           successor.id,
           ARRAY(SELECT json_build_object(
                            'id', s.user_id, 'full_name',
                            (SELECT u.full_name FROM organization_user u WHERE u.id = s.user_id),
                            'leads', s.leads)
                   FROM appointments_appointmentstaff s
                  WHERE s.appointment_id = p.id
                  ORDER BY s.leads DESC, s.created_at, s.id),
           ARRAY(SELECT json_build_array(
                            json_build_array(c.id, c.record_number, c.legal_first_name,
                                             c.legal_last_name, c.chosen_name),
                            a.id, a.status, a.status_at, a.response, a.responded_at,
                            EXISTS (SELECT 1 FROM cases WHERE cases.id = c.id),
                            (SELECT f.kind
                               FROM casework_episode e
                               JOIN casework_phase f ON f.episode_id = e.id
                              WHERE e.client_id = c.id AND f.ended_at IS NULL AND NOT f.void
                              ORDER BY f.started_at, f.id LIMIT 1),
                            ARRAY(SELECT json_build_array(r.channel, r.state, r.send_at)
                                    FROM appointments_reminder r
                                   WHERE r.attendance_id = a.id
                                   ORDER BY r.send_at, r.created_at, r.id))
                   FROM seen
                   JOIN appointments_attendance a ON a.id = seen.id
                   JOIN clients_client c ON c.id = a.client_id
                  WHERE a.appointment_id = p.id
                  ORDER BY a.created_at, a.id)))
  FROM appointments_appointment p
  LEFT JOIN organization_room room ON room.id = p.room_id
  LEFT JOIN appointments_appointment successor ON successor.moved_from_id = p.id
 WHERE p.id {these}
"""


ATTENDANCES_SEEN = Seen(Attendance.objects.visible_to)
CASES_SEEN = Seen(lambda user: Client.objects.visible_to(user, Capability.VIEW_CASE))


Ready = dict[str, Any]
"""What an answer shows, as it shows it: ids as text, times in UTC."""


class _Named(NamedTuple):
    id: str
    record_number: str
    legal_first_name: str
    legal_last_name: str
    chosen_name: str


class ClientShown(_Named):
    """A client, by the name that staff call them."""

    name: Any = Client.name


class AttendanceShown(NamedTuple):
    """A client in an appointment, as `AttendanceOutput` shows it."""

    client_id: uuid.UUID
    client: Ready
    id: str
    status: str
    status_at: dt.datetime | None
    response: str
    responded_at: dt.datetime | None
    case_seen: bool
    phase_kind: str | None
    reminders_told: list[Ready]


def fetch_people(appointments: Sequence[Appointment], user: User) -> None:
    """Set `shown_room`, `successor_id`, `shown_staffing`, and `visible_attendances`: those that this
    person may see."""
    if not appointments:
        return
    these, page = among([appointment.pk for appointment in appointments])
    seen, in_seen = ATTENDANCES_SEEN.ids(user)
    cases, in_cases = CASES_SEEN.ids(user)
    with connection.cursor() as cursor:
        sql = PEOPLE.format(seen=seen, cases=cases, these=these)
        cursor.execute(sql, [*in_seen, page, *in_cases, page])
        (found,) = cursor.fetchone()
    for row in appointments:
        shown: Any = row
        room, shown.successor_id, staffing, attendances = found[str(row.pk)]
        shown.shown_room, shown.shown_staffing = room, staffing
        shown.visible_attendances = [_attendance(each) for each in attendances]


def moment(written: str | None) -> dt.datetime | None:
    """A time as PostgreSQL writes it in JSON."""
    return dt.datetime.fromisoformat(written) if written else None


def told(reminders: Sequence[Sequence[Any]]) -> list[Ready]:
    """What a list tells of each: channel, state, and when it is due."""
    return [
        {"channel": channel, "state": state, "send_at": moment(send_at)}
        for channel, state, send_at in reminders
    ]


def _attendance(row: Sequence[Any]) -> AttendanceShown:
    """One as `PEOPLE` writes it."""
    client, pk, status, status_at, response, responded_at, case_seen, phase, reminders = row
    named = ClientShown(*client)
    return AttendanceShown(
        uuid.UUID(named.id),
        {"id": named.id, "name": named.name, "record_number": named.record_number},
        pk,
        status,
        moment(status_at),
        response,
        moment(responded_at),
        case_seen,
        phase,
        told(reminders),
    )
