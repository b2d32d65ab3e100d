"""The reminders that a facility starts with: 72 h and 24 h before, or one at booking; a third one 2 h
before for who missed two visits lately."""

import datetime as dt

from appointments.states import RuleOnlyIf, RuleWhen

HOUR = 60

DEFAULT_RULES: tuple[tuple[RuleWhen, int | None, str], ...] = (
    (RuleWhen.OFFSET, 72 * HOUR, ""),
    (RuleWhen.OFFSET, 24 * HOUR, ""),
    (RuleWhen.OFFSET, 2 * HOUR, RuleOnlyIf.HIGH_RISK),
    (RuleWhen.BOOKED_LATE, None, ""),
)
"""When, how many minutes before, and for whom alone; by the channel that each client prefers."""

LONGEST_OFFSET = dt.timedelta(days=30)
