"""Two roles: the owner migrates, the application serves, and can do no more than that."""

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from audit.models import AuditEvent
from audit.services import note_change
from common.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_roles():
    if settings.OWNER["USER"] == settings.SERVING["USER"]:
        pytest.fail("Set MIGRATION_DATABASE_URL to a role of its own: this test needs two roles.")


@pytest.mark.usefixtures("two_roles")
def test_the_tests_themselves_run_as_the_application():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, usesuper FROM pg_user WHERE usename = current_user")
        assert cursor.fetchone() == (settings.APPLICATION_ROLE, False)


@pytest.mark.usefixtures("two_roles")
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "ALTER TABLE appointments_occupancy DROP CONSTRAINT occupancy_no_overlap",
        "DROP TABLE audit_auditevent",
        "UPDATE audit_auditevent SET route = ''",
        "DELETE FROM audit_auditevent",
    ],
)
def test_the_application_may_not_weaken_its_own_guards(statement):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.usefixtures("two_roles")
@pytest.mark.django_db(transaction=True)
def test_not_even_the_owner_rewrites_the_trail_by_accident():
    note_change("client.updated", uuid7(), by=None)
    owner = settings.OWNER
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], user=owner["USER"], password=owner["PASSWORD"],
        dbname=connection.settings_dict["NAME"], autocommit=True,
    ) as link:  # fmt: skip
        for statement in (
            "UPDATE audit_auditevent SET route = 'rewritten'",
            "DELETE FROM audit_auditevent",
        ):
            with pytest.raises(psycopg.errors.RaiseException):
                link.execute(statement)
    assert AuditEvent.objects.get().route == "client.updated"
