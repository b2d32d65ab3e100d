"""The servers of a run: two roles, no trust, and starting again after every kind of end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev.binaries import Programs, copied_to, from_wheels
from dev.environment import SECRETS, database_passwords, dev_secrets, environment
from dev.places import ROOT, make_local, passing_run, servers_home
from dev.postgres import APPLICATION, OWNER, SUPERUSER, Postgres
from dev.processes import Account, processes_on, server_account
from dev.services import end_leftovers

pytestmark = pytest.mark.real
GIVEN = {"DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS"}
HOLD = "import os, time; print(os.environ['MIGRATION_DATABASE_URL'], flush=True); time.sleep(60)"


def outside(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in GIVEN} | more


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dev.services", "run", "--", *command],
        cwd=ROOT,
        env=outside(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def hold() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "dev.services", "run", "--", sys.executable, "-c", HOLD],
        cwd=ROOT,
        env=outside(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


def is_answering(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def comes_true(condition: object, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def passwords() -> dict[str, str]:
    return database_passwords(dev_secrets(make_local()))


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Programs, Path, Account | None]]:
    account = server_account()
    home = servers_home(account)
    programs = copied_to(home) if account else from_wheels()
    with passing_run(home, end_leftovers) as folder:
        yield programs, folder, account


@pytest.fixture
def server(
    place: tuple[Programs, Path, Account | None], passwords: dict[str, str]
) -> Iterator[Postgres]:
    server = Postgres(*place, passwords, durable=False)
    server.start()
    yield server
    server.stop()


def test_the_application_signs_in_and_may_not_make_a_table(server: Postgres) -> None:
    with (
        psycopg.connect(server.url(APPLICATION)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE mine (id int)")


def test_the_owner_makes_tables_extensions_and_test_databases(server: Postgres) -> None:
    with psycopg.connect(server.url(OWNER), autocommit=True) as connection:
        for extension in ("btree_gist", "pg_trgm"):
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        connection.execute("CREATE TABLE ours (id int)")
        connection.execute("DROP TABLE ours")
        connection.execute("CREATE DATABASE test_ours")
        connection.execute("DROP DATABASE test_ours")


@pytest.mark.parametrize("role", [SUPERUSER, OWNER, APPLICATION])
def test_nobody_gets_in_without_the_password(server: Postgres, role: str) -> None:
    url = server.url(role).replace(server.passwords[role], "wrong")

    assert not is_answering(url)


def test_the_server_listens_on_loopback_only_and_has_no_socket_file(server: Postgres) -> None:
    with psycopg.connect(server.url(SUPERUSER)) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
        assert connection.execute("SHOW max_connections").fetchone() == ("300",)


@pytest.mark.parametrize(
    "pid_file",
    [
        pytest.param("", id="cut"),
        pytest.param("99999999\n", id="stale"),
        pytest.param(f"{os.getppid()}\n/elsewhere\n1\n1\n\n127.0.0.1\n\nready\n", id="reused"),
        pytest.param("1\n", id="init"),
        pytest.param("gibberish\n", id="gibberish"),
    ],
)
def test_a_pid_file_left_behind_does_not_stop_the_next_start(
    server: Postgres, pid_file: str
) -> None:
    server.stop()
    (server.data / "postmaster.pid").write_text(pid_file)

    server.start()

    assert is_answering(server.url(OWNER))


def test_a_server_left_running_is_ended_by_the_next_start(server: Postgres) -> None:
    with psycopg.connect(server.url(OWNER), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
    (server.data / "postmaster.pid").write_text("")
    again = Postgres(
        server.programs, server.folder, server.account, server.passwords, durable=False
    )

    again.start()

    assert processes_on(server.data, "postgres") == [again.process.pid]
    with psycopg.connect(again.url(OWNER)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    again.stop()


def test_a_command_gets_the_addresses_and_its_exit_code_comes_back() -> None:
    done = run(sys.executable, "-c", "import os; print(os.environ['REDIS_URL']); exit(7)")

    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("redis://:")


def test_addresses_given_from_outside_are_used_and_no_server_is_started() -> None:
    given = {"DATABASE_URL": "postgres://u@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    code = "import os; print(os.environ['DATABASE_URL'], os.environ.get('MIGRATION_DATABASE_URL'))"

    done = run(sys.executable, "-c", code, **given)

    assert done.stdout == "postgres://u@127.0.0.1:1/x None\n"


def test_two_runs_at_once_have_servers_of_their_own() -> None:
    with hold() as one, hold() as two:
        first, second = one.stdout.readline().strip(), two.stdout.readline().strip()
        both = (first != second, is_answering(first), is_answering(second))
        one.terminate()
        one.wait(20)
        after = (is_answering(first), is_answering(second))
        two.terminate()
        two.wait(20)

    assert both == (True, True, True)
    assert after == (False, True)
    assert not is_answering(second)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_the_holder_ends_no_server_is_left(number: signal.Signals) -> None:
    with hold() as holder:
        url = holder.stdout.readline().strip()
        child = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        holder.send_signal(number)
        holder.wait(20)

    assert comes_true(lambda: not is_answering(url))
    for pid in child:  # its command too, which nobody waits for after SIGKILL
        if number == signal.SIGKILL and Path(f"/proc/{pid}").exists():
            os.kill(int(pid), signal.SIGKILL)


def test_what_a_killed_run_left_on_the_disk_is_removed_by_the_next() -> None:
    with hold() as holder:
        holder.stdout.readline()
        home = servers_home(server_account())
        before = {path.name for path in home.glob("run-*")}
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        holder.kill()
        holder.wait(20)
        for pid in children:
            if Path(f"/proc/{pid}/comm").exists():
                os.kill(int(pid), signal.SIGKILL)

    run("true")

    assert len({path.name for path in home.glob("run-*")} & before) == len(before) - 1


def test_a_clones_secrets_are_random_private_and_stay(tmp_path: Path) -> None:
    first, again = dev_secrets(tmp_path), dev_secrets(tmp_path)
    (tmp_path / "other").mkdir()

    assert first == again
    assert set(first) == set(SECRETS)
    assert dev_secrets(tmp_path / "other")["FIELD_KEYS"] != first["FIELD_KEYS"]
    assert (tmp_path / "dev-secrets.env").stat().st_mode & 0o777 == 0o600


def test_what_is_set_outside_wins_over_what_is_made_here(tmp_path: Path) -> None:
    own = dev_secrets(tmp_path)

    env = environment({"FIELD_KEYS": "k9:abc", "PORT": "9000"}, own)

    assert env["FIELD_KEYS"] == "k9:abc"
    assert env["PUBLIC_URL"] == "http://127.0.0.1:9000"
    assert env["SECRET_KEY"] == own["SECRET_KEY"]
    assert not [name for name in env if "PASSWORD" in name]
