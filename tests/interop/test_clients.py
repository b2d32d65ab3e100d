"""Importing clients: as their service makes them, once each."""

import datetime as dt

import pytest

from audit.models import AuditEvent
from clients.models import CareTeamMember, Client, KnownAt, PossibleDuplicate, Settlement
from clients.services import merge_clients
from interop.models import ExternalReference, ImportFile
from interop.states import ImportState
from tests.interop.files import CLIENT, counts, imported, people, report, table
from worklist.models import Task, TaskKind

pytestmark = pytest.mark.django_db

FINISHED, REFUSED = ImportState.FINISHED, ImportState.REFUSED


def test_a_row_becomes_a_client_with_a_primary_counselor_known_at_the_facility(house):
    details = {
        "chosen_name": "Rob", "greeting_name": "R.", "language": "es", "languages": "es|en",
        "zone": "America/Denver",
    }  # fmt: skip
    job = imported(house, table(CLIENT | details))
    assert counts(job) == (FINISHED, 1, 0, 0)
    client = Client.objects.get()
    assert (client.legal_first_name, client.legal_last_name) == ("Robin", "Ash")
    assert (client.chosen_name, client.greeting_name) == ("Rob", "R.")
    assert (client.birth_date, client.zone) == (dt.date(1988, 2, 29), "America/Denver")
    assert (client.language, client.languages) == ("es", ["es", "en"])
    assert client.created_by == house.intake
    assert KnownAt.objects.current().get(client=client).facility == house.elm
    member = CareTeamMember.objects.current().get(client=client)
    assert (member.user, member.primary) == (house.ana, True)
    assert Task.objects.open().get(client=client).kind == TaskKind.ACCEPT_CLIENT
    reference = ExternalReference.objects.get(client=client)
    assert (reference.facility, reference.system, reference.ref) == (house.elm, "previous", "4711")


def test_the_facilitys_own_zone_is_nothing_to_note(house):
    imported(house, table(CLIENT | {"zone": "America/Chicago"}))
    assert Client.objects.get().zone == ""


def test_the_trail_tells_who_imported_whom_in_one_event_a_row_and_no_names(house):
    job = imported(house, table(*people(2)))
    rows = AuditEvent.objects.filter(route="import clients")
    assert [event.clients for event in rows.order_by("at")] == [
        [client.pk] for client in Client.objects.order_by("record_number")
    ]
    assert {event.actor_id for event in rows} == {house.intake.pk}
    assert {change["action"] for event in rows for change in event.changes} == {
        "client.created", "care_team.primary_named", "task.opened",
    }  # fmt: skip
    of_job = AuditEvent.objects.filter(changes__contains=[{"id": str(job.pk)}])
    assert list(of_job.order_by("at").values_list("route", flat=True)) == [
        "import.submitted", "import.started", "import.finished",
    ]  # fmt: skip


def test_the_same_file_again_leaves_everybody_as_they_are(house):
    imported(house, table(*people(3)))
    Client.objects.update(zone="America/Denver")
    again = imported(house, table(*people(4)))
    assert counts(again) == (FINISHED, 1, 3, 0)
    assert Client.objects.filter(zone="America/Denver").count() == 3
    assert Client.objects.count() == 4


def test_another_system_and_another_facility_have_numbers_of_their_own(house):
    imported(house, table(*people(1)))
    other = people(2)[1] | {"external_ref": "0"}
    assert counts(imported(house, table(other), system="lab")) == (FINISHED, 1, 0, 0)
    there = people(3)[2] | {"external_ref": "0", "primary_counselor": "omar@casework.example"}
    job = imported(house, table(there), facility=house.oak, by=house.oak_intake)
    assert counts(job) == (FINISHED, 1, 0, 0)
    assert Client.objects.count() == 3


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"primary_counselor": "omar@casework.example"}, "primary_counselor", "unknown_staff"),
        ({"primary_counselor": "finn@casework.example"}, "primary_counselor", "not_a_counselor"),
        ({"birth_date": "2099-01-01"}, "birth_date", "in_the_future"),
        ({"birth_date": "01/02/1990"}, "birth_date", "unclear_date"),
        ({"legal_last_name": "x" * 81}, "legal_last_name", "max_length"),
        ({"legal_last_name": ""}, "legal_last_name", "required"),
        ({"legal_first_name": "=1+1"}, "legal_first_name", "formula"),
        ({"greeting_name": "Rehab"}, "greeting_name", "not_discreet"),
        ({"language": "tlh"}, "language", "invalid_choice"),
        ({"zone": "Mars/Olympus"}, "zone", "unknown_zone"),
    ],
)  # fmt: skip
def test_a_refused_row_is_named_by_line_column_and_code_and_not_repeated(house, cells, field, code):
    first, second = people(2)
    job = imported(house, table(first, second | cells))
    assert counts(job) == (REFUSED, 1, 0, 1)
    assert report(job) == [(3, field, code)]
    row = job.refused.get()
    value = cells[field]
    assert not value or value not in row.detail
    assert Client.objects.count() == 0
    assert ExternalReference.objects.count() == 0


