"""F7: the demo's second start, and the memory of all its processes at rest; in a copy of the tree."""

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.results import Measured
from dev.console import Trouble
from dev.places import ROOT
from dev.processes import free_port

LEFT_BEHIND = shutil.ignore_patterns(
    ".git",
    ".local",
    ".venv",
    ".venv.lock",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "node_modules",
)
FIRST_START_SECONDS = 240.0
SETTLE_SECONDS = 8.0
OTHER = "make and the demo itself"
WORKER = "worker"
KINDS = {
    "web": "gunicorn",
    "beat": "\0beat\0",
    WORKER: "celery",
    "watch": "watch_engine",
    "PostgreSQL": "postgres",
    "Valkey": "valkey",
    "mail server": "dev.smtp_server",
    "text gateway": "dev.sms_gateway",
}
GIVEN = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "CASEWORK_ENV")


@dataclass
class Start:
    """How long one start took: until it answered, and until it said that all was running."""

    answered: float
    running: float
    memory: dict[str, float] = field(default_factory=dict)


def starts(runs: int) -> list[Measured]:
    """A first start to make the data, then starts that count."""
    with tempfile.TemporaryDirectory(prefix="casework-bench-") as folder:
        tree = Path(folder) / "casework"
        shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND, symlinks=True)
        (tree / ".venv").symlink_to(ROOT / ".venv")
        try:
            with _demo(tree):
                pass
            found = []
            for number in range(runs):
                with _demo(tree) as start:
                    if number == 0:
                        time.sleep(SETTLE_SECONDS)
                    start.memory = memory_by_kind(os.getpid())
                found.append(start)
        finally:
            _clean(tree)
    running = statistics.median(start.running for start in found)
    return [
        Measured(
            "F7.start", [start.answered for start in found], "—",
            [f"/health/ready answered; with worker, beat and data looked through: {running:.1f} s."],
        ),
        Measured(
            "F7.memory", [sum(start.memory.values()) for start in found], "—",
            [", ".join(f"{kind} {size:.0f} MB" for kind, size in found[-1].memory.items()) + "."],
        ),
    ]  # fmt: skip


@contextmanager
def _demo(tree: Path) -> Iterator[Start]:
    """`make demo` in that tree until it runs; stopped afterwards, as by Ctrl-C."""
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name not in GIVEN}
    env = {name: value for name, value in env.items() if not name.startswith("EMAIL_")}
    begun = time.monotonic()
    with (tree.parent / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            ["make", "demo", f"PORT={port}"],
            cwd=tree,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        answered = _until(lambda: _answers(port), process, tree) - begun
        running = _until(lambda: _says_running(tree), process, tree) - begun
        yield Start(answered, running)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _until(what: object, process: "subprocess.Popen[bytes]", tree: Path) -> float:
    assert callable(what)
    deadline = time.monotonic() + FIRST_START_SECONDS
    while not what():
        if process.poll() is not None or time.monotonic() > deadline:
            said = (tree.parent / "demo.log").read_text(errors="replace")
            raise Trouble(f"The demo did not start: {said[-400:]}")
        time.sleep(0.02)
    return time.monotonic()


def _answers(port: int) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/health/ready", timeout=2):
            return True
    except (urllib.error.HTTPError, OSError):
        return False


def _says_running(tree: Path) -> bool:
    return b"Casework is running" in (tree.parent / "demo.log").read_bytes()


def _clean(tree: Path) -> None:
    """Its servers' folder, which as root lies elsewhere."""
    home = tree / ".local" / "servers"
    if home.is_symlink():
        shutil.rmtree(home.readlink(), ignore_errors=True)


def memory_by_kind(root: int) -> dict[str, float]:
    """The proportional memory of all descendants in MB, the largest first: what two processes share
    counts once."""
    found: Counter[str] = Counter()
    for pid in descendants(root):
        found[_kind(pid)] += _pss(pid)
    return {kind: size / 1000 for kind, size in found.most_common()}


def _kind(pid: int) -> str:
    try:
        said = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return OTHER
    return next((kind for kind, word in KINDS.items() if word in said), OTHER)


def descendants(root: int) -> list[int]:
    """The processes below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _pss(pid: int) -> int:
    """In kB; nothing for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
