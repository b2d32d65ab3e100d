"""A channel that fails five times in a row pauses; its messages wait, and somebody is told.

After the pause one drain tries one message, while the others still wait: a provider that is down is
not met with a full batch, and ten messages don't take a fault each.
"""

import datetime as dt
from collections.abc import Sequence
from enum import Enum

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from clients.models import Channel
from common.clock import now
from messaging.models import ChannelState
from messaging.statements import Outcome
from messaging.states import AttemptState
from worklist.models import Priority, TaskKind
from worklist.services import open_task, withdraw_tasks

FAULTS_THAT_OPEN = 5
MOST_COUNTED = 1000
PAUSE = dt.timedelta(seconds=60)
PROBE_TAKES = dt.timedelta(seconds=30)
"""Longer than the providers' time-outs: a probe whose worker died is not waited for."""


class Standing(Enum):
    """What a drain may do."""

    OPEN = "send"
    PROBING = "try one"
    PAUSED = "wait"


def ask(channel: Channel) -> Standing:
    """What may be tried now. Of several that ask after a pause, one is told to try."""
    state = ChannelState.objects.filter(channel=channel).first()
    if state is None or state.paused_until is None:
        return Standing.OPEN
    moment = now()
    over = ChannelState.objects.filter(channel=channel, paused_until__lte=moment)
    probing = over.update(paused_until=moment + PROBE_TAKES)
    return Standing.PROBING if probing else Standing.PAUSED


def end_probe(channel: Channel) -> None:
    """Nothing was due, so nothing was learned: the next drain may try."""
    ChannelState.objects.filter(channel=channel, paused_until__isnull=False).update(
        paused_until=now()
    )


@transaction.atomic
def note_fault(channel: Channel) -> None:
    """The channel itself failed: not this message, any message."""
    ChannelState.objects.get_or_create(channel=channel)
    ChannelState.objects.filter(channel=channel).update(
        faults_in_a_row=Least(F("faults_in_a_row") + 1, MOST_COUNTED)
    )
    state = ChannelState.objects.select_for_update().get(channel=channel)
    if state.faults_in_a_row >= FAULTS_THAT_OPEN:
        state.paused_until = now() + PAUSE
        state.save(update_fields=["paused_until"])
        open_task(
            kind=TaskKind.CHANNEL_DOWN,
            source=f"channel:{channel}",
            client=None,
            facility=None,
            priority=Priority.HIGH,
        )


@transaction.atomic
def note_success(channel: Channel) -> None:
    """Something went through: the channel works. Writes only if it had not."""
    closed = ChannelState.objects.filter(channel=channel, faults_in_a_row__gt=0).update(
        faults_in_a_row=0, paused_until=None
    )
    if closed:
        withdraw_tasks(sources=[f"channel:{channel}"], kinds=(TaskKind.CHANNEL_DOWN,))


class Watch:
    """What one drain learns of its channel. What fails together is one fault, not ten; and that
    it works is noted once.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._success_noted = False
        self.works = True

    def see(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from these."""
        if any(o.attempt_state == AttemptState.ACCEPTED for o in outcomes):
            self._see_success()
        if any(o.attempt_state == AttemptState.DEFERRED and not o.tries for o in outcomes):
            self._see_fault()

    def _see_success(self) -> None:
        if self.works and not self._success_noted:
            note_success(self._channel)
            self._success_noted = True

    def _see_fault(self) -> None:
        if self.works:
            note_fault(self._channel)
            self.works = False
