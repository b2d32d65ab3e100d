"""Everything that is measured, as real processes on servers of their own, and the references beside it.

PostgreSQL waits for the disk as in production; the web servers, ours and the references', have two
workers by `gunicorn.conf.py`, DEBUG off, audit and access control on.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from dev.binaries import copied_to, from_wheels
from dev.children import Children
from dev.console import Trouble, step
from dev.demo import QUEUES, beat
from dev.environment import database_passwords, dev_secrets, environment
from dev.places import LOCAL, ROOT, make_local, passing_run, servers_home
from dev.postgres import APPLICATION, OWNER, Postgres
from dev.processes import free_port, server_account
from dev.services import end_leftovers
from dev.valkey_server import Valkey

GIVEN = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "PORT", "DEBUG")
READY_SECONDS = 30.0


@dataclass
class Stack:
    """The running processes: where they are, and how to start and stop some of them."""

    env: dict[str, str]
    children: Children
    ports: dict[str, int] = field(default_factory=dict)

    def run(self, *arguments: str, owner: bool = False) -> None:
        """Run Python with these arguments to its end, its output for all to see."""
        role = {"CASEWORK_DATABASE_ROLE": "owner"} if owner else {}
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=self.env | role)
        if done.returncode:
            raise Trouble(f"{' '.join(arguments)} failed.")

    def start_web(self, name: str, application: str) -> None:
        """A gunicorn with two workers."""
        port = self.ports[name] = free_port()
        self.children.start(
            f"bench {name}",
            [
                *("-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"),
                *("--workers", "2", "--preload", "--no-control-socket"),
            ],
            self.env,
        )

    def start_engine(self) -> None:
        """A Celery worker of two processes, and beat."""
        worker = ["-m", "celery", "--app", "config", "worker", "--queues", QUEUES]
        worker += ["--concurrency", "2", "--pool", "prefork", "--without-gossip"]
        worker += ["--without-mingle", "--loglevel", "WARNING"]
        self.children.start("bench worker", worker, self.env)
        self.children.start("bench beat", beat(LOCAL / "bench"), self.env)

    def wait_for(self, *names: str) -> None:
        """Until these accept connections."""
        deadline = time.monotonic() + READY_SECONDS
        for name in names:
            while not _listens(self.ports[name]):
                self.children.check()
                if time.monotonic() > deadline:
                    raise Trouble(f"The {name} server did not start: see .local/log.")
                time.sleep(0.1)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def running_stack(size: str, clients: int | None) -> Iterator[Stack]:
    """Servers, data, references, web, worker and beat; all gone afterwards."""
    own = dev_secrets(make_local())
    (LOCAL / "bench").mkdir(exist_ok=True)
    with ExitStack() as stack:
        with step("PostgreSQL and Valkey"):
            addresses = stack.enter_context(_servers(own))
        outside = {name: value for name, value in os.environ.items() if name not in GIVEN}
        env = environment(outside, own, more=addresses)
        children = stack.enter_context(Children())
        bench = Stack(env, children)
        with step("migrations"):
            bench.run("manage.py", "migrate", "--no-input", "--verbosity", "0")
        number = ["--clients", str(clients)] if clients else []
        bench.run("-m", "benchmarks.data", "--size", size, *number, owner=True)
        with step("web server, references, worker and beat"):
            ports = children.start_double("bench sink", ["-m", "benchmarks.sink"], env)
            bench.ports |= ports
            env["EMAIL_PORT"] = str(ports["smtp_port"])
            texts = children.start_double("bench texts", ["-m", "benchmarks.text_sink"], env)
            env["TWILIO_API_URL"] = f"http://127.0.0.1:{texts['text_port']}"
            bench.start_web("web", "config.wsgi:application")
            bench.start_web("bare", "benchmarks.ceiling.wsgi:application")
            bench.start_web("raw", "benchmarks.ceiling.raw:application")
            bench.start_engine()
            bench.wait_for("web", "bare", "raw")
            _wait_until_ready(bench.ports["web"])
        yield bench


@contextmanager
def _servers(own: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """PostgreSQL and Valkey on folders of this run; PostgreSQL durable, as it is in production."""
    account = server_account()
    home = servers_home(account)
    programs = copied_to(home) if account else from_wheels()
    with passing_run(home, end_leftovers) as folder:
        postgres = Postgres(programs, folder, account, database_passwords(own), durable=True)
        valkey = Valkey(programs, folder, account, own["DEV_VALKEY_PASSWORD"])
        with ExitStack() as stack:
            stack.callback(postgres.stop)
            postgres.start()
            stack.callback(valkey.stop)
            valkey.start()
            yield {
                "DATABASE_URL": postgres.url(APPLICATION),
                "MIGRATION_DATABASE_URL": postgres.url(OWNER),
                "REDIS_URL": valkey.url(),
            }


def _wait_until_ready(port: int) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"http://127.0.0.1:{port}/health/ready", timeout=READY_SECONDS):
        return
