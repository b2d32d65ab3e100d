"""What happens to a client in the demo, each act one or a few calls of services."""

import datetime as dt
from functools import partial
from zoneinfo import ZoneInfo

from casework.models import Episode, Transition
from casework.moves import DischargeReason, NaloxoneOffer, TransitionReason, is_step_up
from casework.services import admit, discharge, move_phase, undo_transition
from clients.models import CareRole, Channel, Client, ConsentMethod, ContactKind
from clients.services import (
    add_contact_point,
    create_client,
    grant_consent,
    join_care_team,
    name_primary_counselor,
    withdraw_consent,
)
from common.clock import now
from dashboard.demo.founding import Places
from dashboard.demo.history import History
from dashboard.demo.people import Consent, Course, Person, Stay
from messaging.services.inbound import handle_inbound, store_inbound
from organization.models import Facility, PhaseKind, User
from organization.roles import Role
from worklist.models import Task, TaskKind
from worklist.services import complete_task

MINUTE = dt.timedelta(minutes=1)
UNDONE_AFTER = 20 * MINUTE
TAKEN_ON_AFTER = dt.timedelta(hours=3)
CONSENT_WITHDRAWN_AGO = dt.timedelta(days=4, hours=1)

NOTES = {
    TransitionReason.RETURN_TO_USE: "Return to use; we agreed on more support for now.",
    TransitionReason.GOALS_MET: "Goals of this phase reached.",
    TransitionReason.PLANNED: "As planned together.",
}
OUT_OF_TOUCH = {DischargeReason.LOST_CONTACT, DischargeReason.LEFT_AGAINST_ADVICE}


