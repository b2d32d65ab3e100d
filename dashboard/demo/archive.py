"""Writing down the appointments of the past months at once, as the services would have left them.

Living through them takes minutes. A test lets the same visit happen both ways and compares all
that it left (`tests/dashboard/test_demo_archive.py`).
"""

import datetime as dt
import random
import uuid
from collections.abc import Iterable

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import (
    Appointment,
    AppointmentStaff,
    Attendance,
    Occupancy,
    Reminder,
    ReminderChange,
)
from appointments.models.calendar import OccupancyKind
from appointments.states import (
    AppointmentKind,
    AppointmentStatus,
    AttendanceStatus,
    Response,
    ResponseSource,
)
from audit.models import AuditEvent, Source
from clients.models import Channel, Client
from dashboard.demo.calendar import ARRIVES_BEFORE, BODIES, NO_SHOW_AFTER, TASK_OUTCOMES
from dashboard.demo.correspondence import Correspondence, Said
from dashboard.demo.diary import GROUP_SIZE, Visit
from dashboard.demo.founding import Places
from dashboard.demo.people import Person
from dashboard.demo.places import SEED
from dashboard.demo.rows import Rows
from messaging.models import Attempt, InboundMessage, Link, Meaning, Message, Receipt
from organization.models import User
from organization.roles import Role
from worklist.models import Priority, Task, TaskKind, TaskState
from worklist.services import ONE_WORKING_DAY

TABLES = (
    Appointment, AppointmentStaff, Attendance, Occupancy, Message, Reminder, ReminderChange,
    Attempt, Link, Receipt, InboundMessage, Task, AuditEvent,
)  # fmt: skip
CONFIRMS, ASKS = 0.45, 0.06
TASK_TAKES = dt.timedelta(hours=20)
MINUTE = dt.timedelta(minutes=1)


