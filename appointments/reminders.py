"""Planning: what an appointment, a policy and a client's permissions want said. One pure function.

It looks at no clock and no database, so the same facts always give the same plan. What a client's
visits want together is arranged by `appointments.arranging`; `appointments.services.planning` makes
the ledger and the outbox agree with it.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from appointments.states import BEFORE_THE_VISIT, NOTICES, RuleChannel, RuleOnlyIf, RuleWhen
from clients.models import Channel
from common.clock import at_wall_clock
from messaging.quiet import QuietHours, last_allowed, next_allowed
from messaging.states import Reason

QUIET_MARGIN = dt.timedelta(hours=2)
"""Quiet hours may shift a reminder forward to no later than this before the start."""

NOTICE_WAITS = dt.timedelta(minutes=2)
"""A notice of a change is due so long after it: a slip that is put right at once is told to nobody."""

MISSED_YOU_LASTS = dt.timedelta(hours=48)
"""How long after a no-show it still makes sense to say so."""

LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
OTHER = {Channel.SMS: Channel.EMAIL, Channel.EMAIL: Channel.SMS}
FIRST = {RuleChannel.SMS_FIRST: Channel.SMS, RuleChannel.EMAIL_FIRST: Channel.EMAIL}


@dataclass(frozen=True)
class RuleFacts:
    """One rule of the policy, in force since a moment. `before` is an offset's, `days_before` and
    `at` a wall clock's. `text` names the words."""

    id: uuid.UUID
    when: RuleWhen
    channel: RuleChannel
    before: dt.timedelta
    since: dt.datetime
    days_before: int = 0
    at: dt.time | None = None
    only_if: str = ""
    text: str = "reminder"

    def due(self, starts_at: dt.datetime, zone: str) -> dt.datetime:
        """When it is due before a visit, quiet hours aside."""
        return due_before(starts_at, zone, self.before, self.days_before, self.at)


def due_before(
    starts_at: dt.datetime, zone: str, before: dt.timedelta, days_before: int, at: dt.time | None
) -> dt.datetime:
    """A time before a visit: by its length, or, with `at`, by days and the wall clock."""
    if at is None:
        return starts_at - before
    day = starts_at.astimezone(ZoneInfo(zone)).date() - dt.timedelta(days=days_before)
    return at_wall_clock(day, at, zone)


@dataclass(frozen=True)
class ContactFacts:
    """One contact point: permitted since a moment, or refused for a reason."""

    id: uuid.UUID
    channel: Channel
    permitted_since: dt.datetime
    refusal: Reason | None = None


@dataclass(frozen=True)
class Event:
    """What ended a visit for a client, and when: that may be told."""

    when: RuleWhen
    at: dt.datetime


