"""The processes of the demo: started with a log each, watched, stopped in order."""

import json
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from dev.console import Trouble, undisturbed
from dev.places import LOGS, ROOT
from dev.processes import last_line, start, stop

DOUBLE_SECONDS = 20.0
GRACE = (signal.SIGTERM, 10.0)


class Children:
    """Named processes; leaving the block stops them, the last started first."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._jobs: set[str] = set()

    def __enter__(self) -> "Children":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with undisturbed():
            self.stop()

    def start(self, name: str, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        """Run Python with these arguments; its output goes to `NAME.log`."""
        self._start(name, arguments, env, None)

    def start_double(
        self, name: str, arguments: Sequence[str], env: Mapping[str, str]
    ) -> dict[str, int]:
        """Run one of the doubles and read the line in which it says its ports."""
        process = self._start(name, arguments, env, subprocess.PIPE)
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], DOUBLE_SECONDS)
        line = process.stdout.readline() if ready else b""
        if not line:
            raise Trouble(f"The {name} did not start: {last_line(self._log(name))}")
        ports: dict[str, int] = json.loads(line)
        return ports

    def begin(self, command: str, *arguments: str, env: Mapping[str, str]) -> None:
        """Begin a management command, that others may run beside."""
        self._jobs.add(command)
        self._start(command, ["manage.py", command, *arguments], env, subprocess.PIPE)

    def finish(self, command: str, hear: Callable[[str], None] = lambda line: None) -> str:
        """Wait for the command to end well; what it printed. `hear` is given each line at once."""
        process = self._processes[command]
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line.decode(errors="replace")
            hear(line.decode(errors="replace").strip())
        code = process.wait()
        stop(self._processes.pop(command))
        self._jobs.remove(command)
        if code != 0:
            log = self._log(command)
            with log.open("a") as file:
                file.write(said)
            raise Trouble(f"manage.py {command} failed: {last_line(log)} See {log}")
        return said

    def check(self) -> None:
        """Say so when one of them has ended that should not."""
        for name, process in self._processes.items():
            code = process.poll()
            if code is not None and name not in self._jobs:
                log = self._log(name)
                raise Trouble(f"The {name} ended (exit code {code}): {last_line(log)} See {log}")

    def stop(self) -> None:
        """Ask the last started first; all that were asked end together, the doubles after them."""
        names = list(reversed(self._processes))
        asked = [name for name in names if self._processes[name].stdout is None]
        for name in asked:
            if self._processes[name].poll() is None:
                self._processes[name].send_signal(signal.SIGTERM)
        for name in asked:
            _wait(self._processes[name])
        for name in names:
            stop(self._processes.pop(name), GRACE)

    def _start(
        self, name: str, arguments: Sequence[str], env: Mapping[str, str], stdout: int | None
    ) -> subprocess.Popen[bytes]:
        log = self._log(name)
        log.write_bytes(b"")
        command = [sys.executable, *arguments]
        process = start(command, log=log, env=env, cwd=ROOT, stdout=stdout)
        self._processes[name] = process
        return process

    @staticmethod
    def _log(name: str) -> Path:
        return LOGS / f"{name.replace(' ', '-')}.log"


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(GRACE[1])
    except subprocess.TimeoutExpired:
        process.kill()
