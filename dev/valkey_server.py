"""A Valkey server of our own: broker and cache, nothing kept, loopback TCP with a password."""

import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from dev.binaries import Programs
from dev.console import Trouble
from dev.places import keep
from dev.processes import (
    Account,
    bare_environment,
    end_all,
    free_port,
    last_line,
    processes_on,
    start,
    stop,
)

START_SECONDS = 20.0
# volatile-lru: when memory is short, only what has an expiry (the cache) goes, never a queue.
CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
set-proc-title no
save ""
appendonly no
maxmemory 128mb
maxmemory-policy volatile-lru
io-threads 1
"""


@dataclass
class Valkey:
    """One server whose working directory is `folder`."""

    programs: Programs
    folder: Path
    account: Account | None
    password: str
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Where the server writes."""
        return self.folder / "valkey.log"

    def url(self) -> str:
        """The broker's address."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server on a free port; another port when somebody was quicker."""
        end_leftovers(self.folder)
        for _attempt in range(5):
            self.log.write_bytes(b"")
            self.port = free_port()
            self.process = self._run_server()
            if self._answers():
                return
            stop(self.process, (signal.SIGTERM, 2.0))
            if "already in use" not in self.log.read_text(errors="replace"):
                break
        raise Trouble(f"Valkey did not start: {last_line(self.log)} (all of it: {keep(self.log)})")

    def stop(self) -> None:
        """Nothing is kept, so nothing is waited for."""
        if self.process is not None:
            stop(self.process, (signal.SIGTERM, 3.0))

    def _run_server(self) -> "subprocess.Popen[bytes]":
        """The settings go through standard input: on a command line anyone could read the password."""
        process = start(
            [self.programs.valkey, "--dir", self.folder, "-"],
            log=self.log,
            env=bare_environment(),
            cwd=self.folder,
            account=self.account,
            stdin=subprocess.PIPE,
        )
        assert process.stdin is not None
        text = CONFIG.format(port=self.port, password=self.password)
        with process.stdin as pipe:
            pipe.write(text.encode())
        return process

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.process and self.process.poll() is None and time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                    connection.sendall(f"AUTH {self.password}\r\n".encode())
                    if connection.recv(16).startswith(b"+OK"):
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        return False


def end_leftovers(folder: Path) -> None:
    """Stop a server that a killed run left on this folder."""

    def alive() -> list[int]:
        return processes_on(folder, "valkey-server")

    if alive():
        end_all(alive, (signal.SIGTERM, 3.0))
