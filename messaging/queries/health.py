"""How the engine is doing, for `/health/queue` and for whoever watches. Names nobody."""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from clients.models import Channel
from common.clock import now
from common.database import run
from messaging.late import late
from messaging.models import ChannelState, Heartbeat
from messaging.queries.lateness import Lateness, lateness
from messaging.queries.outcomes import Outcomes, doubt, outcomes

HEART = "engine"
MOST_COUNTED = 10_000

WAITING = """
SELECT count(*), min(since)
  FROM ((SELECT send_at AS since FROM messaging_message
          WHERE channel = %(channel)s AND state = 'scheduled' AND send_at <= %(now)s
          ORDER BY send_at LIMIT %(at_most)s)
        UNION ALL
        (SELECT lease_until FROM messaging_message
          WHERE channel = %(channel)s AND state = 'sending' AND lease_until < %(now)s
          ORDER BY lease_until LIMIT %(at_most)s)) AS waiting
"""

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
    long, a message or what messages wait for. Ages in seconds."""

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
    is_late = oldest_due_age > settings.ENGINE_LATE_SECONDS or any(ask() for ask in late)
    return "late" if is_late else "ok"


def _heartbeat_age() -> float | None:
    beat = Heartbeat.objects.filter(name=HEART).first()
    return (now() - beat.at).total_seconds() if beat else None


def _waiting(channel: Channel, *, at_most: int) -> tuple[int, float]:
    """How many are due on a channel, counted so far, and how long the oldest has been.

    One that a lost worker holds is due as well: the sweep takes it back within seconds, or nobody does.
    """
    moment = now()
    values = {"channel": channel, "now": moment, "at_most": at_most}
    [(count, oldest)] = run(WAITING, values)
    return min(count, at_most), (moment - oldest).total_seconds() if oldest else 0.0


def _channels() -> dict[str, ChannelHealth]:
    paused = set(
        ChannelState.objects.filter(paused_until__gt=now()).values_list("channel", flat=True)
    )
    waiting = {channel: _waiting(channel, at_most=MOST_COUNTED) for channel in Channel}
    return {
        str(channel): ChannelHealth(backlog, age, paused=channel in paused)
        for channel, (backlog, age) in waiting.items()
    }
