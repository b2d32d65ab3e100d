"""Why and why not, over HTTP; and the policies that decide it."""

import datetime as dt

import pytest

from appointments.models import Reminder, ReminderPolicy, ReminderRule, ReplanRequest
from appointments.services.planning import policy_of
from appointments.states import RuleChannel
from audit.models import AuditEvent
from common.clock import now
from messaging.models import Attempt, Message
from messaging.services.receipts import handle_receipt, store_receipt
from messaging.states import AttemptState, MessageState
from organization.models import PhaseKind

pytestmark = pytest.mark.django_db
POLICIES = "/api/v1/reminder-policies/"
PREFERRED = "by the client's preferred channel, else the other"


def shown_rule(words, **given):
    rule = {"when": "offset", "minutes_before": None, "days_before": None, "at": None}
    rule |= {"channel": "preferred", "only_if": "", "template": ""}
    return rule | given | {"words": words}


DEFAULT = [
    shown_rule(f"72 hours before the start, {PREFERRED}", minutes_before=4320),
    shown_rule(f"24 hours before the start, {PREFERRED}", minutes_before=1440),
    shown_rule(
        f"2 hours before the start, {PREFERRED}; only after two no-shows in 90 days",
        minutes_before=120,
        only_if="high_risk",
    ),
    shown_rule(f"At booking, when every other time has passed, {PREFERRED}", when="booked_late"),
]


def stamp(moment):
    text = moment.astimezone(dt.UTC).isoformat()
    return text.replace("+00:00", "Z")


@pytest.fixture
def as_ana(house, api):
    api.force_authenticate(house.ana)
    return api


