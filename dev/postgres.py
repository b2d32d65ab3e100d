"""A PostgreSQL server of our own: loopback TCP on a free port, passwords always, two roles."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from dev.binaries import Programs
from dev.console import Trouble, say
from dev.places import keep
from dev.processes import (
    Account,
    bare_environment,
    end_all,
    free_port,
    is_alive,
    processes_on,
    run_as,
    start,
    stop,
)

DATABASE, OWNER, APPLICATION, SUPERUSER = (
    "casework",
    "casework_owner",
    "casework_app",
    "postgres",
)
START_SECONDS = 60.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# A run that ends with its data: a crash of the machine may lose it, so nothing waits for the disk. And
# tests write in transactions that never end well: an analysis meanwhile finds tables without rows, and
# what is planned for those takes minutes for a table that fills up (the demo's making: 174 s, not 12).
PASSING = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass
class Postgres:
    """One server on one data directory, `folder/data`; `start()` makes what is missing."""

    programs: Programs
    folder: Path
    account: Account | None
    passwords: Mapping[str, str]
    durable: bool
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Where the server writes."""
        return self.folder / "postgres.log"

    def url(self, role: str) -> str:
        """The database's address for a role."""
        return f"postgres://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Start the server; a data directory that is not there, or was cut short, is made anew."""
        end_leftovers(self.folder)
        self.log.write_bytes(b"")
        fresh = not self._is_whole()
        if fresh:
            self._make()
        self._launch()
        if fresh:
            self._make_roles()
            self._marker.write_text(self._fingerprint())

    def stop(self) -> None:
        """A fast shutdown; an immediate one where nothing is kept, or when the first takes long."""
        if self.process is None:
            return
        gently = [(signal.SIGINT, 15.0)] if self.durable else []
        stop(self.process, *gently, (signal.SIGQUIT, 5.0))

    @property
    def _marker(self) -> Path:
        return self.folder / "whole"

    def _fingerprint(self) -> str:
        """Changes with what makes a data directory useless: the major version, the passwords."""
        version = self.programs.postgres.parent.parent / "share" / "postgres.bki"
        with version.open() as file:
            major = file.readline().strip()
        secret = "".join(f"{role}={word};" for role, word in sorted(self.passwords.items()))
        return f"{major} {hashlib.sha256(secret.encode()).hexdigest()[:16]}\n"

    def _is_whole(self) -> bool:
        if not self._marker.exists() or not (self.data / "PG_VERSION").exists():
            return False
        if self._marker.read_text() == self._fingerprint():
            return True
        aside = self.folder / "data.before"
        shutil.rmtree(aside, ignore_errors=True)
        self._marker.unlink()
        self.data.rename(aside)
        say(
            f"(the database was made by another PostgreSQL or other secrets: kept as {aside}) ",
            end="",
        )
        return False

    def _make(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        password = self.folder / "first-password"
        password.touch(mode=0o600)
        password.write_text(self.passwords[SUPERUSER])
        if self.account:
            for path in (self.data, password):
                os.chown(path, self.account.uid, self.account.gid)
        done = run_as(
            [
                self.programs.initdb,
                f"--pgdata={self.data}",
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
            ],
            account=self.account,
            cwd=self.folder,
        )
        password.unlink()
        if done.returncode != 0:
            self.log.write_text(done.stdout + done.stderr)
            raise Trouble(f"PostgreSQL could not make its data directory: {self._reason()}")

    def _launch(self) -> None:
        for _attempt in range(5):
            self.port = free_port()
            self.process = self._run_server()
            if self._answers():
                return
            said = self.log.read_text(errors="replace")
            stop(self.process, (signal.SIGQUIT, 2.0))
            if "Address already in use" not in said:
                break
            self.log.write_bytes(b"")
        raise Trouble(f"PostgreSQL did not start: {self._reason()}")

    def _run_server(self) -> "subprocess.Popen[bytes]":
        settings = SETTINGS | {"port": str(self.port)} | ({} if self.durable else PASSING)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return start(
            [self.programs.postgres, "-D", self.data, *options],
            log=self.log,
            env=bare_environment(),
            cwd=self.folder,
            account=self.account,
            last_words=signal.SIGINT,
        )

    def _answers(self) -> bool:
        """Whether the server takes connections, before it ends or the time is up."""
        deadline = time.monotonic() + START_SECONDS
        while self.process and self.process.poll() is None and time.monotonic() < deadline:
            try:
                self._connect(SUPERUSER).close()
            except psycopg.OperationalError:
                time.sleep(0.03)
            else:
                return True
        return False

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.passwords[SUPERUSER],
            dbname=database,
            connect_timeout=2,
            autocommit=True,
        )

    def _make_roles(self) -> None:
        """The owner migrates and may make test databases; the application only signs in."""
        names = {name: sql.Identifier(name) for name in (DATABASE, OWNER, APPLICATION)}
        owner, application, database = names[OWNER], names[APPLICATION], names[DATABASE]
        with self._connect(SUPERUSER) as connection:
            for statement in (
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                    owner, sql.Literal(self.passwords[OWNER])
                ),
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    application, sql.Literal(self.passwords[APPLICATION])
                ),
                sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner),
                sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, application),
            ):
                connection.execute(statement)
        with self._connect(DATABASE) as connection:
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(application))

    def _reason(self) -> str:
        said = self.log.read_text(errors="replace")
        if "No space left on device" in said or "Disk quota exceeded" in said:
            return "the disk is full. Free some space, then run the same command again."
        reasons = re.findall(r"(?:FATAL|PANIC|error|ERROR):\s+(.+)", said)
        return f"{reasons[-1] if reasons else 'no answer in time'} (all of it: {keep(self.log)})"


def end_leftovers(folder: Path) -> None:
    """Stop a server that a killed run left on this folder, and forget a pid file that misleads.

    A whole file that names a dead process stays: PostgreSQL looks after that itself, and checks
    for children that outlived it. It would stop at a cut one, or at an id that is somebody else's.
    """
    data = folder / "data"

    def alive() -> list[int]:
        return processes_on(data, "postgres")

    if alive():
        end_all(alive, (signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0))
    file = data / "postmaster.pid"
    if file.exists():
        first = file.read_text(errors="replace").partition("\n")[0]
        if not first.isdecimal() or is_alive(int(first)):
            file.unlink()
