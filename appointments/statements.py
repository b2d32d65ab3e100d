"""What booking and planning write, in SQL: what belongs together in one round trip."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from appointments.models import (
    Appointment,
    AppointmentStaff,
    Attendance,
    Reminder,
)
from appointments.models.calendar import OccupancyKind
from appointments.states import WAITING, AttendanceStatus, Response
from clients.models import Client
from common.clock import now
from common.database import lock_keys, run
from common.ids import uuid7
from messaging.states import PENDING

# An appointment, its staff, and all that it keeps busy. First the facility's policies are held as they
# are, and the turn is taken of all who are busy, in one order, as `lock_subjects` does; then the
# exclusion constraint decides, which looks at what is there by then and not at what was when the
# statement began.
BOOK = """
WITH policies AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(%(policies)s)
), turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(key) FROM unnest(%(keys)s::bigint[]) AS key
     WHERE (SELECT count(*) FROM policies) > 0
), appointment AS (
    INSERT INTO appointments_appointment
           (id, created_at, updated_at, facility_id, kind, starts_at, ends_at, room_id, capacity,
            status, cancelled_by, cancel_reason, moved_from_id, remark, created_by_id)
    VALUES (%(id)s, %(now)s, %(now)s, %(facility)s, %(kind)s, %(starts_at)s, %(ends_at)s, %(room)s,
            %(capacity)s, %(status)s, '', '', %(moved_from)s, %(remark)s, %(created_by)s)
), staffing AS (
    INSERT INTO appointments_appointmentstaff
           (id, created_at, updated_at, appointment_id, user_id, leads)
    SELECT s.id, %(now)s, %(now)s, %(id)s, s.user_id, s.leads
      FROM unnest(%(staffing)s::uuid[], %(staff)s::uuid[], %(leads)s::boolean[])
           AS s (id, user_id, leads)
)
INSERT INTO appointments_occupancy
       (id, created_at, updated_at, appointment_id, kind, subject, during, override,
        override_reason)
SELECT o.id, %(now)s, %(now)s, %(id)s, o.kind, o.subject,
       tstzrange(%(starts_at)s, %(ends_at)s), FALSE, ''
  FROM unnest(%(occupancies)s::uuid[], %(kinds)s::text[], %(subjects)s::uuid[])
       AS o (id, kind, subject)
 WHERE (SELECT count(*) FROM turn) > 0
"""

# Whose reminders are planned: one planning of a client's at a time, and none while somebody books for
# them. It comes before any message: who changes an attendance plans after it, in one transaction.
TAKE_TURNS = """
SELECT pg_advisory_xact_lock(('x' || right(replace(id::text, '-', ''), 16))::bit(64)::bigint), id
  FROM (SELECT DISTINCT client_id AS id FROM appointments_attendance
         WHERE id = ANY(%(attendances)s::uuid[]) ORDER BY client_id) AS whose
"""

# Who attends, and whether their client is to be elsewhere within a day of it. A statement of its own:
# the seats are counted by a trigger, which has to find the appointment.
ATTEND = """
INSERT INTO appointments_attendance
       (id, created_at, updated_at, appointment_id, client_id, status, status_reason, response,
        response_source)
SELECT a.id, %(now)s, %(now)s, %(appointment)s, a.client, %(status)s, '', %(response)s, ''
  FROM unnest(%(ids)s::uuid[], %(clients)s::uuid[]) AS a (id, client)
