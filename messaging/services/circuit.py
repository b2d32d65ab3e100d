"""A channel that fails five times in a row pauses; its messages wait, and somebody is told."""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from clients.models import Channel
from common.clock import now
from messaging.models import ChannelState
from worklist.models import Priority, TaskKind
from worklist.services import open_task, withdraw_tasks

FAULTS_THAT_OPEN = 5
MOST_COUNTED = 1000
PAUSE = dt.timedelta(seconds=60)


def is_paused(channel: Channel) -> bool:
    """Whether nothing is to be tried now."""
    return ChannelState.objects.filter(channel=channel, paused_until__gt=now()).exists()


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


@transaction.atomic(savepoint=False)
def note_success(channel: Channel) -> None:
    """Something went through: the channel works. Writes only if it had not."""
    closed = ChannelState.objects.filter(channel=channel, faults_in_a_row__gt=0).update(
        faults_in_a_row=0, paused_until=None
    )
    if closed:
        withdraw_tasks(sources=[f"channel:{channel}"], kinds=(TaskKind.CHANNEL_DOWN,))
