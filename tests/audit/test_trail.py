"""The trail: one row a request, in the request's transaction, and nobody rewrites it."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEvent
from audit.services import Trail, collected, note_change, note_read
from common.ids import uuid7

pytestmark = pytest.mark.django_db


def test_a_request_writes_one_row_with_all_that_it_read_and_changed():
    first, second, who = uuid7(), uuid7(), uuid7()
    with collected(Trail(source="api", route="GET /x")):
        note_read("client", [first, second], [first, second])
        note_read("client", [first], [first])
        note_change("client.updated", first, by=who, clients=[first])
    event = AuditEvent.objects.get()
    assert event.reads == {"client": sorted([str(first), str(second)])}
    assert event.changes == [{"action": "client.updated", "id": str(first)}]
    assert event.clients == sorted([first, second])
    assert event.actor_id == who


def test_outside_a_request_a_change_is_a_row_of_its_own():
    thing = uuid7()
    note_change("opt_out.lifted", thing, by=None)
    note_read("client", [thing], [thing])  # the system's own reading is not an event
    event = AuditEvent.objects.get()
    assert (event.source, event.route) == ("system", "opt_out.lifted")


def test_a_request_that_touches_no_record_writes_nothing():
    with collected(Trail(source="web", route="GET /")):
        pass
    assert not AuditEvent.objects.exists()


def test_what_is_to_be_forgotten_is_not_written():
    with collected(Trail(source="api", route="POST /x")) as trail:
        note_change("client.updated", uuid7(), by=None)
        trail.forgotten = True
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditevent SET route = 'rewritten'", "DELETE FROM audit_auditevent"],
)
def test_the_application_can_neither_change_nor_remove_a_row(statement):
    note_change("client.updated", uuid7(), by=None)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.get().route == "client.updated"
