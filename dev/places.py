"""Where things lie: the tree, its `.local` folder, and the folder that the servers can reach."""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dev.console import Trouble
from dev.processes import Account

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
LOGS = LOCAL / "log"
ROOM_NEEDED_MB = 400


def make_local() -> Path:
    """`.local` at the tree's root, private to its owner, with room on its disk."""
    for folder in (LOCAL, LOGS):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not os.access(LOCAL, os.W_OK | os.X_OK):
        raise Trouble(f"{LOCAL} belongs to someone else: remove it, or work as its owner.")
    _check_room(LOCAL)
    return LOCAL


def servers_home(account: Account | None) -> Path:
    """The folder for the servers' data: in `.local`, or, as root, one that their user can enter.

    Root's own folders are often closed to all others and stay so; a folder is made for the servers
    instead, named after the tree it serves, and linked from `.local`.
    """
    link = make_local() / "servers"
    if account is None:
        link.mkdir(mode=0o700, exist_ok=True)
        return link
    name = hashlib.sha256(str(LOCAL).encode()).hexdigest()[:12]
    home = Path("/var/tmp") / f"casework-{name}"
    _make_enterable(home)
    _check_room(home)
    if link.is_dir() and not link.is_symlink():
        raise Trouble(f"{link} was made by another user: run 'make clean' first.")
    if not (link.is_symlink() and link.readlink() == home):
        link.unlink(missing_ok=True)
        with suppress(FileExistsError):  # another run of this tree was quicker
            link.symlink_to(home)
    return home


@contextmanager
def kept_run(home: Path, clear: Callable[[Path], None]) -> Iterator[Path]:
    """The demo's folder, which stays; one run at a time may hold it."""
    folder = home / "demo"
    with _locked(home / "runs.lock"):
        _sweep(home, clear)
        _make_enterable(folder)
        lock = try_lock(folder / "lock")
    if lock is None:
        raise Trouble("Another demo of this tree is running: stop it first (Ctrl-C where it runs).")
    try:
        clear(folder)
        yield folder
    finally:
        os.close(lock)


@contextmanager
def passing_run(home: Path, clear: Callable[[Path], None]) -> Iterator[Path]:
    """A folder for one run, removed at its end; what killed runs left behind is removed first."""
    with _locked(home / "runs.lock"):
        _sweep(home, clear)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=home))
        folder.chmod(0o711)
        lock = try_lock(folder / "lock")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def keep(log: Path) -> Path:
    """Copy a log out of a run's folder, which goes when the run ends."""
    return Path(shutil.copyfile(log, LOGS / log.name))


def _sweep(home: Path, clear: Callable[[Path], None]) -> None:
    for left in home.glob("run-*"):
        _remove_if_left(left, clear)


def _remove_if_left(folder: Path, clear: Callable[[Path], None]) -> None:
    lock = try_lock(folder / "lock")
    if lock is None:
        return
    clear(folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """A lock that the kernel lets go when its holder ends, in whatever way."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _make_enterable(folder: Path) -> None:
    """A folder of ours that others may pass through but not list; refuse one of somebody else's."""
    folder.mkdir(mode=0o711, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
        raise Trouble(f"{folder} is not ours (somebody else made it): remove it.")
    folder.chmod(0o711)


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < ROOM_NEEDED_MB:
        raise Trouble(
            f"The disk is full: {folder} has {free} MB left, and about {ROOM_NEEDED_MB} are needed."
        )
