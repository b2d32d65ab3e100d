"""`manage.py setup`: what is looked at, what is made, what is said; and as a process of its own."""

import os
import re
import socket
import subprocess
import sys
import urllib.parse
import uuid

import psycopg
import pytest
import requests
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from dev.places import ROOT
from dev.processes import free_port
from organization.management.preflight import Verdict, findings
from organization.models import Facility, Membership, OneTimeLink, User
from organization.services.accounts import deactivate
from organization.services.links import accept_link, link_behind
from tests.processes import LoggedChildren, until
from tests.races import at_once

NEW = "quite another word of passage"
GIVEN = {
    "facility": "Elm Street Treatment Center",
    "discreet_name": "Elm St",
    "discreet_phone": "(217) 555-0100",
    "zone": "America/Chicago",
    "admin_email": "Ada@Casework.example",
    "admin_name": "Ada Stone",
}
TOKEN = re.compile(r"/accounts/link/([\w-]+)/")


@pytest.fixture(autouse=True)
def _templates_as_pytest_has_them(settings):
    """pytest-django puts an object that fails in the place of a string, which a check finds."""
    settings.SILENCED_SYSTEM_CHECKS = ["templates.E002"]


def set_up(capsys, **options) -> str:
    call_command("setup", **({"no_input": True} | GIVEN | options))
    return capsys.readouterr().out


# ── What is made ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_facility_and_its_administrator_and_a_link_to_choose_the_password(capsys):
    said = set_up(capsys)
    role = Membership.objects.get()
    assert (role.facility.legal_name, role.role) == (GIVEN["facility"], "administrator")
    assert (role.user.email, role.user.full_name) == ("ada@casework.example", "Ada Stone")
    assert not role.user.has_usable_password()
    assert "Elm Street Treatment Center is made; Ada Stone administers it." in said
    accept_link(link_id=link_behind(TOKEN.search(said).group(1)).pk, password=NEW)


@pytest.mark.django_db
def test_the_link_is_mailed_if_asked_for_and_then_not_printed(capsys, mailoutbox):
    said = set_up(capsys, mail_link=True)
    assert TOKEN.search(said) is None
    assert [mail.to for mail in mailoutbox] == [["ada@casework.example"]]


@pytest.mark.django_db
def test_run_again_it_makes_nothing_and_gives_a_new_link_until_one_was_used(capsys):
    first = TOKEN.search(set_up(capsys)).group(1)
    call_command("setup", facility=GIVEN["facility"], admin_email=GIVEN["admin_email"])
    again = capsys.readouterr().out
    assert "stands already" in again
    assert link_behind(first) is None
    assert (Facility.objects.count(), User.objects.count()) == (1, 1)
    accept_link(link_id=link_behind(TOKEN.search(again).group(1)).pk, password=NEW)
    done = set_up(capsys)
    assert TOKEN.search(done) is None
    assert "They have chosen a password" in done


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed", [{"admin_email": "eve@casework.example"}, {"facility": "Other"}]
)
def test_where_something_else_stands_it_refuses_and_says_how_to_go_on(capsys, changed):
    set_up(capsys)
    with pytest.raises(CommandError, match="An administrator who can sign in invites everybody"):
        set_up(capsys, **changed)
    assert (Facility.objects.count(), User.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_without_names_it_asks_nothing_where_it_is_set_up_already(capsys):
    set_up(capsys)
    with pytest.raises(CommandError, match="set up already"):
        call_command("setup")


@pytest.mark.django_db
def test_a_closed_administrator_gets_no_link(house, capsys):
    from organization.roles import Role
    from organization.services.staff import hire
    from tests.people import PASSWORD

    eve = hire(
        email="eve@casework.example", full_name="Eve Lund", facility=house.elm,
        role=Role.ADMINISTRATOR, password=PASSWORD,
    )  # fmt: skip
    deactivate(user=house.administrator, reason="left", by=eve)
    with pytest.raises(CommandError):
        set_up(capsys)
    assert not OneTimeLink.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_makes_it():
    def run():
        call_command("setup", no_input=True, mail_link=True, **GIVEN)
        return "done"

    answers = at_once([run] * 4)
    assert set(answers) <= {"done"} | {a for a in answers if "this very moment" in a}
    assert (Facility.objects.count(), User.objects.count()) == (1, 1)
    assert OneTimeLink.objects.unspent().count() == 1


# ── What is refused ───────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"zone": "Chicago"}, "--zone: Not a known time zone."),
        ({"discreet_name": "Elm St Rehab"}, "--discreet-name: “Rehab” could tell a stranger"),
        ({"admin_email": "ada"}, "--admin-email: Enter a valid email address."),
        ({"admin_name": "Ada\nStone"}, "--admin-name: Write it in one line"),
        ({"facility": "E" * 121}, "--facility: Ensure this value has at most 120 characters"),
    ],
)
def test_what_is_wrong_is_said_by_option_and_nothing_is_made(capsys, changed, line):
    with pytest.raises(CommandError, match="Nothing was made"):
        set_up(capsys, **changed)
    assert line in capsys.readouterr().err
    assert not Facility.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_without_input_it_says_what_is_missing():
    with pytest.raises(CommandError, match="Also give --zone, --admin-name"):
        call_command("setup", no_input=True, **(GIVEN | {"zone": "", "admin_name": " "}))


