"""Whatever is committed between any two steps of the engine: nothing goes that was forbidden before
it was armed, and nothing goes twice.

A history is a list of acts (book, move, cancel, arrive, opt out, revoke, discharge, …) and of the
drain's own steps (claim, arm, hand over, record) in any order, each committed before the next. What
may go is worked out anew beside the engine, from the rows as they stand at each arming.
`HISTORIES` says how many are tried (`make faults` tries 2,000).
"""

import datetime as dt
import os
import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appointments.models import Appointment, Attendance, Reminder
from appointments.services.attending import arrive, respond
from appointments.services.booking import cancel_appointment, reschedule
from appointments.services.policies import RuleWish, set_rules
from appointments.services.replanning import replan_due
from appointments.states import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    ReminderState,
    Response,
    ResponseSource,
    RuleChannel,
    RuleWhen,
)
from casework.models import Episode
from casework.moves import DischargeReason, NaloxoneOffer, TransitionReason
from casework.services import discharge, move_phase
from clients.models import Channel, Client, ConsentMethod, ContactConsent
from clients.services import grant_consent, withdraw_consent
from common.clock import now
from common.errors import DomainError
from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.models import Attempt, Message, OptOut
from messaging.purposes import Content
from messaging.services import drain as draining
from messaging.services import optout, outbox, permissions
from messaging.services.optout import lift_opt_out, opt_out
from messaging.services.sweep import sweep
from messaging.states import AttemptState, MessageState
from organization.models import PhaseKind
from tests.examples import undone
from tests.people import House

pytestmark = pytest.mark.django_db

HISTORIES = int(os.environ.get("HISTORIES", "200"))
BEGINS = dt.datetime(2027, 3, 2, 16, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
LIVE = (ReminderState.PLANNED, ReminderState.BUNDLED, ReminderState.SENT)

ACTS = (
    "book", "move", "cancel", "arrive", "confirm", "stop", "start", "revoke", "grant", "discharge",
    "admit", "change_phase", "rescope",
)  # fmt: skip
SENDS = (("claim", 0), ("claim", 1), ("arm", 0), ("arm", 0), ("hand_over", 0), ("record", 0))
STEPS = ("claim", "arm", "hand_over", "record", "sweep", "replan")
RULES = (
    RuleWish(RuleWhen.OFFSET, RuleChannel.PREFERRED, 72 * 60),
    RuleWish(RuleWhen.OFFSET, RuleChannel.PREFERRED, 24 * 60),
    RuleWish(RuleWhen.OFFSET, RuleChannel.EMAIL, 3 * 60),
    RuleWish(RuleWhen.BOOKED_LATE, RuleChannel.SMS),
)
histories = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 3)),
        st.tuples(st.sampled_from(ACTS), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 30)),
    ),
    min_size=4,
    max_size=24,
)


@dataclass
class Provider:
    """Keeps what it was handed; `mood` says what it answers next."""

    accepted: Counter[uuid.UUID] = field(default_factory=Counter)
    mood: int = 0
    at_once = 1

    def send(self, message: Outgoing) -> str:
        if self.mood == 1:
            raise DeliveryError(Fate.TRANSIENT, code="451")
        self.accepted[message.message_id] += 1
        if self.mood == 2:
            raise DeliveryError(Fate.UNKNOWN, code="lost_after_data")
        return f"id-{message.attempt_id}"


