"""The cache: Redis while it answers, this process while it doesn't. Nothing true lives in it."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

REDIS_SECONDS = 0.5


def redis_answers() -> bool:
    """Whether Redis is there, asked with a short time-out and no cached connection."""
    return list_lengths(()) is not None


def list_lengths(names: Iterable[str]) -> dict[str, int] | None:
    """How long these lists in Redis are; None while it does not answer, which is soon known."""
    client = Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )
    wanted = list(names)
    try:
        with client.pipeline(transaction=False) as asked:
            asked.ping()
            for name in wanted:
                asked.llen(name)
            return dict(zip(wanted, asked.execute()[1:], strict=True))
    except (RedisError, OSError):
        return None
    finally:
        client.close()


class DegradingCache(RedisCache):
    """Throttle counters and the like stay in force, per process, while Redis is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._local = LocMemCache("casework-degraded", params)

    def _either(self, name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), name)(*args, **kwargs)
        except (RedisError, OSError):
            log.warning("cache.degraded operation=%s", name)
            return getattr(self._local, name)(*args, **kwargs)


def _degrading(name: str) -> Callable[..., Any]:
    def operation(self: DegradingCache, *args: Any, **kwargs: Any) -> Any:
        return self._either(name, *args, **kwargs)

    operation.__name__ = name
    return operation


for _name in ("add", "get", "set", "touch", "delete", "incr", "has_key", "get_many", "set_many"):
    setattr(DegradingCache, _name, _degrading(_name))
