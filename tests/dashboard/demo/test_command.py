"""Running the command, and whether the database agrees with what it made."""

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.db import connection

from common.clock import now
from dashboard.demo.places import PASSWORD
from dashboard.management.commands import demo_data
from organization.roles import Role
from tests.dashboard.demo.looking import run, snapshot

pytestmark = pytest.mark.django_db


class TestTheCommand:
    def test_a_second_run_changes_nothing(self, demo):
        before = snapshot()
        assert run() == "The demo data is there already; nothing is changed.\n"
        assert snapshot() == before

    def test_who_introduces_one_of_each_role_aligned(self, demo):
        lines = run("--who").splitlines()
        assert lines[0].split() == ["E-mail", "Name", "Role", "Facility", "Password"]
        people = lines[1:12]
        assert [line.split()[0] for line in people] == [
            *("ana@elmst.example", "ben@elmst.example", "sol@elmst.example", "nia@elmst.example"),
            *("ines@elmst.example", "finn@elmst.example", "mara@elmst.example"),
            *("pia@elmst.example", "ada@elmst.example"),
            *("omar@oakave.example", "gwen@harborrd.example"),
        ]
        assert all(sum(role.label in line for line in people) for role in Role)
        assert {line.index(PASSWORD) for line in people} == {lines[0].index("Password")}
        assert lines[12] == ""
        assert lines[13].startswith("14 more sign in with the same password")
        assert "Ana Lopez, Ben Okafor, Chidi Warren" in lines[14]

    @pytest.mark.parametrize("clients", ["60", "601"])
    def test_too_few_or_too_many_clients_are_refused(self, monkeypatch, clients):
        monkeypatch.setattr(demo_data, "is_made", lambda: False)
        with pytest.raises(CommandError, match=f"from 61 to 600 clients, not {clients}"):
            run("--clients", clients)

    def test_who_without_data_says_how_to_make_it(self, monkeypatch):
        monkeypatch.setattr(demo_data, "is_made", lambda: False)
        with pytest.raises(CommandError, match="There is no demo data yet"):
            run("--who")

    @pytest.mark.parametrize("arguments", [(), ("--who",)])
    def test_it_refuses_outside_development(self, settings, arguments):
        settings.DEVELOPMENT, settings.ENVIRONMENT = False, "production"
        with pytest.raises(CommandError, match=r"only; CASEWORK_ENV is production\.$"):
            run(*arguments)


class TestTheDatabaseAgrees:
    def test_constraints_hold(self, demo):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def test_nothing_happened_in_the_future(self, demo):
        for model in apps.get_models():
            if "created_at" in {field.name for field in model._meta.fields}:
                assert not model._default_manager.filter(created_at__gt=now()).exists()
