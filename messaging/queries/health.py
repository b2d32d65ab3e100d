"""How the engine is doing, for `/health/queue` and for whoever watches. Names nobody."""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.db.models import Count, Min

from clients.models import Channel
from common.clock import now
from messaging.models import ChannelState, Heartbeat, Message
from messaging.queries.lateness import Lateness, lateness
from messaging.queries.outcomes import Outcomes, doubt, outcomes
from messaging.states import MessageState

HEART = "engine"
MOST_COUNTED = 10_000

Status = Literal["ok", "late", "silent"]


@dataclass(frozen=True)
class ChannelHealth:
    """What is due on a channel (counted up to 10,000), how long the oldest has been, in seconds,
    and whether the channel pauses after too many faults."""

    backlog: int
    oldest_due_age_seconds: float
    paused: bool


@dataclass(frozen=True)
class EngineHealth:
    """`silent`: no tick came through Redis and a worker for a while; `late`: something waits too
    long. Ages in seconds."""

    status: Status
    heartbeat_age_seconds: float | None
    channels: dict[str, ChannelHealth]
    lateness: Lateness
    last_hour: Outcomes
    unknown: int
    unknown_without_task: int

    @property
    def well(self) -> bool:
        return self.status == "ok"

    @property
    def backlog(self) -> int:
        return sum(channel.backlog for channel in self.channels.values())

    @property
    def paused_channels(self) -> list[str]:
        return [name for name, channel in self.channels.items() if channel.paused]


def engine_health() -> EngineHealth:
    """The heart's last beat, what waits, how late it is, what failed, and what is in doubt."""
    beat = _heartbeat_age()
    channels = _channels()
    unsure = doubt()
    return EngineHealth(
        status=_status(beat, max(c.oldest_due_age_seconds for c in channels.values())),
        heartbeat_age_seconds=beat,
        channels=channels,
        lateness=lateness(),
        last_hour=outcomes(),
        unknown=unsure.messages,
        unknown_without_task=unsure.forgotten,
    )


def engine_status() -> Status:
    """No more than the word."""
    return _status(_heartbeat_age(), max(_waiting(channel, at_most=1)[1] for channel in Channel))


def due_count(channel: Channel, *, at_most: int) -> int:
    """How many messages of a channel are due, counted no further than `at_most`."""
    return _waiting(channel, at_most=at_most)[0]


def _status(heartbeat_age: float | None, oldest_due_age: float) -> Status:
    if heartbeat_age is None or heartbeat_age > settings.ENGINE_SILENT_SECONDS:
        return "silent"
    return "late" if oldest_due_age > settings.ENGINE_LATE_SECONDS else "ok"


def _heartbeat_age() -> float | None:
    beat = Heartbeat.objects.filter(name=HEART).first()
    return (now() - beat.at).total_seconds() if beat else None


def _waiting(channel: Channel, *, at_most: int) -> tuple[int, float]:
    """How many are due on a channel, counted so far, and how long the oldest has been."""
    moment = now()
    due = Message.objects.filter(channel=channel, state=MessageState.SCHEDULED, send_at__lte=moment)
    oldest_first = due.order_by("send_at").values("send_at")[:at_most]
    found = oldest_first.aggregate(count=Count("*"), oldest=Min("send_at"))
    age = (moment - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    return found["count"], age


def _channels() -> dict[str, ChannelHealth]:
    paused = set(
        ChannelState.objects.filter(paused_until__gt=now()).values_list("channel", flat=True)
    )
    waiting = {channel: _waiting(channel, at_most=MOST_COUNTED) for channel in Channel}
    return {
        str(channel): ChannelHealth(backlog, age, paused=channel in paused)
        for channel, (backlog, age) in waiting.items()
    }
