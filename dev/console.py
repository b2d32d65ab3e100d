"""What the commands here say: steps with their seconds, and one line for whatever fails."""

import errno
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Trouble(Exception):
    """Something a person has to know or do; its text is the one line they see."""


def say(text: str = "", *, end: str = "\n") -> None:
    """Tell the person at the terminal, at once."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


@contextmanager
def step(label: str) -> Iterator[None]:
    """Say what begins, and how many seconds it took."""
    say(f"  {label} ".ljust(46, "."), end=" ")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say("stopped")
        raise
    say(f"{time.monotonic() - begun:.1f} s")


def say_percent(line: str) -> None:
    """Show a line such as `40 %` after the step that it is of; on a terminal in the place of the one
    before. Other lines are not for here."""
    if line.endswith(" %"):
        back = "\b" * len(line) if sys.stdout.isatty() else " "
        say(line + back, end="")


def in_one_line(error: OSError) -> str:
    """An operating system's error as a sentence; a full disk is the one that needs advice."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full{where}: free some space, then run the same command again."
    return f"{error.strerror or error}{where}."


def run_main(main: Callable[[], int]) -> None:
    """Run a command: SIGTERM and SIGHUP unwind like Ctrl-C, trouble is one line, never a traceback."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell has it ignored
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        code = main()
    except Trouble as trouble:
        code = _complain(str(trouble))
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        code = _complain(in_one_line(error))
    sys.exit(code)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Signals wait while servers are being stopped: a second Ctrl-C must not leave half of them."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _complain(line: str) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"\nerror: {line}\n")
    return 1


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