class World:
    """Two clients, their visits, and an engine that goes step by step."""

    def __init__(self, house: House, clock: Any) -> None:
        self.house, self.clock, self.provider = house, clock, Provider()
        self.clients = [
            house.client(name="Sam", phone="217 555 0134", email="sam@example.org"),
            house.client(name="Kim", phone="217 555 0135"),
        ]
        self.claimed: deque[tuple[Channel, uuid.UUID, list[uuid.UUID]]] = deque()
        self.armed: deque[tuple[Channel, list[Outgoing]]] = deque()
        self.handed: deque[tuple[Channel, list]] = deque()
        self.forbidden: list[uuid.UUID] = []

    # ── what people do ────────────────────────────────────────────────────────────────────────

    def book(self, number: int) -> None:
        self.house.booked(self.clients[number % 2], now() + (26 + 5 * number) * HOUR)

    def _visit(self, number: int) -> Appointment:
        visits = list(Appointment.objects.order_by("created_at", "pk"))
        return visits[number % len(visits)]

    def move(self, number: int) -> None:
        visit, later = self._visit(number), 7 * HOUR
        reschedule(
            appointment=visit, starts_at=visit.starts_at + later, ends_at=visit.ends_at + later,
            by=self.house.ana,
        )  # fmt: skip

    def cancel(self, number: int) -> None:
        visit = self._visit(number)
        cancel_appointment(
            appointment=visit, by_whom=CancelledBy.CLIENT, reason="", by=self.house.ana
        )

    def arrive(self, number: int) -> None:
        arrive(attendance=self._visit(number).attendances.get(), by=self.house.ana)

    def confirm(self, number: int) -> None:
        attendance = self._visit(number).attendances.get()
        respond(attendance=attendance, response=Response.ACCEPTED, source=ResponseSource.REPLY)

    def _point(self, number: int):
        points = [p for c in self.clients for p in c.contact_points.order_by("kind")]
        return points[number % len(points)]

    def stop(self, number: int) -> None:
        point = self._point(number)
        opt_out(address_index=point.address_index, channel=_channel(point))

    def start(self, number: int) -> None:
        point = self._point(number)
        lift_opt_out(address_index=point.address_index, channel=_channel(point))

    def revoke(self, number: int) -> None:
        withdraw_consent(point=self._point(number), by=self.house.ana)

    def grant(self, number: int) -> None:
        grant_consent(point=self._point(number), method=ConsentMethod.VERBAL, by=self.house.ana)

    def admit(self, number: int) -> None:
        self.house.admitted(Client.objects.get(pk=self.clients[number % 2].pk))

    def discharge(self, number: int) -> None:
        discharge(
            episode=Episode.objects.active().get(client=self.clients[number % 2]),
            reason=DischargeReason.COMPLETED, naloxone_offered=NaloxoneOffer.ACCEPTED,
            last_contact_on=now().date(), follow_up_consent=True, by=self.house.ana,
        )  # fmt: skip

    def change_phase(self, number: int) -> None:
        """To and fro, also on to the unit and off it."""
        kind = (
            PhaseKind.AFTERCARE, PhaseKind.OUTPATIENT, PhaseKind.INPATIENT, PhaseKind.OUTPATIENT,
        )[number]  # fmt: skip
        back = TransitionReason.RETURN_TO_USE if number == 2 else TransitionReason.PLANNED
        move_phase(
            episode=Episode.objects.active().get(client=self.clients[number % 2]),
            program=self.house.programs[kind], reason=back, by=self.house.ana,
        )  # fmt: skip

    def rescope(self, number: int) -> None:
        """The same rules for all, for individual visits, for a phase, for both: other rows of them."""
        scopes = ((), ("individual", ""), ("", "outpatient"), ("individual", "outpatient"))
        narrowed = {scope: RULES for scope in scopes[number : number + 1] if scope}
        set_rules(facility=self.house.elm, rules=RULES, narrowed=narrowed, by=self.house.manager)

    # ── what the engine does ──────────────────────────────────────────────────────────────────

    def wait(self, hours: int) -> None:
        self.clock.shift(hours * HOUR)

    def claim(self, number: int) -> None:
        channel = list(Channel)[number % 2]
        lease, ids = draining.claim(channel)
        self.claimed.append((channel, lease, ids))

    def arm(self, number: int) -> None:
        channel, lease, ids = self.claimed.popleft()
        permitted = {pk for pk in ids if _may_go(pk)}
        outgoing = draining.prepare(ids, lease)
        self.forbidden += [o.message_id for o in outgoing if o.message_id not in permitted]
        self.armed.append((channel, outgoing))

    def hand_over(self, number: int) -> None:
        channel, outgoing = self.armed.popleft()
        self.provider.mood = number
        self.handed.append((channel, draining.hand_over(self.provider, outgoing)))

    def record(self, number: int) -> None:
        draining.settle(*self.handed.popleft())

    def sweep(self, number: int) -> None:
        sweep()

    def replan(self, number: int) -> None:
        replan_due()

    def do(self, act: str, number: int) -> None:
        """What the rules refuse is refused, and what there is nothing of is passed over."""
        try:
            with transaction.atomic():
                getattr(self, act)(number)
        except (DomainError, LookupError, ZeroDivisionError):
            pass
        except (Episode.DoesNotExist, Attendance.DoesNotExist):
            pass

    # ── what has to hold ──────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        assert self.forbidden == []
        assert max(self.provider.accepted.values(), default=0) <= 1
        live = Attempt.objects.exclude(state__in=(AttemptState.DEFERRED, AttemptState.REFUSED))
        assert max(Counter(live.values_list("message", flat=True)).values(), default=0) <= 1
        for reminder in Reminder.objects.exclude(message=None).select_related("message"):
            told = (reminder.state, reminder.message.state)
            assert told not in CONTRADICTIONS, told
        said = Reminder.objects.filter(state__in=(ReminderState.SENT, ReminderState.DONE))
        times = Counter(said.values_list("attendance", "rule__when", "rule__minutes_before"))
        assert max(times.values(), default=0) <= 1