def test_a_row_like_a_record_or_an_earlier_row_is_refused_unless_it_says_that_they_differ(house):
    known = house.client(name="Sam")
    sam = CLIENT | {
        "external_ref": "1", "legal_first_name": "Sam", "legal_last_name": "Rivera",
        "birth_date": str(known.birth_date),
    }  # fmt: skip
    twice = [CLIENT, CLIENT | {"external_ref": "4712"}]
    job = imported(house, table(sam, *twice))
    assert report(job) == [(2, "", "possible_duplicates"), (4, "", "possible_duplicates")]
    assert known.record_number not in job.refused.first().detail

    job = imported(house, table(sam | {"not_a_duplicate": "yes"}, *twice[:1]))
    assert counts(job) == (FINISHED, 2, 0, 0)
    pair = PossibleDuplicate.objects.get()
    assert (pair.settlement, pair.settled_by) == (Settlement.DISMISSED, house.intake)


def test_a_row_like_a_record_that_the_sender_does_not_see_is_imported_and_tells_nothing(house):
    theirs = house.client(by=house.cleo, name="Sam")
    sam = CLIENT | {"legal_first_name": "Sam", "legal_last_name": "Rivera"}
    job = imported(house, table(sam | {"birth_date": str(theirs.birth_date)}), by=house.supervisor)
    assert counts(job) == (FINISHED, 1, 0, 0)
    assert PossibleDuplicate.objects.open().count() == 1


def test_after_a_merge_the_number_of_either_record_leads_to_the_one_that_stands(house):
    imported(house, table(*people(2)))
    survivor, other = Client.objects.order_by("record_number")
    merge_clients(survivor=survivor, other=other, by=house.supervisor, reason="one person")
    assert set(ExternalReference.objects.values_list("ref", "client")) == {
        ("0", survivor.pk), ("1", survivor.pk),
    }  # fmt: skip
    assert counts(imported(house, table(*people(2)))) == (FINISHED, 0, 2, 0)


def test_all_faults_of_all_rows_are_found_in_one_go(house):
    one, two, three, four = people(4)
    job = imported(house, table(
        one | {"birth_date": "1/2/90", "legal_last_name": ""}, two,
        three | {"primary_counselor": "nobody@casework.example"}, four | {"external_ref": "1"},
    ))  # fmt: skip
    assert counts(job) == (REFUSED, 1, 0, 3)
    assert report(job) == [
        (2, "legal_last_name", "required"),
        (2, "birth_date", "unclear_date"),
        (4, "primary_counselor", "unknown_staff"),
        (5, "external_ref", "repeated_reference"),
    ]


def test_a_thousand_refused_rows_are_reported_and_all_are_counted(house, monkeypatch):
    monkeypatch.setattr("interop.services.progress.MOST_REPORTED", 3)
    job = imported(house, table(*people(5, birth_date="1/2/90")))
    assert (job.rows_refused, job.refused.count()) == (5, 3)


def test_a_row_with_surplus_cells_is_refused_since_its_cells_may_have_shifted(house):
    job = imported(house, table(CLIENT) + table(CLIENT).splitlines()[1] + ",surplus\r\n")
    assert report(job) == [(3, "", "too_many_cells")]


def test_a_dry_run_says_what_would_be_and_writes_nothing(house):
    job = imported(house, table(*people(3)), dry_run=True)
    assert counts(job) == (FINISHED, 3, 0, 0)
    assert (Client.objects.count(), Task.objects.count()) == (0, 0)
    assert not AuditEvent.objects.filter(route="import clients").exists()
    assert counts(imported(house, table(*people(3)))) == (FINISHED, 3, 0, 0)


@pytest.mark.parametrize("cells", [{}, {"birth_date": "1/2/90"}])
def test_the_file_is_gone_when_the_import_has_ended(house, cells):
    imported(house, table(CLIENT | cells))
    assert ImportFile.objects.count() == 0
