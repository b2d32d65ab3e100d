"""Negative controls: a worker with one guard taken away, and whatever would stand in for it.

The guards overlap on purpose, so a control also removes those behind the one it is named after;
what the oracle then sees is what that row of guards prevents.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Value

from common.clock import now
from messaging import statements
from messaging.models import Attempt, Message
from messaging.purposes import purposes
from messaging.services import authorise, drain, sweep
from messaging.states import AttemptState, MessageState

ON_CONFLICT = (
    "ON CONFLICT (message_id) WHERE state IN ('in_flight', 'accepted', 'unknown') DO NOTHING"
)


def taken_from(text: str, *parts: str) -> str:
    """The statement without these; a part that isn't there would leave the guard standing."""
    for part in parts:
        assert part in text, part
        text = text.replace(part, "")
    return text


def skip_locked() -> None:
    """Whoever looks first, all take the same rows; nothing later asks whose they are."""
    statements.CLAIM = taken_from(statements.CLAIM, "FOR UPDATE SKIP LOCKED").replace(
        "state = 'scheduled' AND", "state IN ('scheduled', 'sending') AND"
    )
    statements.ARM = taken_from(
        statements.ARM, "AND NOT m.armed", "AND m.lease = %(lease)s", ON_CONFLICT
    )
    authorise.leased = drain.leased = _leased_by_anybody  # type: ignore[assignment]


def _leased_by_anybody(ids, lease):
    rows = Message.objects.filter(pk__in=ids).select_related("client", "facility", "contact_point")
    return list(rows.annotate(has_consent=Value(True), opted_out=Value(False)))


def live_attempt_index() -> None:
    """What is in doubt is simply sent again, and no index says that an attempt may have arrived."""
    statements.ARM = taken_from(statements.ARM, ON_CONFLICT)

    def try_again() -> int:
        lapsed = Message.objects.filter(state=MessageState.SENDING, lease_until__lt=now())
        Attempt.objects.filter(message__in=lapsed).update(state=AttemptState.UNKNOWN)
        return lapsed.update(
            state=MessageState.SCHEDULED, lease=None, lease_until=None, armed=False
        )

    sweep.call_unknown = try_again


def arming_first() -> None:
    """Handed over before the attempt is committed: a kill between takes the record with it."""

    def send_due(self, *, most: int | None = None) -> int:
        lease, ids = drain.claim(self._channel)
        for start in range(0, len(ids), drain.ARM_AT_ONCE):
            with transaction.atomic():
                outgoing = drain.prepare(ids[start : start + drain.ARM_AT_ONCE], lease)
                outcomes = drain.hand_over(self._session, outgoing)
            drain.settle(self._channel, outcomes)
        return len(ids)

    assert hasattr(drain._Sending, "send_due")
    drain._Sending.send_due = send_due


def recheck() -> None:
    """What was allowed when it was planned goes, whatever happened since."""
    authorise._forbidden = lambda message, purpose, moment: None
    reminder = type(purposes["reminder"])
    reminder.recheck = _whatever_it_carries


def _whatever_it_carries(purpose, messages):
    from appointments.purpose import NO_WORDS
    from appointments.queries import carried_by

    found = {message.pk: [] for message in messages}
    for each in carried_by(found):
        found[each.message_id].append(each)
    return {m.pk: purpose._content(m, found[m.pk], NO_WORDS) for m in messages if found[m.pk]}


def lease() -> None:
    """A claim that never lapses: who holds it and dies holds it for ever."""
    settings.LEASE_SECONDS = int(dt.timedelta(days=365).total_seconds())


GUARDS = {
    "skip_locked": skip_locked,
    "live_attempt_index": live_attempt_index,
    "arming_first": arming_first,
    "recheck": recheck,
    "lease": lease,
}
