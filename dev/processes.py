"""Starting and stopping processes so that none is left behind, however their parent ends."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dev.console import Trouble

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The unprivileged user that runs servers when we are root (PostgreSQL refuses root)."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """`nobody` when we are root, else None: servers then run as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise Trouble(
            "PostgreSQL does not run as root, and there is no user 'nobody' to run it: "
            "run this as an ordinary user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    account: Account | None = None,
    last_words: signal.Signals = signal.SIGTERM,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own; if we are killed, it is sent `last_words`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=stdin,
            stdout=stdout if stdout is not None else output,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent(last_words),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def run_as(
    command: Sequence[str | Path], *, account: Account | None, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end as the servers' user, and keep what it said."""
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=bare_environment(),
        cwd=cwd,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def bare_environment() -> dict[str, str]:
    """What a server gets of our environment: nothing that changes how it behaves."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def stop(
    process: "subprocess.Popen[bytes]",
    *signals: tuple[signal.Signals, float],
) -> None:
    """Send each signal in turn and wait its seconds; then kill whatever is left of the group."""
    for number, seconds in signals:
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
    kill_group(process.pid)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        _close(pipe)


def kill_group(group: int) -> None:
    """SIGKILL to all of a process group; nothing happens when it is gone."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def processes_on(directory: Path, name: str) -> list[int]:
    """Ids of the live processes called `name` that were started on `directory`.

    Asks the kernel, so a stale, reused or cut pid file can't deceive us. By their arguments, not
    their working directory: root in a container may not read that of another user's process.
    """
    wanted = os.fsencode(directory)
    return [pid for pid in _all_pids() if _name_of(pid) == name and wanted in _arguments_of(pid)]


def end_all(pids_left: Callable[[], Iterable[int]], *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn to the processes that are not our children, until none is left."""
    for number, seconds in (*signals, (signal.SIGKILL, 5.0)):
        for pid in pids_left():
            _send(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not list(pids_left()):
                return
            time.sleep(0.05)
    if list(pids_left()):
        raise Trouble(f"Processes of an earlier run will not end: {list(pids_left())}.")


def free_port() -> int:
    """A loopback port that nobody uses now. Another may take it first: callers try again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_alive(pid: int) -> bool:
    """Whether a process has this id, whoever owns it."""
    return Path(f"/proc/{pid}").exists()


def last_line(log: Path) -> str:
    """The last line of a log that says something, or an empty text."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent, libc = os.getpid(), _libc

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_the_kernel


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _arguments_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
