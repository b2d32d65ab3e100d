"""How fast messages go: bounds a second for a sender, a minute for a facility. They delay, never drop.

The counts are in Redis, where every worker sees them. While it is away each process holds the same
bounds for itself: with two workers that is up to twice as fast, and still a bound.
"""

import functools
import logging
import time
import uuid
from dataclasses import dataclass

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from clients.models import Channel

log = logging.getLogger(__name__)

REDIS_SECONDS = 0.5
ALONE_SECONDS = 5.0
"""After Redis failed, how long it is not asked: a time-out at each step would be the slower bound."""

# A bucket of tokens: it fills by `rate` a second up to `most`, and gives what it has of what is asked.
# A negative wish gives back. By the server's own clock, which is the same one for all.
TAKE = """
local time = redis.call('TIME')
local at = time[1] + time[2] / 1000000
local rate, most, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = most
if held[1] then
    tokens = math.min(most, held[1] + math.max(0, at - held[2]) * rate)
end
local granted = math.min(wanted, math.max(0, math.floor(tokens + 0.000001)))
tokens = math.min(most, tokens - granted)
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', at))
redis.call('EXPIRE', KEYS[1], math.ceil(most / rate) + 1)
return {granted, string.format('%.6f', math.max(0, 1 - tokens) / rate)}
"""


@dataclass(frozen=True)
class Granted:
    """How many may go now, and in how many seconds one more."""

    now: int
    wait: float


class Bucket:
    """One bound: `rate` a second, up to `most` at once."""

    _alone_until = 0.0  # of the process, for all buckets: there is one Redis

    def __init__(self, key: str, *, rate: float, most: int) -> None:
        self._key = f"casework:pace:{key}"
        self.rate = rate
        self._most = most
        self._tokens, self._at = float(most), time.monotonic()

    def take(self, wanted: int) -> Granted:
        """Take up to this many."""
        if time.monotonic() >= Bucket._alone_until:
            try:
                found = _redis().eval(TAKE, 1, self._key, self.rate, self._most, wanted)
                return Granted(int(found[0]), float(found[1]))
            except (RedisError, OSError):
                if not Bucket._alone_until:
                    log.warning("pace.degraded: each process keeps the bounds for itself")
                Bucket._alone_until = time.monotonic() + ALONE_SECONDS
        return self._take_alone(wanted)

    def give_back(self, unused: int) -> None:
        """What was taken and not needed."""
        if unused > 0:
            self.take(-unused)

    def _take_alone(self, wanted: int) -> Granted:
        moment = time.monotonic()
        self._tokens = min(self._most, self._tokens + (moment - self._at) * self.rate)
        self._at = moment
        granted = min(wanted, max(0, int(self._tokens + 1e-6)))
        self._tokens = min(self._most, self._tokens - granted)
        return Granted(granted, max(0.0, 1 - self._tokens) / self.rate)


class Unbounded(Bucket):
    """No bound is set."""

    def __init__(self) -> None:
        super().__init__("", rate=1, most=1)

    def take(self, wanted: int) -> Granted:
        """All of it."""
        return Granted(wanted, 0)


@functools.cache
def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )


@functools.cache
def _bucket(key: str, rate: float, most: int) -> Bucket:
    return Bucket(key, rate=rate, most=most)


def sender_pace(channel: Channel) -> Bucket:
    """The bound of the number or address that messages of this channel come from."""
    if channel is Channel.SMS:
        sender, a_second = settings.TWILIO_FROM_NUMBER, settings.SMS_PER_SECOND
    else:
        sender, a_second = settings.DEFAULT_FROM_EMAIL, settings.EMAIL_PER_SECOND
    if not a_second:
        return Unbounded()
    return _bucket(f"sender:{channel}:{sender}", a_second, max(1, int(a_second)))


def facility_pace(facility_id: uuid.UUID, a_minute: int | None) -> Bucket:
    """A facility's bound, its own or everybody's. What may go at once is taken off what comes later:
    no minute, wherever it begins, has more than the bound.
    """
    bound = a_minute or settings.MESSAGES_PER_FACILITY_MINUTE
    if not bound:
        return Unbounded()
    most = max(1, bound // 6)
    return _bucket(f"facility:{facility_id}", max(1, bound - most) / 60, most)