RETURNING EXISTS (
    SELECT FROM appointments_occupancy o
     WHERE o.subject = client_id AND o.appointment_id <> %(appointment)s
       AND o.during && tstzrange(%(starts_at)s::timestamptz - interval '1 day',
                                 %(starts_at)s::timestamptz + interval '1 day')
       AND NOT o.override
) OR EXISTS (
    SELECT FROM appointments_occupancy o
     WHERE o.subject = client_id AND o.appointment_id <> %(appointment)s AND o.override
)
"""

# What the ledger has of these visits, with the messages that wait about them, which may be held, in the
# order in which everybody holds several; and what else such a message carries. A row may be read as it
# was before a drain let go of its message: then that is not among those that wait, and whoever asked
# takes it for one that is being handed over.
LEDGER = """
WITH waiting AS MATERIALIZED (
    SELECT id, state, armed, send_at, expires_at FROM messaging_message
     WHERE id IN (SELECT message_id FROM appointments_reminder
                   WHERE attendance_id = ANY(%(attendances)s::uuid[]) AND state = ANY(%(waiting)s::text[]))
       AND state = ANY(%(pending)s::text[])
     ORDER BY id {hold}
)
SELECT r.id, r.attendance_id, r.rule_id, r.channel, r.contact_point_id, r.state, r.reason, r.send_at,
       r.message_id, u.retired_at, u."when", u.minutes_before, u.days_before, u.at,
       w.state, w.armed, w.send_at, w.expires_at
  FROM appointments_reminder r
  JOIN appointments_reminderrule u ON u.id = r.rule_id
  LEFT JOIN waiting w ON w.id = r.message_id AND r.state = ANY(%(waiting)s::text[])
 WHERE r.attendance_id = ANY(%(attendances)s::uuid[])
    OR (r.message_id IN (SELECT id FROM waiting) AND r.state = ANY(%(waiting)s::text[]))
 ORDER BY r.id
"""

# The ledger's rows, new ones and changed ones, and the next line of the history of those that came to
# another state.
KEEP = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(changes)s::uuid[], %(attendances)s::uuid[],
                         %(rules)s::uuid[], %(channels)s::text[], %(contact_points)s::uuid[],
                         %(states)s::text[], %(reasons)s::text[], %(send_at)s::timestamptz[],
                         %(messages)s::uuid[], %(told)s::boolean[])
        AS g (id, change, attendance, rule, channel, contact_point, state, reason, send_at, message,
              told)
), kept AS (
    INSERT INTO appointments_reminder
           (id, created_at, updated_at, attendance_id, rule_id, channel, contact_point_id,
            state, reason, send_at, message_id)
    SELECT id, %(now)s, %(now)s, attendance, rule, channel, contact_point, state, reason, send_at,
           message
      FROM given
        ON CONFLICT (id) DO UPDATE
       SET state = EXCLUDED.state, reason = EXCLUDED.reason, send_at = EXCLUDED.send_at,
           message_id = EXCLUDED.message_id, updated_at = EXCLUDED.updated_at
)
INSERT INTO appointments_reminderchange
       (id, created_at, updated_at, reminder_id, state, reason, message_id)
SELECT change, %(now)s, %(now)s, id, state, reason, message FROM given WHERE told
"""

# The reminders in some messages, for whoever is about to say what became of them.
CARRIED = """
SELECT id, message_id, state, reason FROM appointments_reminder
 WHERE message_id = ANY(%(messages)s::uuid[]) AND state <> ALL(%(but)s::text[])
 ORDER BY id
   FOR UPDATE
"""

# What these reminders, which the transaction holds, came to, and the next line of their history.
FOLLOW = """
WITH changed AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(changes)s::uuid[], %(messages)s::uuid[],
                         %(states)s::text[], %(reasons)s::text[])
        AS c (id, change, message, state, reason)
), written AS (
    UPDATE appointments_reminder r
       SET state = c.state, reason = c.reason, updated_at = %(now)s
      FROM changed c WHERE r.id = c.id
)
INSERT INTO appointments_reminderchange
       (id, created_at, updated_at, reminder_id, state, reason, message_id)
SELECT change, %(now)s, %(now)s, id, state, reason, message FROM changed
"""


Busy = tuple[OccupancyKind, uuid.UUID]
"""Of which kind somebody or something is, and who or what."""


