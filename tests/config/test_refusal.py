"""Real processes: with a fault none of them starts, and without one Django finds nothing either."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.places import ROOT
from tests.config.production import SECRET_WORDS, but, key

BIN = Path(sys.executable).parent
FAULTY = but(
    DEBUG="1", SECRET_KEY=None, FIELD_KEYS=f"k1:{key('first')[:24]}", EMAIL_USE_TLS=None,
    REDIS_URL_FILE="/nowhere/redis_url",
)  # fmt: skip
LINES = [
    "error: REDIS_URL is given twice: as REDIS_URL and as REDIS_URL_FILE",
    "error: SECRET_KEY is not set (nor SECRET_KEY_FILE); make one: python3 deploy/make_secrets.py",
    "error: FIELD_KEYS (key 1) has 18 bytes instead of 32; make one: python3 deploy/make_secrets.py",
    "error: DEBUG is on: error pages would show records and settings",
    "error: EMAIL_USE_TLS is off, and the mail server's password could be heard",
]
PROCESSES = {
    "gunicorn": ["gunicorn", "config.wsgi:application", "--bind", "127.0.0.1:0"],
    "a worker": ["celery", "--app", "config", "worker"],
    "beat": ["celery", "--app", "config", "beat", "--schedule", "/tmp/never", "--pidfile="],
    "a command": ["python", "manage.py", "showmigrations"],
    "the owner's command": ["python", "manage.py", "migrate"],
    "the check": ["python", "manage.py", "check"],
    "the roles": ["python", "-m", "config.database_roles"],
    "the faults": ["python", "-m", "config.faults"],
}


def ended(command: list[str], environ: dict[str, str], seconds: float = 40):
    """The process, once it has ended by itself."""
    program = [sys.executable] if command[0] == "python" else [str(BIN / command[0])]
    return subprocess.run(
        [*program, *command[1:]], cwd=ROOT, env={"PATH": os.environ["PATH"], **environ},
        capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("name", PROCESSES)
def test_it_refuses_to_start_and_says_each_fault_in_a_line(name):
    done = ended(PROCESSES[name], FAULTY)
    assert done.returncode == 3
    assert done.stderr.splitlines() == LINES
    assert not [word for word in SECRET_WORDS if word in done.stdout]


@pytest.mark.real
def test_gunicorn_with_settings_of_somebody_else_ends_too(tmp_path):
    (tmp_path / "own.conf.py").write_text("workers = 1\n")
    command = [*PROCESSES["gunicorn"], "--config", str(tmp_path / "own.conf.py")]
    done = ended([*command, "--no-control-socket"], FAULTY)
    assert done.returncode == 3
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert told == LINES
    assert "Traceback" not in done.stderr
    assert not [word for word in SECRET_WORDS if word in done.stdout + done.stderr]


@pytest.mark.real
def test_djangos_own_check_for_production_finds_nothing():
    done = ended(["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"], but())
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


@pytest.mark.real
def test_whoever_asks_is_told_that_production_would_start():
    done = ended(["python", "-m", "config.faults"], but())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Production would start with these settings.\n"


SEEN = """
import json, ssl
from config.settings import DATABASES, EMAIL_HOST_PASSWORD, SECURE_PROXY_SSL_HEADER as header
from config.celery import app
with app.connection() as link:
    broker = link.transport.driver_type, link.ssl["ssl_cert_reqs"] == ssl.CERT_REQUIRED
print(json.dumps([DATABASES["default"]["OPTIONS"], EMAIL_HOST_PASSWORD, header, broker]))
"""


@pytest.mark.real
@pytest.mark.parametrize(
    ("proxies", "header"), [("0", "null"), ("1", '["HTTP_X_FORWARDED_PROTO", "https"]')]
)
def test_what_was_given_is_what_is_used(proxies, header):
    done = ended(["python", "-c", SEEN], but(TRUSTED_PROXIES=proxies))
    assert done.stdout == (
        '[{"connect_timeout": 5, "application_name": "casework", "keepalives_idle": 30, '
        '"keepalives_interval": 10, "keepalives_count": 3, "server_side_binding": true, "prepare_threshold": 2, "sslmode": "verify-full"}, '
        f'"$mail-word", {header}, ["redis", true]]\n'
    )
