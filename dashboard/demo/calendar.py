"""What happens to an appointment in the demo: booked, moved, answered, kept or missed."""

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from functools import partial

from appointments.models import Appointment, Attendance
from appointments.purpose import RESPONSE_OF
from appointments.services.attending import arrive, complete, mark_no_show, respond
from appointments.services.booking import book_appointment, cancel_appointment, reschedule
from appointments.states import AppointmentKind, AttendanceStatus, ResponseSource
from clients.models import Channel
from common.clock import now
from dashboard.demo.acts import MINUTE, Cases
from dashboard.demo.diary import GROUP_SIZE, Cancellation, Visit
from dashboard.demo.history import History
from dashboard.demo.people import Person
from dashboard.demo.places import SEED
from messaging.models import Meaning, Message
from messaging.services.links import answer_by_link
from messaging.statements import Outcome
from messaging.states import ANSWERABLE
from organization.models import User
from organization.roles import Role
from worklist.models import Task, TaskKind
from worklist.services import complete_task

ARRIVES_BEFORE = 6 * MINUTE
NO_SHOW_AFTER = 20 * MINUTE
TASKS_DONE_AFTER = dt.timedelta(hours=18)
EVERY_NTH_STAYS_OPEN = 6

# In turn: some confirm, a few ask for another time or can't come, many don't answer.
ANSWERS = (
    Meaning.CONFIRM, Meaning.CONFIRM, None, Meaning.RESCHEDULE, Meaning.CONFIRM, None,
    Meaning.DECLINE, Meaning.CONFIRM, None,
)  # fmt: skip
EVERY_NTH_TELLS_STAFF = 5
TOLD_STAFF = (Meaning.CONFIRM, Meaning.DECLINE, Meaning.CONFIRM, Meaning.RESCHEDULE)
BODIES = {
    Meaning.CONFIRM: ("1", "1", " 1.", "1"),
    Meaning.RESCHEDULE: ("2", "2 ", "2", "2!"),
}
TASK_OUTCOMES = {
    TaskKind.NO_SHOW_OUTREACH: "Reached by phone; a new time is set.",
    TaskKind.RESCHEDULE_REQUEST: "Called; agreed on the time as it was.",
    TaskKind.CLIENT_DECLINED: "Called; we meet next week instead.",
    TaskKind.READ_REPLY: "Read and answered by phone.",
    TaskKind.CALL_CLIENT: "Called; knows the time.",
    TaskKind.REMINDER_UNDELIVERABLE: "Asked for a new number at the visit.",
}


