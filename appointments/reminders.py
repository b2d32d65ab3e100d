"""Planning: what an appointment, a policy and a client's permissions want said. One pure function.

It looks at no clock and no database, so the same facts always give the same plan. `reconcile`
(`appointments.services.planning`) makes the ledger and the outbox agree with it.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field

from appointments.states import RuleChannel, RuleWhen
from clients.models import Channel
from messaging.quiet import QuietHours, last_allowed, next_allowed
from messaging.states import Reason

QUIET_MARGIN = dt.timedelta(hours=2)
"""Quiet hours may shift a reminder forward to no later than this before the start."""

LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
OTHER = {Channel.SMS: Channel.EMAIL, Channel.EMAIL: Channel.SMS}


@dataclass(frozen=True)
class RuleFacts:
    """One rule of the policy, in force since a moment."""

    id: uuid.UUID
    when: RuleWhen
    channel: RuleChannel
    before: dt.timedelta
    since: dt.datetime


@dataclass(frozen=True)
class ContactFacts:
    """One contact point: permitted since a moment, or refused for a reason."""

    id: uuid.UUID
    channel: Channel
    permitted_since: dt.datetime
    refusal: Reason | None = None


@dataclass(frozen=True)
class Facts:
    """All that planning looks at.

    `ended`: why nothing is to be said at all. `on_unit`: the unit holds the client's phone.
    `unit_left_at`: when it stopped holding it. `handed_over`: the rules already carried out.
    """

    starts_at: dt.datetime
    booked_at: dt.datetime
    rules: tuple[RuleFacts, ...]
    contacts: tuple[ContactFacts, ...]
    preferred: Channel = Channel.SMS
    quiet: tuple[QuietHours, ...] = ()
    ended: Reason | None = None
    on_unit: bool = False
    unit_left_at: dt.datetime | None = None
    handed_over: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True)
class Key:
    """What the ledger has one row of."""

    rule_id: uuid.UUID
    channel: Channel
    contact_point_id: uuid.UUID | None


@dataclass
class Plan:
    """What is wanted and when it is due, and what is not and why. `ended` cancels all the rest."""

    wanted: dict[Key, dt.datetime] = field(default_factory=dict)
    skipped: dict[Key, Reason] = field(default_factory=dict)
    ended: Reason | None = None


@dataclass(frozen=True)
class _Target:
    key: Key
    refusal: Reason | None
    permitted_since: dt.datetime


def plan(facts: Facts) -> Plan:
    """Decide about every rule.

    1. Nothing at all if the appointment, the attendance or the treatment has ended.
    2. A rule already carried out is left alone.
    3. Where there is no permitted contact point, or the unit holds the phone: skipped.
    4. An offset that lay before the rule could hold (booked, permitted, rule made) is skipped.
    5. If every offset had passed: after a stay on the unit the latest is due at once; else the
       rule for late bookings is.
    6. Quiet hours move what is due.
    """
    made = Plan(ended=facts.ended)
    if facts.ended:
        return made
    chosen = [(rule, _target(rule, facts)) for rule in facts.rules]
    all_passed = _all_passed(facts, chosen)
    for rule, target in chosen:
        if rule.id in facts.handed_over:
            continue
        found = _decide(rule, target, facts, all_passed=all_passed)
        if isinstance(found, Reason):
            made.skipped[target.key] = found
        else:
            made.wanted[target.key] = found
    return made


def _target(rule: RuleFacts, facts: Facts) -> _Target:
    """Where a rule's reminder would go: the first permitted contact point of its channel, or of
    the other one if the rule leaves the choice."""
    if rule.channel == RuleChannel.PREFERRED:
        channels = [facts.preferred, OTHER[facts.preferred]]
    else:
        channels = [Channel(rule.channel)]
    on_channel = [c for channel in channels for c in facts.contacts if c.channel == channel]
    permitted = [c for c in on_channel if c.refusal is None]
    if not on_channel:
        key = Key(rule.id, channels[0], None)
        return _Target(key, Reason.NO_CONTACT_POINT, LONG_AGO)
    contact = permitted[0] if permitted else on_channel[0]
    key = Key(rule.id, contact.channel, contact.id)
    return _Target(key, contact.refusal, contact.permitted_since)


def _holds_from(target: _Target, facts: Facts) -> dt.datetime:
    return max(facts.booked_at, target.permitted_since, facts.unit_left_at or LONG_AGO)


def _all_passed(facts: Facts, chosen: list[tuple[RuleFacts, _Target]]) -> bool:
    """Whether every offset lay in the past already when reminders became possible."""
    return all(
        facts.starts_at - rule.before < _holds_from(target, facts)
        for rule, target in chosen
        if rule.when == RuleWhen.OFFSET
    )


def _decide(
    rule: RuleFacts, target: _Target, facts: Facts, *, all_passed: bool
) -> dt.datetime | Reason:
    if target.refusal:
        return target.refusal
    if facts.on_unit:
        return Reason.ON_UNIT
    holds_from = _holds_from(target, facts)
    if holds_from >= facts.starts_at:
        return Reason.OFFSET_PASSED
    after_a_stay = facts.unit_left_at == holds_from
    if rule.when == RuleWhen.BOOKED_LATE:
        needed = all_passed and not after_a_stay and not facts.handed_over
        if not needed or rule.since > holds_from:
            return Reason.NOT_NEEDED
        return _outside_quiet_hours(holds_from, facts, earliest=holds_from)
    due = facts.starts_at - rule.before
    if due >= max(holds_from, rule.since):
        return _outside_quiet_hours(due, facts, earliest=holds_from)
    if all_passed and after_a_stay and rule.before == _latest_offset(facts):
        return _outside_quiet_hours(holds_from, facts, earliest=holds_from)
    return Reason.OFFSET_PASSED


def _latest_offset(facts: Facts) -> dt.timedelta:
    return min(rule.before for rule in facts.rules if rule.when == RuleWhen.OFFSET)


def _outside_quiet_hours(
    due: dt.datetime, facts: Facts, *, earliest: dt.datetime
) -> dt.datetime | Reason:
    """The due time itself, or the next moment that is allowed and early enough, or the last one
    before; a reason if there is neither."""
    later = next_allowed(due, facts.quiet)
    if later == due:
        return due
    if later is not None and later <= facts.starts_at - QUIET_MARGIN:
        return later
    sooner = last_allowed(due, facts.quiet)
    if sooner is not None and sooner >= earliest:
        return sooner
    return Reason.QUIET_HOURS
