"""The archive leaves what the services leave: the same visit happens both ways, and all that it left
is compared, times included. Whoever changes what a service writes finds here what to write there.
"""

import datetime as dt
from dataclasses import replace

import pytest
from django.db import transaction

from appointments.models import Appointment, Attendance, Occupancy, Reminder
from appointments.states import AppointmentKind, AttendanceStatus, CancelledBy
from audit.models import AuditEvent
from casework.moves import ReferralSource
from clients.models import Channel
from dashboard.demo import archive, calendar
from dashboard.demo.acts import Cases
from dashboard.demo.calendar import NO_SHOW_AFTER
from dashboard.demo.clock import HeldClock, held
from dashboard.demo.diary import Cancellation, Visit
from dashboard.demo.founding import found
from dashboard.demo.history import History, Provider
from dashboard.demo.people import Consent, Course, Stay, cast
from dashboard.demo.places import ELM, HARBOR, OAK
from messaging.models import Attempt, InboundMessage, Link, Meaning, Message, Receipt
from organization.models import PhaseKind
from worklist.models import Task, TaskKind

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 11, 17, 16, tzinfo=dt.UTC)
FOUNDED_AT, BOOKED_AT, UNTIL = START - 40 * DAY, START - 5 * DAY, START + 2 * DAY
A = AttendanceStatus
EVERYWHERE, NOWHERE = (dict.fromkeys(Channel, c) for c in (Consent.GRANTED, Consent.MISSING))


def somebody(site, *, phases=(PhaseKind.OUTPATIENT,), **changes):
    """A client for a month, the last three weeks in the last of the phases, reachable both ways."""
    names = [next(offer.name for offer in site.offers if offer.phase == kind) for kind in phases]
    stays = [
        Stay(kind, START - (30 - 9 * index) * DAY, name)
        for index, (kind, name) in enumerate(zip(phases, names, strict=True))
    ]
    known = next(p for p in cast(UNTIL, 61) if p.site == site and p.courses)
    return replace(
        known, courses=(Course(tuple(stays), ReferralSource.INDIVIDUAL),), undone=None, zone="",
        registered_at=START - 31 * DAY,
        **({"consents": EVERYWHERE, "preferred": Channel.SMS} | changes),
    )  # fmt: skip


def visit_of(person, outcome, **changes) -> Visit:
    """Number 100,001: the counselor books it, and who just attends isn't checked in."""
    return Visit(
        number=100_001, site=person.site, start=START, length=dt.timedelta(minutes=50),
        staff=person.counselor, people=[person], booked_at=BOOKED_AT,
        outcomes={person.number: outcome},
        **({"kind": AppointmentKind.INDIVIDUAL, "room": person.site.rooms[0][0]} | changes),
    )  # fmt: skip


