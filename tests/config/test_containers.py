"""The services of docker-compose.yml run: their own commands, on servers of the test's own."""

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
import requests

from tests.config.containers import Containers
from tests.processes import until

pytestmark = pytest.mark.real
RUNNING = ("redis", "web", "worker", "beat", "watch")
AS_PROXY = {"Host": "casework.example.org", "X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def containers(tmp_path_factory):
    """Migrated, and with every service started and ready."""
    with Containers(tmp_path_factory.mktemp("containers")) as made:
        made.built = made.files()
        made.start("redis")
        done = made.run("migrate")
        assert done.returncode == 0, done.stderr
        start_the_rest(made)
        yield made


def start_the_rest(containers):
    for name in RUNNING[1:]:
        containers.start(name)
    until(lambda: containers.is_healthy("web"), seconds=60, why="the web server")


def get(containers, path, headers=AS_PROXY):
    address = f"http://127.0.0.1:{containers.web_port}{path}"
    return requests.get(address, headers=headers, timeout=10, allow_redirects=False)


def test_the_web_server_is_ready_and_the_engine_turns(containers):
    answer = get(containers, "/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"database": "up", "redis": "up"})
    until(lambda: get(containers, "/health/queue").status_code == 200, seconds=40)
    assert get(containers, "/accounts/login/").headers["Strict-Transport-Security"]


def test_static_files_are_served(containers):
    assert (
        get(
            containers, "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css"
        ).status_code
        == 200
    )


def test_plain_http_is_sent_to_https_and_another_host_is_refused(containers):
    plain = get(containers, "/health/ready", {"Host": "casework.example.org"})
    assert plain.status_code == 301
    assert plain.headers["Location"] == "https://casework.example.org/health/ready"
    assert get(containers, "/health/ready", AS_PROXY | {"Host": "other.example"}).status_code == 400


def test_the_application_is_not_the_owner_and_cannot_change_the_trail(containers):
    with psycopg.connect(containers.secret("database_url")) as link:
        role = link.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        trail = link.execute(
            "SELECT tableowner, has_table_privilege('audit_auditevent', 'UPDATE'),"
            " has_table_privilege('audit_auditevent', 'INSERT'),"
            " has_schema_privilege('public', 'CREATE')"
            " FROM pg_tables WHERE tablename = 'audit_auditevent'"
        ).fetchone()
    assert role == (False, False, False)
    assert trail == ("casework_owner", False, True, False)


def test_a_changed_password_is_in_force_after_the_next_migration(containers):
    old = containers.secret("migration_database_url")
    word = old.split(":")[2].split("@")[0]
    containers._rewrite("migration_database_url", word, "another-word")
    assert containers.run("migrate").returncode == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(old)
    psycopg.connect(containers.secret("migration_database_url")).close()


def test_every_running_service_is_healthy_by_its_own_check(containers):
    for name in ("worker", "beat", "watch"):
        until(lambda name=name: containers.is_healthy(name), seconds=30, why=name)
    assert containers.is_healthy("postgres", PGPORT=str(containers.postgres.port))


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_service_that_did_nothing_for_a_while_is_not_healthy(containers, name):
    process, life = containers.processes[name], containers.folder / name / "tmp" / "life"
    until(lambda: containers.is_healthy(name), seconds=30, why=name)
    process.send_signal(signal.SIGSTOP)
    for child in _children(process.pid):
        os.kill(child, signal.SIGSTOP)
    long_ago = time.time() - 121
    os.utime(life, (long_ago, long_ago))
    time.sleep(3)  # more than a tick
    assert not containers.is_healthy(name)
    for pid in (*_children(process.pid), process.pid):
        os.kill(pid, signal.SIGCONT)
    until(lambda: containers.is_healthy(name), seconds=30, why=f"{name} goes on")


def _children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_web_server_that_cannot_reach_its_database_is_not_healthy(containers):
    with psycopg.connect(containers.admin_url("postgres"), autocommit=True) as link:
        link.execute("ALTER DATABASE casework ALLOW_CONNECTIONS false")
        link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'casework'"
        )
        try:
            assert not containers.is_healthy("web")
        finally:
            link.execute("ALTER DATABASE casework ALLOW_CONNECTIONS true")
    until(lambda: containers.is_healthy("web"), seconds=20, why="it recovers by itself")


def test_an_env_file_left_empty_is_told_line_by_line(containers):
    blank = dict.fromkeys(("PUBLIC_URL", "ALLOWED_HOSTS", "EMAIL_HOST", "DEFAULT_FROM_EMAIL"), "")
    done = containers.run("web", **blank)
    assert done.returncode == 3
    assert [line.split()[:2] for line in done.stderr.splitlines()] == [
        ["error:", name]
        for name in ("ALLOWED_HOSTS", "PUBLIC_URL", "EMAIL_HOST", "DEFAULT_FROM_EMAIL")
    ]


def test_a_role_that_cannot_sign_in_is_one_line(containers):
    kept = containers.secret("admin_database_url")
    word = containers.secret("postgres_password")
    containers._rewrite("admin_database_url", word, "wrong")
    done = containers.run("migrate")
    containers._rewrite("admin_database_url", ":wrong@", f":{word}@")
    assert containers.secret("admin_database_url") == kept
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: the roles can't be made: OperationalError None\n"


def test_each_ends_by_itself_and_wrote_nothing_but_to_tmp(containers):
    for name in RUNNING[1:]:
        until(lambda name=name: containers.is_healthy(name), seconds=30, why=name)
    try:
        for name in RUNNING[1:]:
            containers.processes[name].send_signal(signal.SIGTERM)
        for name in RUNNING[1:]:
            assert containers.processes[name].wait(30) == 0, containers.log(name).read_text()
    finally:
        start_the_rest(containers)
    assert containers.files() == containers.built
    said = "".join(containers.log(name).read_text() for name in RUNNING)
    assert "Traceback" not in said
    for path in containers.secrets.iterdir():
        assert path.read_text().strip() not in said
