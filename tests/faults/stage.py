"""Everything as real processes on servers of its own, with a fault proxy before each server.

PostgreSQL waits for the disk, as in production. Whoever dies is started again by `tend`, as a
supervisor does. Time is not faked: messages are made due over a window of seconds.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from dev.binaries import copied_to, from_wheels
from dev.console import Trouble
from dev.demo import QUEUES
from dev.environment import database_passwords, dev_secrets, environment
from dev.places import ROOT, make_local, passing_run, servers_home
from dev.postgres import APPLICATION, DATABASE, OWNER, Postgres
from dev.processes import free_port, kill_group, last_line, server_account, start, stop
from dev.services import end_leftovers
from dev.valkey_server import Valkey
from tests.faults import mails, texts
from tests.faults.choice import Choice
from tests.faults.ledger import Ledger
from tests.faults.oracle import Verdict, compare
from tests.faults.proxy import LOOPBACK, Mode, Proxy
from tests.faults.rows import (
    AWAKE,
    CLEAN,
    DROP_INDEX,
    NEEDS_NO_INDEX,
    RESTORE_INDEX,
    SETTLED,
    choose,
    make_due,
)

GIVEN = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "PORT", "DEBUG")
LEASE_SECONDS = 6
PATIENCE = 3.0


@dataclass
class Kept:
    """A process that is started again when it ends."""

    arguments: Sequence[str]
    env: dict[str, str]
    process: "subprocess.Popen[bytes]"
    starts: int = 1


@dataclass
class Stage:
    """Servers, proxies, providers, and the engine's processes."""

    folder: Path
    seed: int = 1
    env: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    _without_index: bool = False

    def __enter__(self) -> "Stage":
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        own, account = dev_secrets(make_local()), server_account()
        home = servers_home(account)
        programs = copied_to(home) if account else from_wheels()
        folder = stack.enter_context(passing_run(home, end_leftovers))
        self.postgres = Postgres(programs, folder, account, database_passwords(own), durable=True)
        self.valkey = Valkey(programs, folder, account, own["DEV_VALKEY_PASSWORD"])
        for server in (self.postgres, self.valkey):
            stack.callback(server.stop)
            server.start()
        self.database, self.redis = self._proxies(stack, self.postgres.port, self.valkey.port)
        self.ledger = Ledger(self.folder / "ledger.jsonl")
        stack.callback(self.ledger.close)
        self.text_choice = Choice(self.seed, {}, usual=texts.OK)
        self.mail_choice = Choice(self.seed, {}, usual=mails.OK)
        self.connection_choice = Choice(self.seed, {}, usual=mails.OK)
        self.texts = texts.Texts(
            ledger=self.ledger, choice=self.text_choice, patience=PATIENCE,
            account=own["TWILIO_ACCOUNT_SID"], token=own["TWILIO_AUTH_TOKEN"],
        )  # fmt: skip
        self.mails = mails.Mails(
            ledger=self.ledger, mails=self.mail_choice, connections=self.connection_choice
        )
        for provider in (self.texts, self.mails):
            provider.start()
            stack.callback(provider.stop)
        self.sms, self.smtp = self._proxies(stack, self.texts.port, self.mails.smtp_port)
        self.web_port = free_port()
        outside = {name: value for name, value in os.environ.items() if name not in GIVEN}
        outside["DJANGO_SETTINGS_MODULE"] = "config.settings"
        outside["CASEWORK_ENV"] = "development"
        self.env = environment(outside, own, more=self._addresses()) | self._addresses()
        stack.callback(self.stop_all)
        self.run("manage.py", "migrate", "--no-input", "--verbosity", "0")

    def _proxies(self, stack: ExitStack, *targets: int) -> list[Proxy]:
        return [stack.enter_context(Proxy(target)) for target in targets]

    def _addresses(self) -> dict[str, str]:
        def through(url: str, proxy: Proxy) -> str:
            parts = urlsplit(url)
            return parts._replace(
                netloc=parts.netloc.rpartition(":")[0] + f":{proxy.port}"
            ).geturl()

        return {
            "DATABASE_URL": through(self.postgres.url(APPLICATION), self.database),
            "MIGRATION_DATABASE_URL": through(self.postgres.url(OWNER), self.database),
            "REDIS_URL": through(self.valkey.url(), self.redis),
            "EMAIL_PORT": str(self.smtp.port),
            "TWILIO_API_URL": f"http://{LOOPBACK}:{self.sms.port}",
            "PUBLIC_URL": f"http://{LOOPBACK}:{self.web_port}",
            "LEASE_SECONDS": str(LEASE_SECONDS),
        }

    # ── Data ──────────────────────────────────────────────────────────────────────────────────

    def fill(self, clients: int) -> None:
        """Clients with coming visits and planned reminders, by COPY."""
        arguments = ["-m", "benchmarks.data", "--size", "S5k", "--clients", str(clients)]
        self.run(*arguments, "--seed", str(self.seed), owner=True)
        self.sql(AWAKE)

    def reset(self, due: int, *, channels: Sequence[str] = ("email", "sms")) -> None:
        """As before anything was sent: `due` messages chosen, none due yet, an empty ledger."""
        self.heal()
        self.ledger.clear()
        for statement in CLEAN:
            self._insist(statement)
        found = choose(self.connect(), due, channels)
        if found < due:
            raise Trouble(f"Only {found} reminders are ahead: fill with more clients.")

    def make_due(self, seconds: float) -> None:
        """The chosen fall due, one after the other, within these seconds."""
        make_due(self.connect(), seconds)

    def connect(self) -> "psycopg.Connection[Any]":
        """Straight to the server, as the owner, past the proxy."""
        url = self.postgres.url(OWNER).replace("postgres://", "postgresql://", 1)
        return psycopg.connect(url, autocommit=True)

    def sql(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.connect() as link:
            done = link.execute(statement, values or None)  # type: ignore[arg-type]
            return done.fetchall() if done.description else []

    def _insist(self, statement: str) -> None:
        """Once more after a deadlock: a late callback may be handled in this moment."""
        for _ in range(5):
            with suppress(psycopg.errors.DeadlockDetected):
                self.sql(statement)
                return
        self.sql(statement)

    def judge(self, forbidden_since: dict[str, Any] | None = None) -> Verdict:
        """The oracle's word on the run so far."""
        with self.connect() as link:
            return compare(link, self.ledger.all(), forbidden_since or {})

    # ── Processes ─────────────────────────────────────────────────────────────────────────────

    def run(self, *arguments: str, owner: bool = False) -> str:
        """Run Python with these arguments to its end; what it printed."""
        role = {"CASEWORK_DATABASE_ROLE": "owner"} if owner else {}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.env | role, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Trouble(f"{' '.join(arguments)} failed: {done.stderr[-2000:]}")
        return done.stdout

    def start_web(self) -> None:
        """The web server, for callbacks, bookings and `/health/queue`."""
        gunicorn = ["-m", "gunicorn", "config.wsgi:application", "--no-control-socket"]
        gunicorn += ["--bind", f"{LOOPBACK}:{self.web_port}", "--workers", "1"]
        self.keep("web", [*gunicorn, "--worker-class", "gthread", "--threads", "8"])
        self.until(lambda: self.health() is not None, seconds=30, why="the web server answers")

    def start_engine(
        self,
        *,
        workers: int = 1,
        beats: int = 1,
        ticks: int = 1,
        without: str = "",
        crash_at: str = "",
    ) -> None:
        """Real workers of two children each, and beats."""
        if without in NEEDS_NO_INDEX:
            self.sql(DROP_INDEX)
            self._without_index = True
        more = {"TICKS": str(ticks), "WITHOUT": without, "CRASH_AT": crash_at}
        celery = ["-m", "celery", "--app", "tests.faults.worker"]
        for number in range(workers):
            worker = [*celery, "worker", "--queues", QUEUES, "--concurrency", "2"]
            worker += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
            self.keep(f"worker-{number}", [*worker, "--hostname", f"w{number}@%h"], more)
        for number in range(beats):
            schedule = str(self.folder / f"beat-{number}")
            beat = [*celery, "beat", "--pidfile=", "--schedule", schedule]
            self.keep(f"beat-{number}", beat, more)
        if beats and not crash_at:
            self.until(self.beats, seconds=60, why="the engine's heart beats")

    def stop_engine(self) -> None:
        """End workers and beats, at once; the guards that were taken away come back."""
        for name in [name for name in self.kept if name != "web"]:
            self._end(name)
        self._cut_sessions()
        if self._without_index:
            self.sql("TRUNCATE messaging_attempt")
            self.sql(RESTORE_INDEX)
            self._without_index = False

    def _cut_sessions(self) -> None:
        """What the dead left running in the database ends too; the web server connects again."""
        with self.postgres._connect(DATABASE) as link:
            link.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
                [APPLICATION],
            )

    def stop_all(self) -> None:
        """End every process of ours."""
        for name in list(self.kept):
            self._end(name)

    def keep(self, name: str, arguments: Sequence[str], more: dict[str, str] | None = None) -> None:
        """Start a process and keep it alive by `tend`."""
        env = self.env | (more or {})
        self.kept[name] = Kept(arguments, env, self._launch(name, arguments, env))

    def tend(self) -> None:
        """Start again whoever has ended, as a supervisor does."""
        for name, kept in self.kept.items():
            if kept.process.poll() is not None:
                kept.process = self._launch(name, kept.arguments, kept.env)
                kept.starts += 1

    def until(self, what: Callable[[], Any], *, seconds: float, why: str) -> float:
        """Tend until it is so; the seconds it took."""
        begun = time.monotonic()
        while not what():
            self.tend()
            if time.monotonic() - begun > seconds:
                said = {name: last_line(self._log(name)) for name in self.kept}
                raise Trouble(f"Not within {seconds:.0f} s: {why}. Last words: {said}")
            time.sleep(0.2)
        return time.monotonic() - begun

    def settle(self, seconds: float = 120) -> float:
        """Until nothing is due or being sent."""
        return self.until(lambda: not self.sql(SETTLED)[0][0], seconds=seconds, why="it settles")

    def settled_or_not(self, seconds: float) -> None:
        """As `settle`, for a control that may never get there."""
        deadline = time.monotonic() + seconds
        while self.sql(SETTLED)[0][0] and time.monotonic() < deadline:
            self.tend()
            time.sleep(0.2)

    def beats(self) -> bool:
        """Whether a tick came through Redis and a worker within the last three seconds."""
        return bool(
            self.sql("SELECT 1 FROM messaging_heartbeat WHERE at > now() - interval '3 seconds'")
        )

    def health(self) -> tuple[int, str] | None:
        """What `/health/queue` says; None when nobody answers."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"http://{LOOPBACK}:{self.web_port}/health/queue", timeout=5) as said:
                return said.status, said.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return None

    def children_of(self, name: str) -> list[int]:
        """The ids of a worker's children."""
        pid = self.kept[name].process.pid
        try:
            return [
                int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            ]
        except OSError:
            return []

    def freeze(self, name: str) -> None:
        """Stop a process and its children where they are; they stay alive."""
        os.killpg(self.kept[name].process.pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """They go on."""
        os.killpg(self.kept[name].process.pid, signal.SIGCONT)

    @staticmethod
    def kill(pid: int) -> None:
        """kill -9; nothing happens when it is gone."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _launch(
        self, name: str, arguments: Sequence[str], env: dict[str, str]
    ) -> "subprocess.Popen[bytes]":
        return start([sys.executable, *arguments], log=self._log(name), env=env, cwd=ROOT)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _end(self, name: str) -> None:
        process = self.kept.pop(name).process
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        kill_group(process.pid)
        stop(process)

    # ── Servers that go and come ──────────────────────────────────────────────────────────────

    def heal(self) -> None:
        """Every proxy passes on, every server runs."""
        for proxy in (self.database, self.redis, self.sms, self.smtp):
            proxy.set(Mode.OK)
        if self.valkey.process is None or self.valkey.process.poll() is not None:
            self.start_redis()

    def flush_redis(self) -> None:
        """Every queued tick is gone."""
        with socket.create_connection((LOOPBACK, self.valkey.port), 2) as link:
            link.sendall(f"AUTH {self.valkey.password}\r\nFLUSHALL\r\n".encode())
            link.recv(100)

    def stop_redis(self) -> None:
        """Nothing in it is kept."""
        self.valkey.stop()

    def start_redis(self) -> None:
        self.valkey.start()
        self.redis.target = self.valkey.port

    def restart_postgres(self) -> None:
        """An immediate shutdown, as a crash: the log is replayed at the start."""
        process = self.postgres.process
        assert process is not None
        stop(process, (signal.SIGQUIT, 10.0))
        self.postgres.start()
        self.database.target = self.postgres.port