@pytest.fixture
def visit(house, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    return house.booked(house.client(phone="217 555 0134"), next_tuesday)


def ledger(api, visit):
    answer = api.get(f"/api/v1/appointments/{visit.pk}/reminders/")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def delivered(reminder):
    """Hand its message over and have the provider call back that it arrived."""
    message = reminder.message
    message.change(
        state=MessageState.SENT, sent_at=now(), body="Hi Sam, you have an appointment.",
        subject="",
    )  # fmt: skip
    attempt = Attempt.objects.create(
        message=message, number=1, state=AttemptState.ACCEPTED, started_at=now(),
        provider_id="SM1",
    )  # fmt: skip
    receipt = store_receipt(attempt_id=attempt.pk, provider_id="SM1", status="delivered", code="")
    handle_receipt(receipt.pk)


def the_day_before(visit):
    day = visit.starts_at - dt.timedelta(hours=24)
    return f"Mon, {day:%b} {day.day}"


def test_a_planned_reminder_says_when_it_is_due_and_to_where(visit, as_ana):
    reminder = Reminder.objects.get()
    [shown] = ledger(as_ana, visit)
    [change] = shown.pop("history")
    assert shown == {
        "id": str(reminder.pk),
        "attendance": str(reminder.attendance_id),
        "rule": shown_rule(
            "24 hours before the start, by text message", minutes_before=1440, channel="sms"
        ),
        "channel": "sms",
        "contact_point": str(reminder.contact_point_id),
        "address": "+12175550134",
        "state": "planned",
        "why": {
            "code": "planned",
            "sentence": f"Will be sent {the_day_before(visit)}, 10:00 AM, by text message.",
        },
        "reason": None,
        "send_at": stamp(visit.starts_at - dt.timedelta(hours=24)),
        "message": str(reminder.message_id),
        "sent_at": None,
        "delivered_at": None,
        "attempts": 0,
    }
    assert change == {
        "at": stamp(reminder.changes.get().created_at),
        "state": "planned",
        "reason": None,
        "message": str(reminder.message_id),
    }


def test_a_delivered_reminder_says_when_and_after_how_many_attempts(visit, as_ana):
    reminder = Reminder.objects.get()
    delivered(reminder)
    [shown] = ledger(as_ana, visit)
    message = Message.objects.get()
    assert (shown["state"], shown["attempts"]) == ("done", 1)
    assert shown["sent_at"] == stamp(message.sent_at)
    assert shown["delivered_at"] == stamp(message.delivered_at)
    assert [c["state"] for c in shown["history"]] == ["planned", "done"]


def test_what_was_not_sent_says_why_in_a_sentence(house, as_ana, next_tuesday):
    house.rules((24, RuleChannel.SMS), (24, RuleChannel.EMAIL))
    client = house.client(phone="217 555 0134")
    house.admitted(client, PhaseKind.DETOX)
    visit = house.booked(client, next_tuesday)
    assert {row["channel"]: (row["state"], row["reason"]) for row in ledger(as_ana, visit)} == {
        "sms": (
            "skipped",
            {
                "code": "on_unit",
                "sentence": "The client lives on the unit, which holds phones.",
            },
        ),
        "email": (
            "skipped",
            {
                "code": "no_contact_point",
                "sentence": "There is no contact point for this channel.",
            },
        ),
    }


def test_the_address_is_absent_for_whom_contact_points_are_not_shown(house, api, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    client = house.client(phone="217 555 0134")
    house.admitted(client, PhaseKind.DETOX)
    visit = house.booked(client, next_tuesday)
    shown = {}
    for person in (house.ana, house.nurse, house.front_desk):
        api.force_authenticate(person)
        [row] = ledger(api, visit)
        shown[person.full_name] = row.get("address", "absent")
    assert shown == {
        "Ana Lopez": "+12175550134",
        "Nia Brandt": "absent",
        "Finn Doyle": "+12175550134",
    }


def test_reading_the_ledger_is_one_audit_event(visit, as_ana):
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    ledger(as_ana, visit)
    [event] = AuditEvent.objects.exclude(pk__in=before)
    assert event.reads == {"reminder": [str(Reminder.objects.get().pk)]}
    assert event.clients == [visit.attendances.get().client_id]


# ── Policies ──────────────────────────────────────────────────────────────────────────────────


def test_a_facility_without_a_policy_shows_the_default_one_and_nothing_is_written(house, as_ana):
    shown = {
        "id": str(house.elm.pk),
        "facility": str(house.elm.pk),
        "rules": DEFAULT,
        "narrowed": [],
    }
    assert as_ana.get(POLICIES).json()["results"] == [shown]
    assert as_ana.get(f"{POLICIES}{house.elm.pk}/").json() == shown
    assert ReminderPolicy.objects.count() == 0
    assert policy_of(house.elm).pk == house.elm.pk
    assert as_ana.get(f"{POLICIES}{house.elm.pk}/").json() == shown


def test_a_policy_with_an_id_of_its_own_is_found_by_that_alone(house, as_ana):
    policy = ReminderPolicy.objects.create(facility=house.elm)
    assert as_ana.get(f"{POLICIES}{policy.pk}/").json() == {
        "id": str(policy.pk),
        "facility": str(house.elm.pk),
        "rules": [],
        "narrowed": [],
    }
    assert as_ana.get(f"{POLICIES}{house.elm.pk}/").status_code == 404


def test_the_manager_sets_exactly_these_rules_and_the_pending_is_planned_anew(house, visit, api):
    api.force_authenticate(house.manager)
    ReplanRequest.objects.all().delete()
    rules = [
        {"when": "offset", "minutes_before": 5 * 1440, "channel": "email"},
        {"when": "offset", "minutes_before": 90, "channel": "sms"},
        {"when": "booked_late", "channel": "preferred"},
    ]
    answer = api.put(f"{POLICIES}{house.elm.pk}/", {"rules": rules})
    assert answer.status_code == 200, answer.content
    assert [(r["minutes_before"], r["words"]) for r in answer.json()["rules"]] == [
        (7200, "5 days before the start, by e-mail"),
        (90, "90 minutes before the start, by text message"),
        (None, DEFAULT[3]["words"]),
    ]
    assert ReminderRule.objects.filter(retired_at=None).count() == 3
    assert ReplanRequest.objects.get().client_id == visit.attendances.get().client_id
    event = AuditEvent.objects.latest("at")
    assert event.actor_id == house.manager.pk
    assert event.changes == [{"action": "reminder_policy.changed", "id": str(house.elm.pk)}]


BAD_RULES = {
    "an offset without a time": ([{"when": "offset", "channel": "sms"}], "out_of_range"),
    "a late rule with a time": (
        [{"when": "booked_late", "minutes_before": 60, "channel": "sms"}],
        "not_allowed",
    ),
    "the same one twice": (
        [{"when": "offset", "minutes_before": 60, "channel": "sms"}] * 2,
        "duplicate",
    ),
    "more than a month before": (
        [{"when": "offset", "minutes_before": 43_201, "channel": "sms"}],
        "max_value",
    ),
    "no time at all": ([{"when": "offset", "minutes_before": 0, "channel": "sms"}], "min_value"),
    "an unknown channel": ([{"when": "booked_late", "channel": "fax"}], "invalid_choice"),
    "an unknown field": (
        [{"when": "booked_late", "channel": "sms", "colour": "x"}],
        "unknown_field",
    ),
    "too many": (
        [{"when": "offset", "minutes_before": n, "channel": "sms"} for n in range(1, 14)],
        "max_length",
    ),
    "no list": ("all", "not_a_list"),
}


@pytest.mark.parametrize("what", BAD_RULES)
def test_bad_rules_are_refused_and_change_nothing(house, api, what):
    rules, code = BAD_RULES[what]
    house.rules((24, RuleChannel.SMS))
    before = list(ReminderRule.objects.values_list("pk", "retired_at"))
    api.force_authenticate(house.manager)
    answer = api.put(f"{POLICIES}{house.elm.pk}/", {"rules": rules})
    assert answer.status_code == 400
    assert code in [fault["code"] for fault in answer.json()["errors"]], answer.json()
    assert list(ReminderRule.objects.values_list("pk", "retired_at")) == before


def test_a_fault_in_a_rule_names_its_place(house, api):
    api.force_authenticate(house.manager)
    rules = [
        {"when": "booked_late", "channel": "sms"},
        {"when": "booked_late", "channel": "fax"},
    ]
    answer = api.put(f"{POLICIES}{house.elm.pk}/", {"rules": rules})
    assert [fault["field"] for fault in answer.json()["errors"]] == ["rules.1.channel"]