class Archive:
    """What the visits of the past left, row by row."""

    def __init__(self, places: Places, clients: dict[int, Client]) -> None:
        self.places = places
        self.clients = clients
        self.rows = Rows(TABLES)
        self.correspondence = Correspondence(places, clients, self.rows)

    def write(self) -> None:
        """Put all of it into the database."""
        self.rows.write()

    def add(self, visit: Visit) -> None:
        """Have this visit been booked and kept, missed or cancelled."""
        booker = self._booker(visit)
        ended_at = visit.cancelled.at if visit.cancelled else self._last_outcome_at(visit)
        cancelled = visit.cancelled
        appointment = Appointment(
            created_at=visit.booked_at, updated_at=ended_at,
            facility=self.places.facilities[visit.site.key], kind=visit.kind,
            starts_at=visit.start, ends_at=visit.end, created_by=booker,
            room=self.places.rooms[visit.site.key, visit.room] if visit.room else None,
            capacity=GROUP_SIZE if visit.kind == AppointmentKind.GROUP else 1,
            status=AppointmentStatus.CANCELLED if cancelled else AppointmentStatus.COMPLETED,
            cancelled_by=cancelled.by_whom if cancelled else "",
            cancel_reason=cancelled.reason if cancelled else "",
        )  # fmt: skip
        staff = self.places.staff[visit.staff]
        clients = [self.clients[person.number] for person in visit.people]
        self.rows.add(appointment)
        self.rows.add(
            AppointmentStaff(
                created_at=visit.booked_at, updated_at=visit.booked_at,
                appointment=appointment, user=staff, leads=True,
            )
        )  # fmt: skip
        self._note("appointment.booked", appointment.pk, visit.booked_at, booker, clients)
        if cancelled:
            self._note("appointment.cancelled", appointment.pk, cancelled.at, booker, clients)
        else:
            self._occupy(appointment, visit, staff, clients)
        for person in visit.people:
            self._attend(appointment, visit, person, booker)

    def _booker(self, visit: Visit) -> User:
        able = visit.staff in visit.site.of_role(Role.COUNSELOR)
        return self.places.staff[visit.staff if able else visit.site.of_role(Role.INTAKE)[0]]

    def _last_outcome_at(self, visit: Visit) -> dt.datetime:
        return max(self._outcome_at(visit, person) for person in visit.people)

    def _outcome_at(self, visit: Visit, person: Person) -> dt.datetime:
        missed = visit.outcomes[person.number] == AttendanceStatus.NO_SHOW
        return visit.start + NO_SHOW_AFTER if missed else visit.end

    def _occupy(
        self, appointment: Appointment, visit: Visit, staff: User, clients: Iterable[Client]
    ) -> None:
        busy = [(OccupancyKind.STAFF, staff.pk)]
        busy += [(OccupancyKind.CLIENT, client.pk) for client in clients]
        busy += [(OccupancyKind.ROOM, appointment.room_id)] if appointment.room_id else []
        for kind, subject in busy:
            self.rows.add(
                Occupancy(
                    created_at=visit.booked_at, updated_at=visit.booked_at,
                    appointment=appointment, kind=kind, subject=subject,
                    during=DateTimeTZRange(visit.start, visit.end),
                )
            )  # fmt: skip

    # ── What happened to a person ─────────────────────────────────────────────────────────────

    def _attend(self, appointment: Appointment, visit: Visit, person: Person, booker: User) -> None:
        client, counselor = self.clients[person.number], self.places.staff[person.counselor]
        outcome = visit.outcomes[person.number]
        moment = visit.cancelled.at if visit.cancelled else self._outcome_at(visit, person)
        attendance = Attendance(
            created_at=visit.booked_at, updated_at=moment, appointment=appointment, client=client,
            status=outcome, status_at=moment, status_by=booker if visit.cancelled else counselor,
        )  # fmt: skip
        self.rows.add(attendance)
        said = self.correspondence.remind(attendance, visit, person)
        if visit.cancelled:
            return
        if said:
            self._perhaps_answered(attendance, visit, person, said)
        if outcome == AttendanceStatus.LEFT_EARLY:
            desk = self.places.staff[visit.site.of_role(Role.FRONT_DESK)[0]]
            arrived_at = visit.start - ARRIVES_BEFORE
            self._note("attendance.arrived", attendance.pk, arrived_at, desk, [client])
        self._note(f"attendance.{outcome}", attendance.pk, moment, counselor, [client])
        if outcome == AttendanceStatus.NO_SHOW:
            due_at = moment + ONE_WORKING_DAY
            self._done_task(TaskKind.NO_SHOW_OUTREACH, attendance, moment, due_at, counselor)

    def _perhaps_answered(
        self, attendance: Attendance, visit: Visit, person: Person, said: Said
    ) -> None:
        """Nearly half confirm, a few ask for another time: by text, or on the page behind a link."""
        rng = random.Random(f"{SEED}:answer:{visit.number}:{person.number}")  # noqa: S311
        answered_at, chance = said.at + rng.randint(3, 80) * MINUTE, rng.random()
        if chance > CONFIRMS + ASKS or answered_at >= visit.start:
            return
        meaning = Meaning.CONFIRM if chance < CONFIRMS else Meaning.RESCHEDULE
        by_text = said.message.channel == Channel.SMS
        response = Response.ACCEPTED if meaning == Meaning.CONFIRM else Response.TENTATIVE
        attendance.response = response
        attendance.responded_at = answered_at
        attendance.response_source = ResponseSource.REPLY if by_text else ResponseSource.LINK
        if by_text:
            body = BODIES[meaning][visit.number % 4]
            inbound = self.correspondence.reply(said.message, person, meaning, body, answered_at)
            self._note(f"inbound.{meaning}", inbound.pk, answered_at, None, [attendance.client])
        self._note(f"attendance.{response}", attendance.pk, answered_at, None, [attendance.client])
        if response == Response.TENTATIVE:
            self._done_task(
                TaskKind.RESCHEDULE_REQUEST, attendance, answered_at,
                min(answered_at + ONE_WORKING_DAY, visit.start),
                self.places.staff[person.counselor],
            )  # fmt: skip

    def _done_task(
        self,
        kind: TaskKind,
        attendance: Attendance,
        opened_at: dt.datetime,
        due_at: dt.datetime,
        by: User,
    ) -> None:
        done_at = opened_at + TASK_TAKES
        task = Task(
            created_at=opened_at, updated_at=done_at, kind=kind,
            source=f"attendance:{attendance.pk}", client=attendance.client,
            facility=attendance.appointment.facility, assignee=by, priority=Priority.HIGH,
            due_at=due_at, state=TaskState.DONE, outcome=TASK_OUTCOMES[kind], ended_at=done_at,
            ended_by=by,
        )  # fmt: skip
        self.rows.add(task)
        self._note("task.opened", task.pk, opened_at, None, [attendance.client])
        self._note("task.completed", task.pk, done_at, by, [attendance.client])

    def _note(
        self,
        action: str,
        thing: uuid.UUID,
        at: dt.datetime,
        by: User | None,
        clients: Iterable[Client],
    ) -> None:
        self.rows.add(
            AuditEvent(
                at=at, actor_id=by.pk if by else None, source=Source.SYSTEM, route=action,
                changes=[{"action": action, "id": str(thing)}],
                clients=[client.pk for client in clients],
            )
        )  # fmt: skip
