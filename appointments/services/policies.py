"""Changing a facility's reminder policies, and seeing first what a change would do."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from appointments.models import ReminderPolicy, ReminderRule
from appointments.policies import LONGEST_OFFSET
from appointments.queries import Policies, rule_facts
from appointments.reminders import RuleFacts
from appointments.services.planning import changes_under, policy_of
from appointments.services.replanning import coming_at, hold_policies, replan_facility
from appointments.states import NOTICES, RuleChannel, RuleWhen
from audit.services import note_change
from common.clock import now
from common.errors import Invalid
from messaging.models import Template
from organization.models import Facility, User
from organization.roles import Capability

MOST_RULES = 12
MOST_NARROWED = 30
MOST_CLIENTS_PREVIEWED = 2000

Scope = tuple[str, str]
"""A kind of appointment and a phase; empty for all."""


@dataclass(frozen=True)
class RuleWish:
    """One rule as it shall be. `minutes_before` belongs to `offset` alone, `days_before` and `at` to
    `wall_clock`."""

    when: RuleWhen
    channel: RuleChannel
    minutes_before: int | None = None
    days_before: int | None = None
    at: dt.time | None = None
    only_if: str = ""
    template: str = ""


@dataclass(frozen=True)
class Preview:
    """What a change of the policy does to the messages that are pending: how many there are of each.

    `clients` of `clients_in_all` were looked at, those with the nearest visits first.
    """

    added: int
    taken_back: int
    moved: int
    unchanged: int
    clients: int
    clients_in_all: int


@transaction.atomic
def set_rules(
    *,
    facility: Facility,
    rules: Sequence[RuleWish],
    by: User,
    narrowed: Mapping[Scope, Sequence[RuleWish]] | None = None,
) -> ReminderPolicy:
    """Have exactly these rules. One that stays keeps its row, and with it what it has sent.

    `narrowed`: those for a kind of appointment, a phase or both; left out, they stay as they are.
    What is pending is planned anew, in the background.
    """
    by.access.require(Capability.EDIT_POLICIES, facility.pk)
    _check(facility, rules, narrowed)
    hold_policies(facility)
    policy = policy_of(facility)
    _set(policy, rules)
    if narrowed is not None:
        _set_narrowed(facility, narrowed)
    policy.change()
    note_change("reminder_policy.changed", policy.pk, by=by.pk)
    replan_facility(facility)
    return policy


def preview_rules(
    *,
    facility: Facility,
    rules: Sequence[RuleWish],
    by: User,
    narrowed: Mapping[Scope, Sequence[RuleWish]] | None = None,
) -> Preview:
    """What `set_rules` would do to the pending messages. Nothing of it is kept."""
    by.access.require(Capability.EDIT_POLICIES, facility.pk)
    _check(facility, rules, narrowed)
    present = ReminderPolicy.objects.filter(facility=facility, ended_at=None)
    by_scope = {(policy.kind, policy.phase): policy for policy in present}
    policies = Policies()
    if narrowed is None:
        for scope, policy in by_scope.items():
            policies.rules[scope] = _facts(policy.rules.filter(retired_at=None))
    for scope, wishes in {**(narrowed or {}), ("", ""): rules}.items():
        policies.rules[scope] = _wished(by_scope.get(scope), wishes)
    clients = list(coming_at(facility))
    looked_at = clients[:MOST_CLIENTS_PREVIEWED]
    changes = changes_under(facility, looked_at, policies)
    return Preview(
        added=len(changes.made),
        taken_back=sum(len(ids) for ids in changes.taken_back.values()),
        moved=len(changes.shifted),
        unchanged=len(changes.kept - changes.shifted.keys()),
        clients=len(looked_at),
        clients_in_all=len(clients),
    )


def _set(policy: ReminderPolicy, rules: Sequence[RuleWish]) -> None:
    present = {_wish(rule): rule for rule in policy.rules.filter(retired_at=None)}
    moment = now()
    gone = [rule.pk for wish, rule in present.items() if wish not in rules]
    policy.rules.filter(pk__in=gone).update(retired_at=moment, updated_at=moment)
    ReminderRule.objects.bulk_create(
        ReminderRule(policy=policy, since=moment, **vars(wish))
        for wish in rules
        if wish not in present
    )


def _set_narrowed(facility: Facility, narrowed: Mapping[Scope, Sequence[RuleWish]]) -> None:
    present = ReminderPolicy.objects.filter(facility=facility, ended_at=None)
    by_scope = {(policy.kind, policy.phase): policy for policy in present}
    for scope, policy in by_scope.items():
        if scope != ("", "") and scope not in narrowed:
            _set(policy, ())
            policy.change(ended_at=now())
    for (kind, phase), rules in narrowed.items():
        found = by_scope.get((kind, phase))
        _set(
            found or ReminderPolicy.objects.create(facility=facility, kind=kind, phase=phase),
            rules,
        )


def _wish(rule: ReminderRule) -> RuleWish:
    return RuleWish(
        RuleWhen(rule.when), RuleChannel(rule.channel), rule.minutes_before, rule.days_before,
        rule.at, rule.only_if, rule.template,
    )  # fmt: skip


def _facts(rules: Iterable[ReminderRule]) -> tuple[RuleFacts, ...]:
    return tuple(rule_facts(rule) for rule in rules)


def _wished(policy: ReminderPolicy | None, wishes: Sequence[RuleWish]) -> tuple[RuleFacts, ...]:
    """As they would be in force: those that stay keep what they have sent, new ones begin now."""
    rows = policy.rules.filter(retired_at=None) if policy else ()
    present = {_wish(rule): rule for rule in rows}
    return _facts(present.get(wish) or ReminderRule(since=now(), **vars(wish)) for wish in wishes)


# ── What is refused ───────────────────────────────────────────────────────────────────────────


def _check(
    facility: Facility,
    rules: Sequence[RuleWish],
    narrowed: Mapping[Scope, Sequence[RuleWish]] | None,
) -> None:
    if len(narrowed or ()) > MOST_NARROWED:
        raise Invalid(f"At most {MOST_NARROWED} of them.", code="too_many", field="narrowed")
    if ("", "") in (narrowed or {}):
        raise Invalid(
            "Name a kind, a phase or both: for all visits there are `rules`.",
            code="required",
            field="narrowed",
        )
    named = set(
        Template.objects.filter(facility=facility, retired_at=None).values_list("key", flat=True)
    )
    for those in (rules, *(narrowed or {}).values()):
        if len(those) > MOST_RULES:
            raise Invalid(f"At most {MOST_RULES} rules.", code="too_many", field="rules")
        # Whatever text they have: the client would get both at once.
        if len({replace(rule, template="") for rule in those}) < len(those):
            raise Invalid("The same rule stands there twice.", code="duplicate", field="rules")
        for rule in those:
            _check_rule(rule, named)


def _check_rule(rule: RuleWish, named: set[str]) -> None:
    longest = int(LONGEST_OFFSET.total_seconds() // 60)
    minutes, days = rule.minutes_before, rule.days_before
    if rule.when == RuleWhen.OFFSET and not (minutes and 0 < minutes <= longest):
        raise Invalid(
            f"A time before the start is between 1 and {longest} minutes.",
            code="out_of_range",
            field="minutes_before",
        )
    if rule.when == RuleWhen.WALL_CLOCK and not (
        rule.at is not None and days is not None and 0 <= days <= LONGEST_OFFSET.days
    ):
        raise Invalid(
            f"Say how many days before, up to {LONGEST_OFFSET.days}, and at what time of day.",
            code="required",
            field="days_before",
        )
    needless = {
        "minutes_before": minutes if rule.when != RuleWhen.OFFSET else None,
        "days_before": days if rule.when != RuleWhen.WALL_CLOCK else None,
        "at": rule.at if rule.when != RuleWhen.WALL_CLOCK else None,
        "only_if": rule.only_if or None if rule.when in NOTICES else None,
    }
    for field, value in needless.items():
        if value is not None:
            words = f"A rule “{rule.when.label.lower()}” has none."
            raise Invalid(words, code="not_allowed", field=field)
    if rule.template and rule.template not in named:
        raise Invalid(
            "There is no text of this name. Save it first, or leave it out.",
            code="unknown_template",
            field="template",
        )