class Calendar:
    """The appointments, as the services made them from visits."""

    def __init__(self, cases: Cases, history: History) -> None:
        self.cases = cases
        self.history = history
        self.rows: dict[int, Appointment] = {}
        self._turn: dict[uuid.UUID, tuple[Visit, Person]] = {}
        self._answered: set[uuid.UUID] = set()

    def schedule(self, visit: Visit) -> None:
        """Have everything about this visit happen that has happened by the end."""
        at = partial(self.history.at, replans=False)
        at(visit.booked_at, lambda: self._book(visit))
        if visit.moved_at:
            at(visit.moved_at, lambda: self._move(visit))
        if visit.cancelled:
            cancelled = visit.cancelled
            at(cancelled.at, lambda: self._cancel(visit, cancelled))
            return
        for person in visit.people:
            self._schedule_outcome(visit, person)
        if visit.start > self.history.until and visit.number % EVERY_NTH_TELLS_STAFF == 0:
            told_at = visit.booked_at + (self.history.until - visit.booked_at) / 2
            at(told_at, lambda: self._told_staff(visit, visit.people[0]))

    def _schedule_outcome(self, visit: Visit, person: Person) -> None:
        at, outcome = partial(self.history.at, replans=False), visit.outcomes[person.number]
        if outcome == AttendanceStatus.NO_SHOW:
            at(visit.start + NO_SHOW_AFTER, lambda: self._missed(visit, person))
            return
        if self._checked_in(visit, outcome):
            at(visit.start - ARRIVES_BEFORE, lambda: self._arrived(visit, person))
        at(visit.end, lambda: self._ended(visit, person))

    def _checked_in(self, visit: Visit, outcome: AttendanceStatus) -> bool:
        """Whoever left early or is in a session at the end; of others not everybody."""
        if outcome == AttendanceStatus.LEFT_EARLY or visit.number % 4 == 0:
            return True
        remote = visit.kind in (AppointmentKind.PHONE, AppointmentKind.VIDEO)
        return visit.end > self.history.until and not remote

    # ── The appointment ───────────────────────────────────────────────────────────────────────

    def _book(self, visit: Visit) -> None:
        start = visit.first_start or visit.start
        shared = visit.kind == AppointmentKind.GROUP
        clients = [self.cases.clients[person.number] for person in visit.people]
        places = self.cases.places
        row = book_appointment(
            facility=places.facilities[visit.site.key],
            kind=visit.kind,
            starts_at=start,
            ends_at=start + visit.length,
            staff=[places.staff[visit.staff]],
            clients=clients,
            by=self._booker(visit),
            room=places.rooms[visit.site.key, visit.room] if visit.room else None,
            capacity=GROUP_SIZE if shared else None,
        )
        self._has_row(visit, row)

    def _booker(self, visit: Visit) -> User:
        by_desk = visit.number % 3 == 0
        role = Role.FRONT_DESK if by_desk else Role.INTAKE
        able = visit.staff in visit.site.of_role(Role.COUNSELOR) and not by_desk
        return self.cases.places.staff[visit.staff if able else visit.site.of_role(role)[0]]

    def _has_row(self, visit: Visit, row: Appointment) -> None:
        self.rows[visit.number] = row
        people = {self.cases.clients[person.number].pk: person for person in visit.people}
        for pk, client_id in row.attendances.values_list("pk", "client"):
            self._turn[pk] = visit, people[client_id]

    def _move(self, visit: Visit) -> None:
        moved = reschedule(
            appointment=self.rows[visit.number],
            starts_at=visit.start,
            ends_at=visit.end,
            by=self._booker(visit),
        )
        self._has_row(visit, moved)

    def _cancel(self, visit: Visit, cancelled: Cancellation) -> None:
        cancel_appointment(
            appointment=self.rows[visit.number],
            by_whom=cancelled.by_whom,
            reason=cancelled.reason,
            by=self._booker(visit),
        )

    # ── What happened to a person ─────────────────────────────────────────────────────────────

    def _attendance(self, visit: Visit, person: Person) -> Attendance:
        return Attendance.objects.select_related("appointment__facility", "client").get(
            appointment=self.rows[visit.number], client=self.cases.clients[person.number]
        )

    def _arrived(self, visit: Visit, person: Person) -> None:
        arrive(
            attendance=self._attendance(visit, person),
            by=self.cases.staff(person, Role.FRONT_DESK),
        )

    def _ended(self, visit: Visit, person: Person) -> None:
        attendance = self._attendance(visit, person)
        early = visit.outcomes[person.number] == AttendanceStatus.LEFT_EARLY
        complete(
            attendance=attendance,
            by=self.cases.counselor(person),
            left_early=early and attendance.status == AttendanceStatus.ARRIVED,
        )

    def _missed(self, visit: Visit, person: Person) -> None:
        mark_no_show(attendance=self._attendance(visit, person), by=self.cases.counselor(person))

    # ── Answers ───────────────────────────────────────────────────────────────────────────────

    def told(self, accepted: Sequence[Outcome]) -> None:
        """Reminders have gone out: some of those who got one will answer, once, a while later."""
        ids = [outcome.attempt_id for outcome in accepted]
        sent = Message.objects.filter(attempts__in=ids, purpose="reminder")
        for message in sent.select_related("client", "facility").order_by("channel", "pk"):
            if message.about is None or message.about in self._answered:
                continue
            self._answered.add(message.about)
            visit, person = self._turn[message.about]
            meaning = ANSWERS[(visit.number + person.number) % len(ANSWERS)]
            if meaning:
                rng = random.Random(f"{SEED}:answer:{visit.number}:{person.number}")  # noqa: S311
                later = now() + rng.randint(3, 80) * MINUTE
                self.history.at(later, partial(self.answer, message, meaning))

    def _told_staff(self, visit: Visit, person: Person) -> None:
        answer = TOLD_STAFF[visit.number // EVERY_NTH_TELLS_STAFF % len(TOLD_STAFF)]
        self._respond(visit, person, answer)

    def _respond(self, visit: Visit, person: Person, meaning: Meaning) -> None:
        respond(
            attendance=self._attendance(visit, person),
            response=RESPONSE_OF[meaning],
            source=ResponseSource.STAFF,
            by=self.cases.counselor(person),
        )

    def answer(self, message: Message, meaning: Meaning) -> None:
        """By the page behind the link, by text, or told to staff, as the channel allows."""
        visit, person = self._turn[message.about]  # type: ignore[index]  # only reminders come here
        if visit.start <= now():
            return
        if message.channel == Channel.EMAIL:
            answer_by_link(message, meaning)
        elif meaning in BODIES and self._is_clear(message):
            self.cases.receive(person.phone, BODIES[meaning][visit.number % 4])
        else:
            self._respond(visit, person, meaning)

    def _is_clear(self, message: Message) -> bool:
        """Whether a text can be the answer to this message alone."""
        held = Message.objects.filter(
            address_index=message.address_index, channel=message.channel, purpose="reminder",
            state__in=ANSWERABLE, expires_at__gt=now(),
        )  # fmt: skip
        return set(held.values_list("about", flat=True)) == {message.about}

    # ── Tasks ─────────────────────────────────────────────────────────────────────────────────

    def do_tasks(self) -> None:
        """At the end of a day most of what came up the day before is done; a few stay behind."""
        waiting = Task.objects.open().filter(
            kind__in=TASK_OUTCOMES, created_at__lt=now() - TASKS_DONE_AFTER
        )
        ordered = waiting.select_related("assignee", "facility").order_by("created_at", "kind")
        for index, task in enumerate(ordered):
            if task.assignee and index % EVERY_NTH_STAYS_OPEN != EVERY_NTH_STAYS_OPEN - 1:
                complete_task(
                    task=task, outcome=TASK_OUTCOMES[TaskKind(task.kind)], by=task.assignee
                )
