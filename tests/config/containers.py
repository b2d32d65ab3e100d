"""The services of docker-compose.yml as processes: their own commands, settings and checks.

The tree is what the Dockerfile copies; a service sees the secrets that it lists and a /tmp of its
own. What only Docker could show (users, capabilities, networks, a root that can't be written) is
not here.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from deploy.make_secrets import main as make_secrets
from dev.binaries import copied_to, from_wheels
from dev.places import ROOT, servers_home
from dev.postgres import APPLICATION, DATABASE, OWNER, SUPERUSER, Postgres
from dev.processes import free_port, server_account, start, stop
from tests.config.compose import (
    build_line,
    compose,
    copy_context,
    env_file,
    image_environment,
    outside_path,
)

BIN = Path(sys.executable).parent
GIVEN = env_file(ROOT / "deploy" / "env.example") | {
    "EMAIL_HOST_USER": "casework",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
    "TWILIO_FROM_NUMBER": "+12175550100",
}


class Containers:
    """One tree, one PostgreSQL, and whichever services were started."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tree = folder, folder / "tree"
        self.secrets = folder / "secrets"
        self.web_port, self.redis_port = free_port(), free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._home = tempfile.TemporaryDirectory(
            prefix="containers-", dir=servers_home(server_account())
        )

    def __enter__(self) -> "Containers":
        self._build()
        make_secrets(self.secrets)
        for name in ("email_host_password", "email_service_token", "twilio_auth_token"):
            (self.secrets / name).write_text(f"word of {name}")
        self._start_postgres()
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes.values():
            stop(process)
        self.postgres.stop()
        self._home.cleanup()

    def _build(self) -> None:
        """The Dockerfile's COPY, and the line that collects the static files, run as it stands."""
        copy_context(self.tree)
        line = build_line("collectstatic").replace("/tmp/", f"{self.folder}/")
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.tree, env={"PATH": outside_path(BIN)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        shutil.rmtree(self.folder / "build")

    def _start_postgres(self) -> None:
        """As its image leaves it after the first start: a superuser, and a database of theirs."""
        account = server_account()
        home = Path(self._home.name)
        home.chmod(0o711)
        if account:
            os.chown(home, account.uid, account.gid)
        programs = copied_to(home.parent) if account else from_wheels()
        words = dict.fromkeys((SUPERUSER, OWNER, APPLICATION), self.secret("postgres_password"))
        self.postgres = Postgres(programs, home, account, words, durable=False)
        self.postgres.start()
        with psycopg.connect(self.admin_url("postgres"), autocommit=True) as link:
            for statement in ("DROP DATABASE {}", "CREATE DATABASE {}"):
                link.execute(sql.SQL(statement).format(sql.Identifier(DATABASE)))
            for role in (OWNER, APPLICATION):
                link.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
        for name in ("admin_database_url", "migration_database_url", "database_url"):
            self._rewrite(name, "@postgres/", f"@127.0.0.1:{self.postgres.port}/")
        self._rewrite("redis_url", "@redis:6379/", f"@127.0.0.1:{self.redis_port}/")

    def _rewrite(self, name: str, old: str, new: str) -> None:
        path = self.secrets / name
        assert old in path.read_text()
        text = path.read_text().replace(old, new)
        path.chmod(0o644)
        path.write_text(text)

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text().strip()

    def admin_url(self, database: str = DATABASE) -> str:
        word = self.secret("postgres_password")
        return f"postgres://{SUPERUSER}:{word}@127.0.0.1:{self.postgres.port}/{database}"

    def service(self, name: str, **given: str) -> tuple[dict[str, Any], dict[str, str], Path]:
        """What Compose would know of a service, its environment, and the folder that is its root."""
        root = self.folder / name
        for part in ("run/secrets", "tmp"):
            (root / part).mkdir(parents=True, exist_ok=True)
        service = compose(GIVEN | given)["services"][name]
        for secret in service["secrets"]:
            copy = root / "run" / "secrets" / secret
            copy.unlink(missing_ok=True)
            shutil.copy(self.secrets / secret, copy)
        environ = image_environment() | {
            key: self.inside(value, root) for key, value in service.get("environment", {}).items()
        }
        environ["PORT"] = str(self.web_port)
        environ["PATH"] = outside_path(
            BIN, from_wheels().valkey.parent, from_wheels().postgres.parent
        )
        return service, environ, root

    def inside(self, text: str, root: Path) -> str:
        """A text of the compose file with the paths and the ports that the test has instead."""
        text = re.sub(r"/(run/secrets|tmp)/", rf"{root}/\1/", text)
        text = text.replace(
            "appendonly no", f"appendonly no\nbind 127.0.0.1\nport {self.redis_port}"
        )
        return text.replace("0.0.0.0:8000", f"127.0.0.1:{self.web_port}")

    def run(self, name: str, **given: str) -> "subprocess.CompletedProcess[str]":
        """Run a service to its end."""
        service, environ, root = self.service(name, **given)
        return subprocess.run(
            [self.inside(word, root) for word in service["command"]],
            cwd=self.tree, env=environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def start(self, name: str) -> None:
        """Start a service."""
        service, environ, root = self.service(name)
        command = [self.inside(word, root) for word in service["command"]]
        self.processes[name] = start(
            [shutil.which(command[0], path=environ["PATH"]) or command[0], *command[1:]],
            log=self.log(name), env=environ, cwd=self.tree,
        )  # fmt: skip

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def is_healthy(self, name: str, **more: str) -> bool:
        """Run the service's own health check once."""
        service, environ, root = self.service(name)
        kind, *words = [self.inside(word, root) for word in service["healthcheck"]["test"]]
        command = words if kind == "CMD" else ["sh", "-c", *words]
        done = subprocess.run(
            command, cwd=self.tree, env=environ | more, capture_output=True, timeout=20, check=False
        )
        return done.returncode == 0

    def files(self) -> dict[str, float]:
        """Every file of the tree and when it was written."""
        return {
            str(path.relative_to(self.tree)): path.stat().st_mtime
            for path in self.tree.rglob("*")
            if path.is_file()
        }
