"""Making the ledger of reminders and the outbox agree with the plan, whatever was before."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

from appointments.models import Attendance, Reminder, ReminderPolicy, ReminderRule
from appointments.queries import default_rules, facts_of, recipients, rules_in_force
from appointments.reminders import RuleFacts, plan
from appointments.services.reconciling import Changes, Reconciliation
from appointments.states import HANDED_OVER
from messaging.models import Message
from messaging.states import PENDING
from organization.models import Facility


def policy_of(facility: Facility) -> ReminderPolicy:
    """A facility's policy; the default one is made when it is first needed.

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
    """Plan these attendances' reminders anew. Doing it twice is doing it once.

    1. Lock the attendances, so that two plannings queue up, and then what waits about them.
    2. Compare each one's plan with the ledger, row by row.
    3. Add what is missing, revive what was taken back before it was sent, move what has another
       time, take back what is no longer wanted. What was handed over stays as it is.

    However many there are, that takes the same number of statements.
    """
    rows = Attendance.objects.filter(pk__in=attendance_ids).order_by("pk")
    locked = list(rows.select_for_update(of=("self",)).select_related("appointment__facility"))
    _lock_messages(locked)
    ledger = Reminder.objects.filter(attendance__in=locked).select_related("rule").order_by("pk")
    _plan(locked, ledger)


def plan_first_reminders(attendances: Sequence[Attendance]) -> None:
    """Plan for attendances that this transaction made: nobody else knows them yet, and the ledger
    has nothing about them."""
    _plan(attendances, [])


def _lock_messages(attendances: Sequence[Attendance]) -> None:
    """In the order in which everybody locks several messages."""
    waiting = Message.objects.filter(
        reminders__attendance__in=attendances, state__in=PENDING
    ).order_by("pk")
    list(waiting.select_for_update(of=("self",)).values_list("pk", flat=True))


def _plan(attendances: Sequence[Attendance], ledger: Iterable[Reminder]) -> None:
    if not attendances:
        return
    rows: dict[uuid.UUID, list[Reminder]] = defaultdict(list)
    for row in ledger:
        rows[row.attendance_id].append(row)
    people = recipients({a.client_id for a in attendances})
    rules = _rules([a.appointment.facility for a in attendances])
    changes = Changes()
    reconciliations = []
    for attendance in attendances:
        recipient, theirs = people[attendance.client_id], rows[attendance.pk]
        facts = facts_of(
            attendance,
            recipient=recipient,
            rules=rules[attendance.appointment.facility_id],
            handed_over=[row.rule_id for row in theirs if row.state in HANDED_OVER],
        )
        one = Reconciliation(attendance, recipient, theirs, plan(facts), changes)
        reconciliations.append(one)
        one.take_back()
    changes.cancel()
    for one in reconciliations:
        one.skip_and_want()
    changes.write()


def _rules(facilities: Iterable[Facility]) -> dict[uuid.UUID, tuple[RuleFacts, ...]]:
    """The rules of each; a facility that has none in force may have no policy yet."""
    by_id = {facility.pk: facility for facility in facilities}
    found = rules_in_force(by_id)
    without = [facility for pk, facility in by_id.items() if pk not in found]
    if without:
        for facility in without:
            policy_of(facility)
        found |= rules_in_force([facility.pk for facility in without])
    return {pk: found.get(pk, ()) for pk in by_id}
