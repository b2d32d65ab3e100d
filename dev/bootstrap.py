"""Make `.venv` hold exactly what the lock says: `python3 dev/bootstrap.py`, needing nothing but Python.

Runs before anything is installed, and on an old Python too (to say that it is too old): so nothing
from outside the standard library, and no syntax newer than 3.7.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / ".locks-installed"
LOCKS = ("requirements/bootstrap.txt", "requirements/dev.txt")
NEWEST_UNKNOWN = (
    "Python 3.11 or newer is needed, and {} is {}. Say which to use: make PYTHON=python3.11 …"
)
NO_VENV = "Python's venv module is incomplete. On Debian: apt-get install python3-venv"
# How pip and uv name the package that they could not have; tried in this order.
CULPRITS = (
    r"No matching distribution found for (\S+)",
    r"Failed to (?:download|fetch|prepare|build)[^`\n]*`([^`/]+)`",
    r"Failed to (?:download|fetch)\S* \S+/([^/\s]+)/?$",
    r"Because (\S+) was not found",
    r"there is no version of (\S+)",
    r"satisfies the requirement (\S+)",
    r"[Hh]ash mismatch for `?([^`\s]+)",
    r"^\s+(\S+==\S+) from ",
)


def main() -> int:
    """Check Python, make the environment, install the locks; 0, or 1 after one line that says why."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this file is what refuses the older ones)
        return complain(NEWEST_UNKNOWN.format(sys.executable, sys.version.split()[0]))
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two `make`s at once take turns
        if STAMP.exists() and STAMP.read_text() == fingerprint():
            return 0
        return make_venv() or install_uv() or install_locks()


def make_venv() -> int:
    """A virtual environment with pip, made anew when its Python is gone."""
    if works([PYTHON, "-c", "import pip"]):
        return 0
    say("  making .venv")
    done = run([sys.executable, "-m", "venv", "--clear", VENV])
    if done.returncode == 0:
        return 0
    said = done.stdout + done.stderr
    if "ensurepip" in said or "No module named venv" in said:
        return complain(NO_VENV)
    return complain(".venv could not be made: " + reason(said))


def install_uv() -> int:
    """The pinned installer, its hash checked."""
    say("  installing uv (the installer)")
    done = run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                "--require-hashes", "--only-binary=:all:", "-r", LOCKS[0]])  # fmt: skip
    return 0 if done.returncode == 0 else complain(culprit(done.stdout + done.stderr))


def install_locks() -> int:
    """Exactly the packages of the lock: what is not in it goes, uv and pip stay."""
    say("  installing the packages of " + LOCKS[1])
    env = dict(os.environ, VIRTUAL_ENV=str(VENV), **indexes())
    done = run([UV, "pip", "sync", "--quiet", "--require-hashes", "--no-build", LOCKS[1]], env)
    if done.returncode != 0:
        return complain(culprit(done.stdout + done.stderr))
    STAMP.write_text(fingerprint())
    return 0


def indexes() -> dict[str, str]:
    """pip's package index for uv too, which doesn't read pip's settings."""
    if os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL"):
        return {}
    done = run([PYTHON, "-m", "pip", "config", "list"])
    found = re.search(r"(?:index-url)='([^']+)'", re.sub(r"\S*extra-index-url.*", "", done.stdout))
    url = os.environ.get("PIP_INDEX_URL") or (found.group(1) if found else "")
    return {"UV_DEFAULT_INDEX": url} if url else {}


def culprit(said: str) -> str:
    """Which package was not to be had, and what to do, from what pip or uv said."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    if re.search(r"No space left on device|os error 28|Errno 28|Disk quota exceeded", plain):
        return "the disk is full: free some space, then run the same command again."
    found = next(filter(None, (re.search(one, plain, re.MULTILINE) for one in CULPRITS)), None)
    package = f"the package {found.group(1)}" if found else "a package"
    if re.search(r"hash mismatch|DO NOT MATCH THE HASHES", plain, re.IGNORECASE):
        return (
            f"{package} is not the one that the lock names (its hash differs). Do not install it; "
            "look into where this machine gets its packages from (pip config list)."
        )
    return (
        f"{package} could not be had ({reason(plain)}). Check that this machine reaches its "
        "package index (pip config list), then run the same command again."
    )


def reason(said: str) -> str:
    """The most telling line of a long message: the innermost cause, else the last line."""
    lines = [re.sub(r"^[\s×╰├─▶│>-]+", "", line) for line in said.splitlines()]  # noqa: RUF001
    lines = [re.sub(r"(?i)^(error|caused by|cause): ", "", line).strip() for line in lines]
    lines = [line for line in lines if line and not line.lower().startswith(("hint", "warning"))]
    return lines[-1][:200].rstrip(".") if lines else "no reason given"


def fingerprint() -> str:
    """Changes with the locks and with the Python that made the environment."""
    digest = hashlib.sha256(sys.version.encode())
    for lock in LOCKS:
        digest.update((ROOT / lock).read_bytes())
    return digest.hexdigest()


def works(command: list[str | Path]) -> bool:
    """Whether a command runs and succeeds."""
    try:
        return run(command).returncode == 0
    except OSError:
        return False


def run(
    command: list[str | Path], env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in the tree and keep what it says."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def say(line: str) -> None:
    """Tell what is being done."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def complain(line: str) -> int:
    """One line for what went wrong."""
    sys.stderr.write("error: " + line + "\n")
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(complain(f"{error.filename or ROOT}: {error.strerror}"))
    except KeyboardInterrupt:
        sys.exit(130)