def book(
    appointment: Appointment, staffing: Sequence[AppointmentStaff], busy: Sequence[Busy]
) -> None:
    """Write these new rows. Raises `IntegrityError` naming `occupancy_no_overlap`."""
    moment = now()
    appointment.created_at = appointment.updated_at = moment
    values: dict[str, Any] = {
        "now": moment,
        "id": appointment.pk,
        "facility": appointment.facility_id,
        "kind": appointment.kind,
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
        "room": appointment.room_id,
        "capacity": appointment.capacity,
        "status": appointment.status,
        "moved_from": appointment.moved_from_id,
        "remark": appointment.remark,
        "created_by": appointment.created_by_id,
        "staffing": [s.pk for s in staffing],
        "staff": [s.user_id for s in staffing],
        "leads": [s.leads for s in staffing],
        "policies": lock_keys([appointment.facility_id])[0],
        "keys": lock_keys(subject for _, subject in busy),
        "occupancies": [uuid7() for _ in busy],
        "kinds": [kind for kind, _ in busy],
        "subjects": [subject for _, subject in busy],
    }
    run(BOOK, values)
    appointment._state.adding = False  # noqa: SLF001 (as `save` leaves it)


def attend(appointment: Appointment, clients: Sequence[Client]) -> tuple[list[Attendance], bool]:
    """Have these clients expected; and whether none of them has another visit about that time.

    Raises `IntegrityError` naming `attendance_within_capacity`.
    """
    moment = now()
    made = [
        Attendance(appointment=appointment, client=client, created_at=moment, updated_at=moment)
        for client in clients
    ]
    values: dict[str, Any] = {
        "now": moment,
        "appointment": appointment.pk,
        "starts_at": appointment.starts_at,
        "ids": [a.pk for a in made],
        "clients": [a.client_id for a in made],
        "status": AttendanceStatus.EXPECTED,
        "response": Response.NEEDS_ACTION,
    }
    alone = not any(busy for (busy,) in run(ATTEND, values))
    for attendance in made:
        attendance._state.adding = False  # noqa: SLF001 (as `save` leaves it)
    return made, alone


def take_turns(attendance_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Queue up behind whoever plans or books for one of these attendances' clients; the clients."""
    return [client for _, client in run(TAKE_TURNS, {"attendances": list(attendance_ids)})]


def ledger(attendance_ids: Collection[uuid.UUID], *, hold: bool) -> list[tuple[Any, ...]]:
    """The rows of `LEDGER`. `hold`: the messages that wait are locked until the transaction ends."""
    values = {
        "attendances": list(attendance_ids),
        "waiting": list(WAITING),
        "pending": list(PENDING),
    }
    return run(LEDGER.format(hold="FOR UPDATE" if hold else ""), values)


def keep(rows: Sequence[Reminder], moved: Sequence[Reminder] = ()) -> None:
    """Write these rows of the ledger as they are now, made or changed, and their history.

    `moved`: they have another time alone, which is no line in the history.
    """
    every = [*rows, *moved]
    values: dict[str, Any] = {
        "now": now(),
        "ids": [r.pk for r in every],
        "changes": [uuid7() for _ in every],
        "attendances": [r.attendance_id for r in every],
        "rules": [r.rule_id for r in every],
        "channels": [r.channel for r in every],
        "contact_points": [r.contact_point_id for r in every],
        "states": [r.state for r in every],
        "reasons": [r.reason for r in every],
        "send_at": [r.send_at for r in every],
        "messages": [r.message_id for r in every],
        "told": [True] * len(rows) + [False] * len(moved),
    }
    run(KEEP, values)


Came = tuple[uuid.UUID, uuid.UUID, str, str]
"""A reminder, the message that carries it, and what it came to: state and reason."""


def carried_by(message_ids: Collection[uuid.UUID], *, but_in: Collection[str]) -> list[Came]:
    """The reminders in these messages, locked; without those that are in one of these states."""
    found = run(CARRIED, {"messages": list(message_ids), "but": list(but_in)})
    return [(row[0], row[1], row[2], row[3]) for row in found]


def follow(changed: Sequence[Came]) -> None:
    """Write what these came to, and their history."""
    if not changed:
        return
    ids, messages, states, reasons = (list(column) for column in zip(*changed, strict=True))
    values: dict[str, Any] = {
        "now": now(),
        "ids": ids,
        "changes": [uuid7() for _ in changed],
        "messages": messages,
        "states": states,
        "reasons": reasons,
    }
    run(FOLLOW, values)
