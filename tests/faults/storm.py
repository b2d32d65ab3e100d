"""Faults in a seeded order while messages fall due: who is killed, what goes away, and when."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from tests.faults import mails, texts
from tests.faults.proxy import Mode
from tests.faults.stage import Stage


class Storm:
    """So many faults within so many seconds, each healed after its time."""

    def __init__(self, stage: Stage, *, seed: int, faults: int, redis_down: float) -> None:
        self.stage, self.count, self.redis_down = stage, faults, redis_down
        self.done: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._healing: list[tuple[float, Callable[[], None]]] = []
        self._acts: list[Callable[[], None]] = [
            self.kill_child, self.kill_child, self.kill_parent, self.kill_beat, self.freeze_child,
            self.flush_redis, self.redis_goes, self.postgres_restarts, self.proxy_fault,
            self.proxy_fault, self.proxy_fault,
        ]  # fmt: skip

    def order(self) -> list[Callable[[], None]]:
        """Each kind at least once where there is room, the rest by chance."""
        acts = list(self._acts)[: self.count]
        acts += self._random.choices(self._acts, k=max(0, self.count - len(acts)))
        self._random.shuffle(acts)
        return acts

    def blow(self, seconds: float, say: Callable[[str], None] = lambda line: None) -> None:
        """All faults within these seconds; everything is healed at the end."""
        acts, begun = self.order(), time.monotonic()
        moments = sorted(self._random.uniform(0, seconds) for _ in acts)
        for number, (act, at) in enumerate(zip(acts, moments, strict=True), start=1):
            while time.monotonic() - begun < at:
                self._pass()
            act()
            say(f"{number}/{len(acts)} {act.__name__}")
        while time.monotonic() - begun < seconds or self._healing:
            self._pass()
        self.stage.heal()

    def _pass(self) -> None:
        moment = time.monotonic()
        for at, heal in [one for one in self._healing if one[0] <= moment]:
            self._healing.remove((at, heal))
            heal()
        self.stage.tend()
        time.sleep(0.05)

    def _after(self, seconds: float, heal: Callable[[], None]) -> None:
        self._healing.append((time.monotonic() + seconds, heal))

    def _one_of(self, what: str) -> str:
        return self._random.choice([name for name in self.stage.kept if name.startswith(what)])

    def _child(self) -> int:
        """A child of some worker; one that has just been started gets the time to have some."""
        children: list[int] = []

        def found() -> bool:
            children[:] = self.stage.children_of(self._one_of("worker"))
            return bool(children)

        self.stage.until(found, seconds=30, why="a worker has children")
        return self._random.choice(children)

    # ── The faults ────────────────────────────────────────────────────────────────────────────

    def kill_child(self) -> None:
        self.stage.kill(self._child())
        self.done["kill -9 of a worker's child"] += 1

    def kill_parent(self) -> None:
        """Its children are left to themselves: they may finish what they hold."""
        self.stage.kept[self._one_of("worker")].process.kill()
        self.done["kill -9 of a worker"] += 1

    def kill_beat(self) -> None:
        self.stage.kept[self._one_of("beat")].process.kill()
        self.done["kill -9 of beat"] += 1

    def freeze_child(self) -> None:
        """Longer than its lease, sometimes: it wakes up and believes that it still holds it."""
        pid = self._child()
        _signal(pid, signal.SIGSTOP)
        self._after(self._random.uniform(1, 15), lambda: _signal(pid, signal.SIGCONT))
        self.done["a worker's child frozen"] += 1

    def flush_redis(self) -> None:
        with suppress(OSError):  # it may be stopped just now
            self.stage.flush_redis()
        self.done["FLUSHALL"] += 1

    def redis_goes(self) -> None:
        self.stage.stop_redis()
        self._after(self.redis_down, self.stage.start_redis)
        self.done["Redis stopped"] += 1

    def postgres_restarts(self) -> None:
        self.stage.restart_postgres()
        self.done["PostgreSQL restarted at once"] += 1

    def proxy_fault(self) -> None:
        name = self._random.choice(["database", "redis", "sms", "smtp"])
        mode = self._random.choice([Mode.DELAY, Mode.DROP, Mode.BLACK_HOLE, Mode.RESET])
        proxy = getattr(self.stage, name)
        proxy.set(mode, delay_seconds=0.2)
        self._after(self._random.uniform(0.5, 4), lambda: proxy.set(Mode.OK))
        self.done[f"{name}: {mode}"] += 1


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def providers_fail(stage: Stage) -> None:
    """The providers' own faults, by choice for each request."""
    stage.text_choice.weights = dict(texts.STORM)
    stage.mail_choice.weights = dict(mails.STORM)
    stage.connection_choice.weights = dict(mails.CONNECTING)


def providers_work(stage: Stage) -> None:
    """They accept whatever they are given."""
    stage.texts.behave({})
    for choice in (stage.text_choice, stage.mail_choice, stage.connection_choice):
        choice.weights = {}
