"""Making the ledger of reminders and the outbox agree with the plan, whatever was before."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from appointments import statements
from appointments.arranging import Arrangement, Caps, Wanted, arrange
from appointments.models import Attendance, Reminder, ReminderPolicy, ReminderRule
from appointments.queries import default_rules, facts_of, policies_in_force, recipients
from appointments.queries.facts import Policies
from appointments.reminders import Facts, Key, RuleFacts, expires_at, plan
from appointments.services.reconciling import Changes, Visit, Waiting
from appointments.states import HANDED_OVER, NOTICES, WAITING
from clients.models import Channel
from common.clock import now
from messaging.models import Message
from messaging.states import PENDING
from organization.models import Facility

PoliciesByFacility = Mapping[uuid.UUID, Policies]


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
    clients = statements.take_turns(attendance_ids)
    rows = Attendance.objects.filter(
        Q(pk__in=attendance_ids) | Q(client__in=clients, appointment__starts_at__gt=now())
    )
    attendances = list(rows.order_by("pk").select_related("appointment__facility"))
    # In the order in which everybody locks several messages.
    messages = _waiting_about(attendances).order_by("pk").select_for_update(of=("self",))
    waiting = Waiting.of(messages)
    _compare(_visits(attendances, _ledger(attendances, waiting), waiting), waiting).write()


def plan_first_reminders(attendances: Sequence[Attendance]) -> None:
    """Plan for attendances that this transaction made, of clients without another visit about that
    time: nothing else has to be looked at, as long as the caps leave room for all."""
    waiting = Waiting()
    visits = _visits(attendances, [], waiting)
    arrangements = [_arrange(theirs, waiting, beside=True) for theirs in _by_client(visits)]
    if any(arrangement.skipped for arrangement in arrangements):
        plan_reminders([attendance.pk for attendance in attendances])
    else:
        _compare(visits, waiting).write()


def changes_under(
    facility: Facility, client_ids: Collection[uuid.UUID], policies: Policies
) -> Changes:
    """What would change for these clients if the facility had these policies. Nothing is written."""
    rows = Attendance.objects.filter(client__in=client_ids, appointment__starts_at__gt=now())
    coming = list(rows.order_by("pk").select_related("appointment__facility"))
    waiting = Waiting.of(_waiting_about(coming))
    ledger = _ledger(coming, waiting)
    visits = _visits(coming, ledger, waiting, instead={facility.pk: policies})
    return _compare(visits, waiting)


def _ledger(attendances: Sequence[Attendance], waiting: Waiting) -> Iterable[Reminder]:
    """What the ledger has of these, and sets aside what else the waiting messages carry."""
    ids = {attendance.pk for attendance in attendances}
    carried = Q(message__in=waiting.free, state__in=WAITING)
    rows = Reminder.objects.filter(Q(attendance__in=ids) | carried).select_related("rule")
    found = []
    for row in rows.order_by("pk"):
        if row.attendance_id in ids:
            found.append(row)
        elif row.message_id is not None:
            waiting.begun[row.message_id].append(row)
    return found


def _waiting_about(attendances: Sequence[Attendance]) -> QuerySet[Message]:
    carrying = Reminder.objects.filter(attendance__in=attendances, state__in=WAITING)
    return Message.objects.filter(pk__in=carrying.values("message"), state__in=PENDING)


def _visits(
    attendances: Sequence[Attendance],
    ledger: Iterable[Reminder],
    waiting: Waiting,
    instead: PoliciesByFacility | None = None,
) -> list[Visit]:
    """Each attendance with its rows and its plan."""
    if not attendances:
        return []
    rows: dict[uuid.UUID, dict[Key, Reminder]] = defaultdict(dict)
    for row in ledger:
        key = Key(row.rule_id, Channel(row.channel), row.contact_point_id)
        rows[row.attendance_id][key] = row
    people = recipients({a.client_id for a in attendances})
    policies = _policies([a.appointment.facility for a in attendances]) | dict(instead or {})
    visits = []
    for attendance in attendances:
        recipient, theirs = people[attendance.client_id], rows[attendance.pk]
        appointment = attendance.appointment
        rules = policies[appointment.facility_id].of(appointment.kind, recipient.phase)
        carried_out = [
            row.rule_id
            for row in theirs.values()
            if row.state in HANDED_OVER
            or (row.state in WAITING and not waiting.is_free(row.message_id))
        ]
        facts = facts_of(attendance, recipient=recipient, rules=rules, handed_over=carried_out)
        visits.append(Visit(attendance, recipient, theirs, facts, plan(facts)))
    return visits


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
