"""All of Casework as real processes on a database of its own: what `make demo` starts, for a test."""

import os
import subprocess
import sys
import tempfile
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

import psycopg
import requests

from dev.binaries import copied_to, from_wheels
from dev.demo import beat, worker
from dev.places import ROOT, servers_home
from dev.processes import free_port, server_account
from dev.valkey_server import Valkey
from tests.processes import Doubles, LoggedChildren, http_json, until


class Broker:
    """A Valkey of the test's own, which can be taken away and given back."""

    def __init__(self) -> None:
        account = server_account()
        home = servers_home(account)
        self._folder = tempfile.TemporaryDirectory(prefix="journey-", dir=home)
        folder = Path(self._folder.name)
        folder.chmod(0o711)
        if account:
            os.chown(folder, account.uid, account.gid)
        programs = copied_to(home) if account else from_wheels()
        self._server = Valkey(programs, folder, account, "journey")
        self._server.start()
        self.url = self._server.url()

    def stop(self) -> None:
        self._server.stop()

    def start_again(self) -> None:
        """On the same port, empty: whatever it held is gone."""
        self._server.process = self._server._run_server()

    def remove(self) -> None:
        self.stop()
        self._folder.cleanup()


class Stack:
    """The running processes, and how to speak with them from outside."""

    def __init__(self, folder: Path, *, web_workers: int = 2, engine: bool = True) -> None:
        self.children = LoggedChildren(folder)
        self.folder = folder
        self.web_workers = web_workers
        self.engine = engine
        self.database = f"journey_{uuid.uuid4().hex[:12]}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Stack":
        self._owner(f"CREATE DATABASE {self.database}")
        self.broker = Broker()
        self.env = self._environment()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.children.stop()
        self.broker.remove()
        self._owner(f"DROP DATABASE {self.database} WITH (FORCE)")

    def _owner(self, statement: str) -> None:
        owner = os.environ.get("MIGRATION_DATABASE_URL") or os.environ["DATABASE_URL"]
        with psycopg.connect(owner, autocommit=True) as link:
            link.execute(statement)

    def _environment(self) -> dict[str, str]:
        env = dict(os.environ) | {
            "CASEWORK_ENV": "development",
            "PUBLIC_URL": self.url,
            "LOG_LEVEL": "INFO",
            "REDIS_URL": self.broker.url,
        }
        for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL"):
            if env.get(name):
                parts = urllib.parse.urlsplit(env[name])
                env[name] = parts._replace(path=f"/{self.database}").geturl()
        env["DJANGO_SETTINGS_MODULE"] = "config.settings"
        return env

    def run(self, *arguments: str) -> str:
        """Run Python with these arguments; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.env,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _start(self) -> None:
        self.doubles = Doubles(self.children, self.env)
        self.env |= self.doubles.env
        self.run("manage.py", "migrate", "--no-input", "--verbosity", "0")
        self.run("-m", "tests.journeys.world")
        self.start_web()
        if self.engine:
            self.children.start("worker", worker(), self.env)
            self.children.start("beat", beat(self.folder), self.env)
        until(self.is_ready, seconds=60, why="the web server should be ready")

    def start_web(self, name: str = "web", **env: str) -> None:
        """A gunicorn with as many processes as asked for."""
        arguments = [
            "-m",
            "gunicorn",
            "config.wsgi:application",
            "--bind",
            f"127.0.0.1:{self.port}",
        ]
        arguments += ["--workers", str(self.web_workers), "--preload", "--no-control-socket"]
        self.children.start(name, arguments, self.env | env)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def text_from(self, number: str, body: str) -> None:
        """A client writes: the gateway calls our webhook, signed."""
        answer = http_json(
            "POST", f"{self.doubles.gateway}/dev/inbound",
            {"from": number, "to": self.env["TWILIO_FROM_NUMBER"], "body": body},
        )  # fmt: skip
        assert answer["status"] in (200, 204), answer


class Api:
    """A program that signed in for a token."""

    def __init__(self, stack: Stack, email: str, password: str) -> None:
        self.root = f"{stack.url}/api/v1"
        given = requests.post(
            f"{self.root}/auth/token/", json={"email": email, "password": password}, timeout=30
        )
        assert given.status_code == 201, given.text
        self.headers = {"Authorization": f"Token {given.json()['token']}"}

    def get(self, path: str, **parameters: Any) -> Any:
        answer = requests.get(
            f"{self.root}{path}", params=parameters, headers=self.headers, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, *, status: int = 201) -> Any:
        answer = requests.post(
            f"{self.root}{path}", json=body or {}, headers=self.headers, timeout=30
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None