@pytest.fixture(scope="module")
def places(django_db_setup, django_db_blocker):
    """The facilities and their staff, in a transaction that is never committed."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        held(HeldClock(FOUNDED_AT)),
    ):
        yield found()
        transaction.set_rollback(True)


@pytest.fixture
def assert_same(places):
    """All that such a visit left, once it is clear that it leaves the same both ways."""

    def compare(person, visit) -> dict:
        by_services = lived(places, person, visit)
        by_archive = archived(places, person, visit)
        assert by_archive == by_services
        return by_archive

    return compare


def lived(places, person, visit) -> dict:
    """What the services leave of it."""
    history = History(HeldClock(FOUNDED_AT), UNTIL, Provider())
    history.begins = BOOKED_AT
    with held(history.clock), transaction.atomic():
        cases = Cases(places, history)
        diary = calendar.Calendar(cases, history)
        history.told = diary.told
        cases.schedule(person)
        diary.schedule(visit)
        history.at(visit.start + NO_SHOW_AFTER + archive.TASK_TAKES, diary.do_tasks)
        history.live(lambda share: None)
        left = all_that_is_left()
        transaction.set_rollback(True)
    return left


def archived(places, person, visit) -> dict:
    """What the archive writes of it."""
    history = History(HeldClock(FOUNDED_AT), UNTIL, Provider())
    history.begins = UNTIL
    with held(history.clock), transaction.atomic():
        cases = Cases(places, history)
        cases.schedule(person)
        history.live(lambda share: None)
        past = archive.Archive(cases.places, cases.clients)
        past.add(visit)
        past.write()
        left = all_that_is_left()
        transaction.set_rollback(True)
    return left


def rows(queryset, *columns) -> list[tuple]:
    return sorted(queryset.values_list(*columns), key=str)


def all_that_is_left() -> dict:
    since_booking = Task.objects.exclude(kind=TaskKind.ACCEPT_CLIENT)
    return {
        "appointments": rows(
            Appointment.objects, "kind", "status", "cancelled_by", "cancel_reason", "starts_at",
            "ends_at", "room__name", "capacity", "created_by__email", "created_at", "updated_at",
            "staffing__user__email", "staffing__leads", "staffing__created_at",
        ),
        "attendances": rows(
            Attendance.objects, "status", "status_at", "status_by__email", "status_reason",
            "response", "responded_at", "response_source", "created_at", "updated_at",
        ),
        "occupancies": rows(Occupancy.objects, "kind", "during", "override", "created_at"),
        "reminders": rows(
            Reminder.objects, "channel", "contact_point__kind", "rule__when",
            "rule__minutes_before", "state", "reason", "send_at", "created_at", "updated_at",
            "message__state", "changes__state", "changes__reason", "changes__created_at",
            "changes__message__state",
        ),
        "messages": rows(
            Message.objects, "purpose", "channel", "language", "state", "reason", "text_version",
            "send_at", "expires_at", "sent_at", "delivered_at", "ended_at", "tries", "armed",
            "address_index", "created_at", "updated_at",
        ),
        "texts": sorted((m.subject or "", m.body or "") for m in Message.objects.all()),
        "attempts": rows(
            Attempt.objects, "number", "state", "started_at", "ended_at", "code", "words",
            "message__channel", "created_at", "updated_at",
        ),
        "receipts": rows(Receipt.objects, "status", "code", "outcome", "handled_at", "created_at"),
        "links": rows(Link.objects, "good_until", "created_at", "message__channel"),
        "replies": rows(
            InboundMessage.objects, "channel", "meaning", "received_at", "handled_at",
            "address_index", "client__legal_last_name", "answers__channel", "created_at",
        ),
        "reply texts": sorted((r.sender, r.body) for r in InboundMessage.objects.all()),
        "tasks": rows(
            since_booking, "kind", "state", "priority", "role", "assignee__email", "due_at",
            "outcome", "ended_at", "ended_by__email", "facility__discreet_name", "created_at",
        ),
        "trail": [
            (at, route, who, source, len(clients), [change["action"] for change in changes])
            for at, route, who, source, clients, changes in rows(
                AuditEvent.objects.filter(at__gte=BOOKED_AT), "at", "route", "actor_id", "source",
                "clients", "changes",
            )
        ],
    }  # fmt: skip


@pytest.fixture(autouse=True)
def silent(monkeypatch):
    """Nobody answers unless a test wants it."""
    monkeypatch.setattr(calendar, "ANSWERS", (None,))
    monkeypatch.setattr(archive, "CONFIRMS", -1)
    monkeypatch.setattr(archive, "ASKS", 0)


def test_attended_after_a_text_and_a_mail_at_once(assert_same):
    person = somebody(ELM)
    left = assert_same(person, visit_of(person, A.ATTENDED))
    assert [row[1] for row in left["messages"]] == ["email", "sms"]


def test_attended_by_phone_after_two_texts(assert_same):
    person = somebody(OAK)
    visit = visit_of(person, A.ATTENDED, kind=AppointmentKind.PHONE, room="")
    left = assert_same(person, visit)
    assert [row[3] for row in left["messages"]] == ["delivered", "delivered"]
    assert len(left["occupancies"]) == 2


def test_missed(assert_same):
    person = somebody(OAK)
    left = assert_same(person, visit_of(person, A.NO_SHOW))
    assert [row[:2] for row in left["tasks"]] == [("no_show_outreach", "done")]


def test_left_early(assert_same):
    person = somebody(HARBOR, preferred=Channel.EMAIL)
    left = assert_same(person, visit_of(person, A.LEFT_EARLY))
    assert [row[1] for row in left["messages"]] == ["email", "email"]
    assert [row[1] for row in left["trail"]].count("attendance.arrived") == 1


def test_cancelled_between_two_reminders(assert_same):
    person = somebody(OAK)
    cancelled = Cancellation(START - 30 * dt.timedelta(hours=1), CancelledBy.CLIENT, "Has to work.")
    left = assert_same(person, visit_of(person, A.CANCELLED, cancelled=cancelled))
    assert sorted(row[3] for row in left["messages"]) == ["cancelled", "delivered"]
    assert left["occupancies"] == []


def test_without_consent_nothing_is_said(assert_same):
    person = somebody(OAK, consents=NOWHERE)
    left = assert_same(person, visit_of(person, A.ATTENDED))
    assert left["messages"] == []
    assert {row[5] for row in left["reminders"]} == {"no_consent"}


def test_on_the_unit_nothing_is_said(assert_same):
    person = somebody(HARBOR, phases=(PhaseKind.INPATIENT,))
    left = assert_same(person, visit_of(person, A.ATTENDED))
    assert {row[5] for row in left["reminders"]} == {"on_unit"}


def test_after_the_unit_they_are_reminded_as_anybody(assert_same):
    person = somebody(HARBOR, phases=(PhaseKind.INPATIENT, PhaseKind.OUTPATIENT))
    left = assert_same(person, visit_of(person, A.ATTENDED))
    assert [row[3] for row in left["messages"]] == ["delivered", "delivered"]


@pytest.mark.parametrize(("preferred", "source"), [(Channel.SMS, "reply"), (Channel.EMAIL, "link")])
def test_confirmed_by_text_or_by_link(assert_same, monkeypatch, preferred, source):
    monkeypatch.setattr(calendar, "ANSWERS", (Meaning.CONFIRM,))
    monkeypatch.setattr(archive, "CONFIRMS", 1)
    person = somebody(OAK, preferred=preferred)
    left = assert_same(person, visit_of(person, A.ATTENDED))
    assert [row[4:7:2] for row in left["attendances"]] == [("accepted", source)]
    assert len(left["replies"]) == (source == "reply")
