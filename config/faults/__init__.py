"""What is wrong with the settings that were given: found before anything starts, all at once.

Needs no Django. `python -m config.faults` tells whether production would start with this
environment.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping

from config.faults import given, keys, messages, servers, web
from config.faults.fault import Fault, Values

__all__ = ["EXIT_CODE", "Fault", "production_faults", "refuse_to_start", "startup_faults"]

Check = Callable[[Values], Iterator[Fault]]

EXIT_CODE = 3
"""gunicorn takes this one from a worker for "it will never start", and doesn't try again."""

WITHOUT_SENSE = (given.misread, keys.missing, keys.malformed, servers.unusable)
INSECURE = (
    keys.weak,
    web.open_doors,
    web.public_address,
    web.proxies,
    servers.database,
    servers.redis,
    messages.mail,
    messages.texts,
)


def production_faults(environ: Mapping[str, str] | None = None) -> list[Fault]:
    """Everything for which production would refuse to start."""
    return _found(os.environ if environ is None else environ, (*WITHOUT_SENSE, *INSECURE))


def startup_faults(environ: Mapping[str, str] | None = None) -> list[Fault]:
    """Why this environment must not start: in production all of them, elsewhere what has no sense."""
    environ = os.environ if environ is None else environ
    if environ.get("CASEWORK_ENV") in ("development", "test"):
        return _found(environ, WITHOUT_SENSE)
    return production_faults(environ)


def _found(environ: Mapping[str, str], checks: tuple[Check, ...]) -> list[Fault]:
    """Faults by `checks`. Of a secret that could not be read, that is all there is to say."""
    was_given = given.read(environ)
    unread = {fault.name for fault in was_given.faults}
    found = [fault for check in checks for fault in check(was_given.values)]
    return [*was_given.faults, *(fault for fault in found if fault.name not in unread)]


def refuse_to_start(faults: list[Fault]) -> None:
    """Say each fault in a line and end the process; without any, nothing."""
    if faults:
        sys.stderr.write("".join(f"error: {fault}\n" for fault in faults))
        raise SystemExit(EXIT_CODE)