class Cases:
    """The clients' records and courses of treatment."""

    def __init__(self, places: Places, history: History) -> None:
        self.places = places
        self.history = history
        self.clients: dict[int, Client] = {}
        self.episodes: dict[int, Episode] = {}
        self._inbound = 0

    def staff(self, person: Person, role: Role) -> User:
        """The first of a role at the client's facility."""
        return self.places.staff[person.site.of_role(role)[0]]

    def counselor(self, person: Person) -> User:
        return self.places.staff[person.counselor]

    def facility(self, person: Person) -> Facility:
        return self.places.facilities[person.site.key]

    def schedule(self, person: Person) -> None:
        """Have the whole course of this person happen."""
        at = self.history.at
        at(person.registered_at, lambda: self._register(person))
        for index, course in enumerate(person.courses):
            self._schedule_course(person, course, again=index > 0)
        if person.undone:
            kind, moment = person.undone
            at(moment, lambda: self._slip(person, kind))
            at(moment + UNDONE_AFTER, lambda: self._undo(person))
        if Consent.WITHDRAWN in person.consents.values():
            at(self.history.until - CONSENT_WITHDRAWN_AGO, lambda: self._withdraw(person))

    def _schedule_course(self, person: Person, course: Course, *, again: bool) -> None:
        at = self.history.at
        at(course.admitted_at, lambda: self._admit(person, course, again=again))
        for former, stay in zip(course.stays, course.stays[1:], strict=False):
            at(stay.since, partial(self._move, person, former.kind, stay))
        if course.ended_at:
            at(course.ended_at, lambda: self._discharge(person, course))

    # ── Registering ───────────────────────────────────────────────────────────────────────────

    def _register(self, person: Person) -> None:
        by_intake = person.number % 3 == 0
        by = self.staff(person, Role.INTAKE) if by_intake else self.counselor(person)
        client = create_client(
            facility=self.facility(person), by=by, legal_first_name=person.first,
            legal_last_name=person.last, birth_date=person.birth_date, chosen_name=person.chosen,
            primary_counselor=self.counselor(person), language=person.languages[0],
            languages=list(person.languages), zone=person.zone,
            preferred_channel=person.preferred, messages_on_unit=person.messages_on_unit,
        )  # fmt: skip
        self.clients[person.number] = client
        self._contacts(person, client, by)
        if person.number % 7 == 3:
            colleague = self.staff(person, Role.SUPERVISOR)
            join_care_team(
                client=client, user=colleague, role=CareRole.CASE_MANAGER,
                reason="stands in for the primary counselor", by=by,
            )  # fmt: skip
        self.history.at(now() + TAKEN_ON_AFTER, lambda: self._taken_on(client), replans=False)

    def _contacts(self, person: Person, client: Client, by: User) -> None:
        ways = (
            (ContactKind.PHONE, person.phone, Channel.SMS),
            (ContactKind.EMAIL, person.mail, Channel.EMAIL),
        )
        methods = list(ConsentMethod)
        for kind, value, channel in ways:
            if person.consents[channel] != Consent.NO_POINT:
                point = add_contact_point(
                    client=client, kind=kind, value=value, by=by,
                    safe_to_leave_voicemail=person.number % 5 == 0,
                )  # fmt: skip
                if person.consents[channel] != Consent.MISSING:
                    method = methods[person.number % len(methods)]
                    grant_consent(point=point, method=method, by=by)

    def _taken_on(self, client: Client) -> None:
        open_ones = Task.objects.open().filter(kind=TaskKind.ACCEPT_CLIENT, client=client)
        for task in open_ones.select_related("assignee"):
            if task.assignee:
                complete_task(task=task, outcome="Taken on.", by=task.assignee)

    def _withdraw(self, person: Person) -> None:
        points = self.clients[person.number].contact_points.all()
        for point in points:
            if person.consents[point.channel] == Consent.WITHDRAWN:
                withdraw_consent(point=point, by=self.staff(person, Role.INTAKE))

    # ── The course of treatment ───────────────────────────────────────────────────────────────

    def _admit(self, person: Person, course: Course, *, again: bool) -> None:
        client, intake = self.clients[person.number], self.staff(person, Role.INTAKE)
        if again:
            name_primary_counselor(
                client=client, facility=self.facility(person), by=intake,
                counselor=self.counselor(person),
            )  # fmt: skip
            self.history.at(now() + TAKEN_ON_AFTER, lambda: self._taken_on(client), replans=False)
        self.episodes[person.number] = admit(
            client=client,
            program=self.places.programs[person.site.key, course.stays[0].program],
            referral_source=course.referral,
            by=intake,
        )

    def _move(self, person: Person, leaving: PhaseKind, stay: Stay) -> None:
        forward = (TransitionReason.PLANNED, TransitionReason.GOALS_MET)[person.number % 2]
        step_up = is_step_up(leaving, stay.kind)
        self._moved(person, stay.program, TransitionReason.RETURN_TO_USE if step_up else forward)

    def _moved(self, person: Person, program: str, reason: TransitionReason) -> Transition:
        return move_phase(
            episode=self.episodes[person.number],
            program=self.places.programs[person.site.key, program],
            reason=reason,
            by=self.counselor(person),
            note=NOTES.get(reason, ""),
        )

    def _slip(self, person: Person, kind: PhaseKind) -> None:
        """A move that was meant for somebody else."""
        name = next(offer.name for offer in person.site.offers if offer.phase == kind)
        self._moved(person, name, TransitionReason.PLANNED)

    def _undo(self, person: Person) -> None:
        latest = self.episodes[person.number].transitions.order_by("-at", "-created_at").first()
        if latest is not None:
            undo_transition(transition=latest, by=self.counselor(person))

    def _discharge(self, person: Person, course: Course) -> None:
        assert course.ended_because is not None
        lost = course.ended_because in OUT_OF_TOUCH
        zone = ZoneInfo(person.site.zone)
        today, first_day = (m.astimezone(zone).date() for m in (now(), course.admitted_at))
        seen_last = max(first_day, today - dt.timedelta(days=2)) if lost else today
        discharge(
            episode=self.episodes[person.number],
            reason=course.ended_because,
            last_contact_on=seen_last,
            naloxone_offered=NaloxoneOffer.NOT_OFFERED if lost else NaloxoneOffer.ACCEPTED,
            follow_up_consent=not lost,
            by=self.counselor(person),
        )

    # ── What clients write ────────────────────────────────────────────────────────────────────

    def receive(self, sender: str, body: str) -> None:
        """A text comes in from a number."""
        self._inbound += 1
        stored = store_inbound(provider_id=f"demo-in-{self._inbound:05d}", sender=sender, body=body)
        handle_inbound(stored.pk)