CONTRADICTIONS = {
    (ledger, message)
    for ledger in (ReminderState.PLANNED, ReminderState.BUNDLED)
    for message in MessageState
    if message not in (MessageState.SCHEDULED, MessageState.SENDING)
} | {(ReminderState.DONE, MessageState.SCHEDULED), (ReminderState.SENT, MessageState.SKIPPED)}


def _channel(point) -> Channel:
    return Channel.EMAIL if point.kind == "email" else Channel.SMS


def _may_go(pk: uuid.UUID) -> bool:
    """By the rows as they stand: the address is permitted, and one of its visits is to be."""
    message = Message.objects.get(pk=pk)
    consents = ContactConsent.objects.filter(
        contact_point=message.contact_point, channel=message.channel, withdrawn_at=None
    )
    opted = OptOut.objects.filter(
        address_index=message.address_index, channel=message.channel, until=None
    )
    if not consents.exists() or opted.exists() or message.expires_at <= now():
        return False
    carried = Reminder.objects.filter(message=pk, state__in=LIVE)
    return any(_stands(reminder.attendance) for reminder in carried)


def _stands(attendance: Attendance) -> bool:
    visit = attendance.appointment
    episodes = Episode.objects.filter(client=attendance.client_id)
    left = [e.discharged_at for e in episodes if e.discharged_at]
    gone = (
        not episodes.filter(discharged_at=None).exists()
        and bool(left)
        and max(left) >= attendance.created_at
    )
    return (
        attendance.status == AttendanceStatus.EXPECTED
        and visit.status == AppointmentStatus.BOOKED
        and visit.starts_at > now()
        and not gone
    )


def run(house: House, history: list[tuple[str, int]]) -> World:
    with time_machine.travel(BEGINS, tick=False) as clock:
        world = World(house, clock)
        for act, number in history:
            world.do(act, number)
            world.check()
        for step in ("arm", "hand_over", "record"):
            for _ in range(len(world.claimed) + len(world.armed) + len(world.handed)):
                world.do(step, 0)
                world.check()
    return world


@pytest.fixture
def rules(house):
    house.rules(*RULES)
    return house


@settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
# A message told of two visits, the first of them began, and planning the other took it back.
@example(history=[("book", 2), ("wait", 26), ("claim", 0), ("book", 0)])
# The rules of another policy came into force, and said again what had been said.
@example(
    history=[
        ("rescope", 1), ("replan", 0), ("wait", 3), *SENDS, ("rescope", 0), ("replan", 0), *SENDS,
    ]
)  # fmt: skip
def test_nothing_forbidden_goes_and_nothing_goes_twice_whatever_comes_between(rules, history):
    with undone():
        run(rules, [("book", 0), ("book", 1), *history])


DUE = [("admit", 0), ("book", 0), ("wait", 3)]
FORBIDS = (("cancel", 0), ("move", 0), ("discharge", 0), ("stop", 1), ("revoke", 1))


@pytest.mark.parametrize("act", FORBIDS, ids=lambda act: act[0])
def test_what_is_forbidden_between_claim_and_arming_does_not_go(rules, act):
    with undone():
        sent = run(rules, [*DUE, *SENDS]).provider.accepted
    assert sum(sent.values()) == 1
    with undone():
        between = [*DUE, *SENDS[:2], act, *SENDS[2:]]
        assert not run(rules, between).provider.accepted


@pytest.mark.parametrize("act", FORBIDS, ids=lambda act: act[0])
def test_without_the_last_look_and_without_taking_back_it_would(rules, act, monkeypatch):
    """The negative control: with both guards gone, the look beside the engine sees it."""
    for module in (outbox, optout, permissions):
        monkeypatch.setattr(module, "end_unarmed", lambda messages, **end: [])
    monkeypatch.setattr(
        draining, "verdicts", lambda messages, moment: {m.pk: Content("x", "v") for m in messages}
    )
    monkeypatch.setattr(World, "check", lambda world: None)
    with undone():
        world = run(rules, [*DUE, *SENDS[:2], act, *SENDS[2:]])
    assert len(world.forbidden) == 1
