"""Changing a facility's reminder policy."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from appointments.models import ReminderPolicy, ReminderRule
from appointments.policies import LONGEST_OFFSET
from appointments.services.replanning import replan_facility
from appointments.states import RuleChannel, RuleWhen
from audit.services import note_change
from common.clock import now
from common.errors import Invalid
from organization.models import User
from organization.roles import Capability

MOST_RULES = 12


@dataclass(frozen=True)
class RuleWish:
    """One rule as it shall be. `minutes_before` belongs to `offset` alone."""

    when: RuleWhen
    channel: RuleChannel
    minutes_before: int | None = None


@transaction.atomic
def set_rules(*, policy: ReminderPolicy, rules: Sequence[RuleWish], by: User) -> ReminderPolicy:
    """Have exactly these rules. One that stays keeps its row, and with it what it has sent.

    What is pending is planned anew, in the background.
    """
    by.access.require(Capability.EDIT_POLICIES, policy.facility_id)
    _check(rules)
    ReminderPolicy.objects.select_for_update().get(pk=policy.pk)
    present = {
        (rule.when, rule.minutes_before, rule.channel): rule
        for rule in policy.rules.filter(retired_at=None)
    }
    wanted = {(wish.when, wish.minutes_before, wish.channel) for wish in rules}
    moment = now()
    gone = [rule.pk for key, rule in present.items() if key not in wanted]
    policy.rules.filter(pk__in=gone).update(retired_at=moment, updated_at=moment)
    ReminderRule.objects.bulk_create(
        ReminderRule(
            policy=policy, when=when, minutes_before=minutes, channel=channel, since=moment
        )
        for when, minutes, channel in sorted(wanted - set(present), key=str)
    )
    policy.change()
    note_change("reminder_policy.changed", policy.pk, by=by.pk)
    replan_facility(policy.facility)
    return policy


def _check(rules: Sequence[RuleWish]) -> None:
    if len(rules) > MOST_RULES:
        raise Invalid(f"At most {MOST_RULES} rules.", code="too_many", field="rules")
    if len(set(rules)) < len(rules):
        raise Invalid("The same rule stands there twice.", code="duplicate", field="rules")
    longest = int(LONGEST_OFFSET.total_seconds() // 60)
    for rule in rules:
        minutes = rule.minutes_before
        if rule.when == RuleWhen.OFFSET and not (minutes and 0 < minutes <= longest):
            raise Invalid(
                f"A time before the start is between 1 and {longest} minutes.",
                code="out_of_range",
                field="minutes_before",
            )
        if rule.when == RuleWhen.BOOKED_LATE and minutes is not None:
            raise Invalid(
                "A rule for late bookings has no time before the start.",
                code="not_allowed",
                field="minutes_before",
            )
