"""The reminders that a facility starts with (`docs/domain` 6.2: 72 h and 24 h, or one at booking)."""

import datetime as dt

from appointments.states import RuleChannel, RuleWhen

HOUR = 60

DEFAULT_RULES: tuple[tuple[RuleWhen, int | None, RuleChannel], ...] = (
    (RuleWhen.OFFSET, 72 * HOUR, RuleChannel.PREFERRED),
    (RuleWhen.OFFSET, 24 * HOUR, RuleChannel.PREFERRED),
    (RuleWhen.BOOKED_LATE, None, RuleChannel.PREFERRED),
)
LONGEST_OFFSET = dt.timedelta(days=30)