@dataclass(frozen=True)
class Facts:
    """All that planning looks at.

    `ended`: why no reminder is to be sent any more; `event`: what may be told all the same.
    `on_unit`: the unit holds the client's phone; `unit_left_at`: when it stopped holding it.
    `handed_over`: the rules already carried out. `told_until`: up to when rules that hold no more for
    this visit (another policy, another phase) were carried out; what these rules want up to then has
    been said. `moved`: it takes the place of another visit.
    `high_risk`: the client missed two visits in the 90 days before this one.
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
    told_until: dt.datetime | None = None
    zone: str = "UTC"
    confirmed: bool = False
    high_risk: bool = False
    moved: bool = False
    event: Event | None = None


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
    """Decide about every rule that concerns this visit.

    1. Where the appointment, the attendance or the treatment has ended: only what tells of that.
    2. A rule already carried out is left alone.
    3. Where there is no permitted contact point, or the unit holds the phone: skipped.
    4. So is what is only for the unconfirmed, or for those who miss visits.
    5. A time that lay before the rule could hold (booked, permitted, rule made) is skipped, and one
       of which another rule, that held for this visit before, has told already.
    6. If every time had passed: after a stay on the unit the latest is due at once; else the rule for
       late bookings is, unless a notice of the booking goes anyway.
    7. Quiet hours move what is due.
    """
    made = Plan(ended=facts.ended)
    chosen = [(rule, _target(rule, facts)) for rule in facts.rules if _concerns(rule, facts)]
    all_passed = _all_passed(facts, chosen)
    told_at_booking = any(_is_told_at_booking(rule, target, facts) for rule, target in chosen)
    for rule, target in chosen:
        if rule.id in facts.handed_over:
            continue
        found = _decide(rule, target, facts, late=all_passed and not told_at_booking)
        if isinstance(found, Reason):
            made.skipped[target.key] = found
        else:
            made.wanted[target.key] = found
    return made


def expires_at(when: RuleWhen, starts_at: dt.datetime, event: Event | None) -> dt.datetime:
    """When it is too late to say it."""
    missed = event is not None and when == RuleWhen.NO_SHOW
    return event.at + MISSED_YOU_LASTS if event is not None and missed else starts_at


def _concerns(rule: RuleFacts, facts: Facts) -> bool:
    if facts.ended:
        return facts.event is not None and rule.when == facts.event.when
    at_booking = RuleWhen.MOVED if facts.moved else RuleWhen.BOOKED
    return rule.when in (*BEFORE_THE_VISIT, RuleWhen.BOOKED_LATE, at_booking)


def _target(rule: RuleFacts, facts: Facts) -> _Target:
    """Where a rule's reminder would go: the first permitted contact point of its channel, or of
    the other one if the rule leaves the choice."""
    first = facts.preferred if rule.channel == RuleChannel.PREFERRED else FIRST.get(rule.channel)
    channels = [first, OTHER[first]] if first else [Channel(rule.channel)]
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
    """Whether every time before the visit lay in the past when reminders became possible.

    What only those get who miss visits comes on top, and doesn't count.
    """
    return all(
        rule.due(facts.starts_at, facts.zone) < _holds_from(target, facts)
        for rule, target in chosen
        if rule.when in BEFORE_THE_VISIT and rule.only_if != RuleOnlyIf.HIGH_RISK
    )


def _is_told_at_booking(rule: RuleFacts, target: _Target, facts: Facts) -> bool:
    noticed = rule.when in (RuleWhen.BOOKED, RuleWhen.MOVED) and not target.refusal
    return noticed and max(rule.since, target.permitted_since) <= facts.booked_at


def _decide(rule: RuleFacts, target: _Target, facts: Facts, *, late: bool) -> dt.datetime | Reason:
    if target.refusal:
        return target.refusal
    if facts.on_unit:
        return Reason.ON_UNIT
    if rule.only_if == RuleOnlyIf.UNCONFIRMED and facts.confirmed:
        return Reason.CONFIRMED
    if rule.only_if == RuleOnlyIf.HIGH_RISK and not facts.high_risk:
        return Reason.NOT_HIGH_RISK
    if rule.when in NOTICES:
        return _notice(rule, target, facts)
    return _before_the_visit(rule, target, facts, late=late)


def _notice(rule: RuleFacts, target: _Target, facts: Facts) -> dt.datetime | Reason:
    happened = facts.event.at if facts.event else facts.booked_at
    expires = expires_at(rule.when, facts.starts_at, facts.event)
    if max(rule.since, target.permitted_since) > happened or happened >= expires:
        return Reason.OFFSET_PASSED
    due = happened + NOTICE_WAITS
    due = due if due < expires else happened
    return _outside_quiet_hours(due, facts, earliest=happened, latest=expires - QUIET_MARGIN)


def _before_the_visit(
    rule: RuleFacts, target: _Target, facts: Facts, *, late: bool
) -> dt.datetime | Reason:
    holds_from = _holds_from(target, facts)
    if holds_from >= facts.starts_at:
        return Reason.OFFSET_PASSED
    latest = facts.starts_at - QUIET_MARGIN
    after_a_stay = facts.unit_left_at == holds_from
    if rule.when == RuleWhen.BOOKED_LATE:
        needed = late and not after_a_stay and not facts.handed_over
        if not needed or rule.since > holds_from:
            return Reason.NOT_NEEDED
        return _outside_quiet_hours(holds_from, facts, earliest=holds_from, latest=latest)
    due = rule.due(facts.starts_at, facts.zone)
    if due >= facts.starts_at:
        return Reason.AFTER_THE_START
    if facts.told_until is not None and due <= facts.told_until:
        return Reason.DUPLICATE
    if due >= max(holds_from, rule.since):
        return _outside_quiet_hours(due, facts, earliest=holds_from, latest=latest)
    if late and after_a_stay and due == _latest(facts):
        return _outside_quiet_hours(holds_from, facts, earliest=holds_from, latest=latest)
    return Reason.OFFSET_PASSED


def _latest(facts: Facts) -> dt.datetime:
    return max(
        rule.due(facts.starts_at, facts.zone)
        for rule in facts.rules
        if rule.when in BEFORE_THE_VISIT and rule.only_if != RuleOnlyIf.HIGH_RISK
    )


def _outside_quiet_hours(
    due: dt.datetime, facts: Facts, *, earliest: dt.datetime, latest: dt.datetime
) -> dt.datetime | Reason:
    """The due time itself, or the next moment that is allowed and early enough, or the last one
    before; a reason if there is neither."""
    later = next_allowed(due, facts.quiet)
    if later == due:
        return due
    if later is not None and later <= latest:
        return later
    sooner = last_allowed(due, facts.quiet)
    if sooner is not None and sooner >= earliest:
        return sooner
    return Reason.QUIET_HOURS