@pytest.mark.django_db
def test_asked_it_asks_for_what_is_missing_and_again_for_what_is_refused(capsys, monkeypatch):
    said = iter(["Chicago", "America/Chicago"])
    asked = []
    monkeypatch.setattr("builtins.input", lambda words: asked.append(words) or next(said))
    set_up(capsys, no_input=False, zone="")
    assert asked == ["Its time zone, such as America/Chicago: "] * 2
    assert Facility.objects.get().zone == "America/Chicago"


# ── What is looked at ─────────────────────────────────────────────────────────────────────────


def found() -> dict[str, Verdict]:
    return {finding.words.split(":")[0]: finding.verdict for finding in findings()}


@pytest.mark.django_db
def test_all_is_well_but_for_mail_that_nobody_takes(settings):
    taken = socket.create_server(("127.0.0.1", 0))
    settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
    everything = ["settings", "database", "database roles", "Redis", "mail server"]
    assert found() == dict.fromkeys(everything, Verdict.WELL)
    taken.close()
    assert found()["mail server"] == Verdict.DOUBT


@pytest.mark.django_db
def test_without_redis_it_goes_on_and_says_so(settings, capsys):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert " note  Redis: it doesn't answer." in set_up(capsys)
    assert Facility.objects.exists()


@pytest.mark.django_db
def test_a_database_that_is_not_migrated_is_a_fault(capsys):
    newest = MigrationLoader(connection).graph.leaf_nodes("worklist")[0]
    MigrationRecorder(connection).record_unapplied(*newest)
    with pytest.raises(CommandError, match="Mend what is called a fault"):
        set_up(capsys)
    said = capsys.readouterr().out
    assert "fault  database: migrations to be applied: 1. Run `manage.py migrate`.\n" in said
    assert not Facility.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("development", "verdict"), [(True, Verdict.DOUBT), (False, Verdict.FAULT)]
)
def test_one_role_for_everything_is_a_fault_where_it_matters(settings, development, verdict):
    settings.DEVELOPMENT = development
    with psycopg.connect(owner_url(connection.settings_dict["NAME"]), autocommit=True) as link:
        link.execute(f"GRANT UPDATE ON audit_auditevent TO {settings.APPLICATION_ROLE}")
        try:
            assert found()["database roles"] == verdict
        finally:
            link.execute(f"REVOKE UPDATE ON audit_auditevent FROM {settings.APPLICATION_ROLE}")


# ── As a process ──────────────────────────────────────────────────────────────────────────────


def owner_url(database: str) -> str:
    url = urllib.parse.urlsplit(os.environ["MIGRATION_DATABASE_URL"])
    return url._replace(path=f"/{database}").geturl()


@pytest.fixture
def fresh_database():
    """The environment of an installation that was migrated a moment ago."""
    name = f"setup_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
        serving = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
        yield os.environ | {
            "DATABASE_URL": serving._replace(path=f"/{name}").geturl(),
            "MIGRATION_DATABASE_URL": owner_url(name),
            "CASEWORK_ENV": "development",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        link.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(env, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.real
def test_from_an_empty_database_to_an_administrator_who_is_signed_in(fresh_database, tmp_path):
    options = [f"--{name.replace('_', '-')}={value}" for name, value in GIVEN.items()]
    assert run(fresh_database, "migrate", "--no-input", "--verbosity", "0").returncode == 0
    done = run(fresh_database, "setup", "--no-input", *options)
    assert (done.returncode, done.stderr) == (0, "")
    token = TOKEN.search(done.stdout).group(1)

    children = LoggedChildren(tmp_path)
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    arguments = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    children.start("web", [*arguments, "config.wsgi:application"], fresh_database)
    try:
        until(lambda: answers(f"{here}/health/ready"), seconds=60, why="the web server is up")
        person = requests.Session()
        page = person.get(f"{here}/accounts/link/{token}/")
        assert (page.status_code, page.url) == (200, f"{here}/accounts/link/")
        form = {
            "csrfmiddlewaretoken": person.cookies["csrftoken"], "password": NEW, "again": NEW,
        }  # fmt: skip
        assert person.post(page.url, form).url == f"{here}/"
        assert person.get(f"{here}/api/v1/me/").json()["full_name"] == "Ada Stone"
        again = requests.Session()
        assert again.get(f"{here}/accounts/link/{token}/").status_code == 410
        pair = {"email": "ada@casework.example", "password": NEW}
        signed_in = again.post(f"{here}/api/v1/auth/token/", json=pair)
        assert signed_in.status_code == 201
    finally:
        children.stop()
    assert token not in (tmp_path / "web.log").read_text()


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
