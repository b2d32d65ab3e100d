"""PostgreSQL and Valkey for one command: `python -m dev.services run -- CMD`.

    run [--test] [--keep] -- CMD   start servers, run CMD with their addresses, stop them
    env [--test] -- CMD            run CMD with the settings only, for tools that need no server

With DATABASE_URL or REDIS_URL set, that server is used and none is started. `run` has its own data
directory, gone afterwards; `--keep` takes the demo's.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dev import postgres, valkey_server
from dev.binaries import Programs, copied_to, from_wheels
from dev.console import Trouble, run_main, undisturbed
from dev.environment import database_passwords, dev_secrets, environment
from dev.places import ROOT, kept_run, make_local, passing_run, servers_home
from dev.postgres import APPLICATION, OWNER, Postgres
from dev.processes import Account, server_account
from dev.valkey_server import Valkey


@contextmanager
def servers(
    outside: Mapping[str, str], own: Mapping[str, str], *, keep: bool
) -> Iterator[dict[str, str]]:
    """The addresses of the servers, started when they were not given from outside."""
    wants_postgres = not outside.get("DATABASE_URL")
    wants_valkey = not outside.get("REDIS_URL")
    if not wants_postgres and not wants_valkey:
        yield {}
        return
    account = server_account()
    home = servers_home(account)
    programs = copied_to(home) if account else from_wheels()
    run = kept_run if keep else passing_run
    with ExitStack() as stack:
        folder = stack.enter_context(run(home, end_leftovers))
        addresses: dict[str, str] = {}
        if wants_postgres:
            addresses |= stack.enter_context(_postgres(programs, folder, account, own, keep=keep))
        if wants_valkey:
            addresses |= stack.enter_context(_valkey(programs, folder, account, own))
        yield addresses


@contextmanager
def _postgres(
    programs: Programs,
    folder: Path,
    account: Account | None,
    own: Mapping[str, str],
    *,
    keep: bool,
) -> Iterator[dict[str, str]]:
    server = Postgres(programs, folder, account, database_passwords(own), durable=keep)
    try:
        server.start()
        yield {"DATABASE_URL": server.url(APPLICATION), "MIGRATION_DATABASE_URL": server.url(OWNER)}
    finally:
        with undisturbed():
            server.stop()


@contextmanager
def _valkey(
    programs: Programs, folder: Path, account: Account | None, own: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    server = Valkey(programs, folder, account, own["DEV_VALKEY_PASSWORD"])
    try:
        server.start()
        yield {"REDIS_URL": server.url()}
    finally:
        with undisturbed():
            server.stop()


def end_leftovers(folder: Path) -> None:
    """Stop the servers that a killed run left on a folder."""
    postgres.end_leftovers(folder)
    valkey_server.end_leftovers(folder)


def run_command(command: list[str], env: Mapping[str, str]) -> int:
    """Run a command in our own process group, so that it may use the terminal; its exit code.

    Ctrl-C in a terminal reaches it by itself; a signal sent to us alone is passed on.
    """
    try:
        process = subprocess.Popen(command, env=dict(env), cwd=ROOT)
    except FileNotFoundError:
        raise Trouble(f"There is no command {command[0]!r}.") from None

    def pass_on(number: int, _frame: object) -> None:
        if number != signal.SIGINT or not sys.stdin.isatty():
            process.send_signal(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, pass_on) for number in numbers]
    try:
        code = process.wait()
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def main() -> int:
    """Read the command line and run what it asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m dev.services", description=__doc__.split("\n")[0]
    )
    parser.add_argument("what", choices=["run", "env"])
    parser.add_argument("--test", action="store_true", help="settings of a test run")
    parser.add_argument("--keep", action="store_true", help="the demo's data, kept afterwards")
    parser.add_argument("command", nargs="+", help="the command, after --")
    asked = parser.parse_args()
    kind = "test" if asked.test else "development"
    outside, own = os.environ, dev_secrets(make_local())
    if asked.what == "env":
        placeholders = {
            "DATABASE_URL": "postgres://casework_app@127.0.0.1:9/casework",
            "REDIS_URL": "redis://127.0.0.1:9/0",
        }
        return run_command(asked.command, environment(outside, own, kind=kind, more=placeholders))
    with servers(outside, own, keep=asked.keep) as addresses:
        return run_command(asked.command, environment(outside, own, kind=kind, more=addresses))


if __name__ == "__main__":
    run_main(main)
