"""Making the ledger of reminders and the outbox agree with the plan, whatever was before."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from appointments import statements
from appointments.arranging import Arrangement, Caps, Wanted, arrange
from appointments.models import (
    Appointment,
    Attendance,
    Reminder,
    ReminderPolicy,
    ReminderRule,
)
from appointments.queries import default_rules, facts_of, policies_in_force, recipients
from appointments.queries.facts import Policies
from appointments.reminders import Facts, Key, RuleFacts, due_before, expires_at, plan
from appointments.services.reconciling import Changes, Visit, Waiting
from appointments.states import (
    BEFORE_THE_VISIT,
    HANDED_OVER,
    NOT_TOLD,
    NOTICES,
    WAITING,
)
from clients.models import Channel
from common.clock import now
from common.rows import held
from organization.models import Facility

PoliciesByFacility = Mapping[uuid.UUID, Policies]
Ledger = dict[uuid.UUID, dict[Key, Reminder]]
"""The rows of each attendance."""

LEDGER_COLUMNS = (
    "id", "attendance_id", "rule_id", "channel", "contact_point_id", "state", "reason", "send_at",
    "message_id",
)  # fmt: skip
RULE_COLUMNS = ("retired_at", "when", "minutes_before", "days_before", "at")


def policy_of(facility: Facility) -> ReminderPolicy:
    """A facility's policy for all visits; the default one is made when it is first needed.

    Its id is the facility's, so that whoever reads it before it is made knows the id already.
    """
    policy, made = ReminderPolicy.objects.get_or_create(
        facility=facility, kind="", phase="", defaults={"id": facility.pk}
    )
    if made:
        ReminderRule.objects.bulk_create(default_rules(policy))
    return policy


@transaction.atomic
def plan_reminders(attendance_ids: Collection[uuid.UUID]) -> None:
    """Plan anew for these attendances, and with them all else that their clients have before them.

    Doing it twice is doing it once.

    1. Take the clients' turns, so that two plannings queue up, and lock what waits about them.
    2. Arrange what each client's visits want together, and compare it with the ledger, row by row.
    3. Add what is missing, revive what was taken back before it was sent, move what has another
       time, take back what is no longer wanted. What was handed over stays as it is.

    However many there are, that takes the same number of statements.
    """
    plan_in_turn(attendance_ids, statements.take_turns(attendance_ids))


def plan_in_turn(attendance_ids: Collection[uuid.UUID], client_ids: Collection[uuid.UUID]) -> None:
    """The same for attendances of these clients, whose turns this transaction has."""
    rows = Attendance.objects.filter(
        Q(pk__in=attendance_ids) | Q(client__in=client_ids, appointment__starts_at__gt=now())
    )
    attendances = list(rows.order_by("pk").select_related("appointment__facility"))
    ledger, waiting = _ledger(attendances, hold=True)
    _compare(_visits(attendances, ledger, waiting), waiting).write()


def plan_first_reminders(attendances: Sequence[Attendance]) -> None:
    """Plan for attendances that this transaction made, of clients whose turns it has and who have no
    other visit about that time: nothing else has to be looked at, as long as the caps leave room."""
    waiting = Waiting()
    visits = _visits(attendances, {}, waiting)
    arrangements = [_arrange(theirs, waiting, beside=True) for theirs in _by_client(visits)]
    if any(arrangement.skipped for arrangement in arrangements):
        plan_in_turn([a.pk for a in attendances], {a.client_id for a in attendances})
    else:
        _compare(visits, waiting).write()


def changes_under(
    facility: Facility, client_ids: Collection[uuid.UUID], policies: Policies
) -> Changes:
    """What would change for these clients if the facility had these policies. Nothing is written."""
    rows = Attendance.objects.filter(client__in=client_ids, appointment__starts_at__gt=now())
    coming = list(rows.order_by("pk").select_related("appointment__facility"))
    ledger, waiting = _ledger(coming, hold=False)
    visits = _visits(coming, ledger, waiting, instead={facility.pk: policies})
    return _compare(visits, waiting)


def _ledger(attendances: Sequence[Attendance], *, hold: bool) -> tuple[Ledger, Waiting]:
    """What the ledger has of these, and what waits about them in the outbox."""
    found: Ledger = defaultdict(dict)
    waiting = Waiting()
    ids = {attendance.pk for attendance in attendances}
    for row in statements.ledger(ids, hold=hold):
        values = iter(row)
        columns = tuple(islice(values, len(LEDGER_COLUMNS)))
        rule = held(
            ReminderRule, ("id", *RULE_COLUMNS), (columns[2], *islice(values, len(RULE_COLUMNS)))
        )
        message = tuple(values)
        reminder = held(Reminder, LEDGER_COLUMNS, columns, rule=rule)
        if reminder.attendance_id in ids:
            key = Key(reminder.rule_id, Channel(reminder.channel), reminder.contact_point_id)
            found[reminder.attendance_id][key] = reminder
        elif reminder.message_id is not None:
            waiting.begun[reminder.message_id].append(reminder)
        if reminder.message_id is not None and message[0] is not None:
            waiting.add(reminder.message_id, *message)
    return found, waiting


def _visits(
    attendances: Sequence[Attendance],
    ledger: Ledger,
    waiting: Waiting,
    instead: PoliciesByFacility | None = None,
) -> list[Visit]:
    """Each attendance with its rows and its plan."""
    if not attendances:
        return []
    people = recipients({a.client_id for a in attendances})
    policies = _policies([a.appointment.facility for a in attendances]) | dict(instead or {})
    visits = []
    for attendance in attendances:
        recipient, theirs = people[attendance.client_id], ledger.get(attendance.pk, {})
        appointment = attendance.appointment
        rules = policies[appointment.facility_id].of(appointment.kind, recipient.phase)
        in_hand = [
            row
            for row in theirs.values()
            if row.state in WAITING and not waiting.is_free(row.message_id)
        ]
        carried_out = [*in_hand, *(row for row in theirs.values() if row.state in HANDED_OVER)]
        facts = facts_of(
            attendance, recipient=recipient, rules=rules,
            handed_over=[row.rule_id for row in carried_out],
            told_until=_told_until(appointment, rules, carried_out),
        )  # fmt: skip
        visits.append(Visit(attendance, recipient, theirs, facts, plan(facts)))
    return visits


def _told_until(
    appointment: Appointment, rules: Collection[RuleFacts], carried_out: Iterable[Reminder]
) -> dt.datetime | None:
    """Up to when rules that hold for this visit no more reminded of it: see `Facts`."""
    holding = {rule.id for rule in rules}
    times = [
        max(row.send_at, _due(row.rule, appointment))
        for row in carried_out
        if row.rule_id not in holding
        and row.rule.when in BEFORE_THE_VISIT
        and row.state not in NOT_TOLD
        and row.send_at is not None
    ]
    return max(times, default=None)


def _due(rule: ReminderRule, appointment: Appointment) -> dt.datetime:
    before = dt.timedelta(minutes=rule.minutes_before or 0)
    zone = appointment.facility.zone
    return due_before(appointment.starts_at, zone, before, rule.days_before or 0, rule.at)


def _policies(facilities: Iterable[Facility]) -> dict[uuid.UUID, Policies]:
    """Those of each; a facility that has none for all visits has not been asked for any yet."""
    by_id = {facility.pk: facility for facility in facilities}
    found = policies_in_force(by_id)
    without = [facility for pk, facility in by_id.items() if not found[pk]]
    for facility in without:
        policy_of(facility)
    return found | policies_in_force([f.pk for f in without]) if without else found


def _compare(visits: Sequence[Visit], waiting: Waiting) -> Changes:
    changes = Changes(waiting)
    for theirs in _by_client(visits):
        changes.compare(theirs, _arrange(theirs, waiting))
    return changes


def _by_client(visits: Sequence[Visit]) -> Iterable[list[Visit]]:
    found: dict[uuid.UUID, list[Visit]] = defaultdict(list)
    for visit in visits:
        found[visit.attendance.client_id].append(visit)
    return found.values()


def _arrange(visits: Sequence[Visit], waiting: Waiting, *, beside: bool = False) -> Arrangement:
    """One client's; `beside`: what waits for their other visits is left as it is, and counts."""
    recipient = visits[0].recipient
    gone = [*recipient.gone, *(recipient.waiting if beside else ()), *_in_hand(visits, waiting)]
    wanted = [
        _wanted(visit, key, send_at)
        for visit in visits
        for key, send_at in visit.plan.wanted.items()
    ]
    caps = Caps(settings.REMINDERS_PER_CLIENT_DAY, settings.REMINDERS_PER_CLIENT_WEEK)
    return arrange(wanted, gone=gone, caps=caps)


def _in_hand(visits: Sequence[Visit], waiting: Waiting) -> list[dt.datetime]:
    messages = {row.message_id for visit in visits for row in visit.rows.values()}
    return [at for pk, at in waiting.in_hand.items() if pk in messages]


def _wanted(visit: Visit, key: Key, send_at: dt.datetime) -> Wanted:
    facts: Facts = visit.facts
    rule: RuleFacts = next(rule for rule in facts.rules if rule.id == key.rule_id)
    return Wanted(
        attendance_id=visit.attendance.pk,
        key=key,
        facility_id=visit.attendance.appointment.facility_id,
        zone=facts.zone,
        text=rule.text,
        starts_at=facts.starts_at,
        send_at=send_at,
        expires_at=expires_at(rule.when, facts.starts_at, facts.event),
        notice=rule.when in NOTICES,
    )
