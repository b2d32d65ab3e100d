"""One transaction or nothing, one import at a time, and how far it is stands there meanwhile."""

import datetime as dt
import threading

import pytest
from django.db import connection, connections

from clients.models import Client
from common.clock import now
from interop.models import ExternalReference, Import, ImportFile, RefusedRow
from interop.services import progress, running
from interop.services.kinds import MOST_LOCKED
from interop.services.running import remove_old_reports, run_next
from interop.services.submitting import MOST_ROWS, cancel_import
from interop.states import Failure, ImportKind, ImportState
from tests.interop.files import counts, imported, people, report, sent, table
from tests.processes import until
from tests.races import at_once, without

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 5


@pytest.fixture(autouse=True)
def _tell_of_every_row(monkeypatch):
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)


class Paused:
    """An import in a thread of its own that waits after so many rows until it may go on."""

    def __init__(self, monkeypatch, after: int, *, run=run_next) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        told = progress.Progress.tell

        def tell(of, outcome):
            told(of, outcome)
            if threading.current_thread() is self.thread and outcome.counts["rows_done"] == after:
                self.reached.set()
                assert self.go_on.wait(20)

        monkeypatch.setattr(progress.Progress, "tell", tell)
        self.thread = threading.Thread(target=self._run, args=(run,))
        self.thread.start()
        assert self.reached.wait(20)

    def _run(self, run) -> None:
        try:
            run()
        finally:
            connections.close_all()

    def finish(self) -> None:
        self.go_on.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


def test_how_far_it_is_is_seen_while_none_of_its_rows_is(house, monkeypatch):
    job = sent(house, table(*people(ROWS)))
    paused = Paused(monkeypatch, after=3)
    job.refresh_from_db()
    seen = (job.state, job.rows_total, job.rows_done, Client.objects.count())
    paused.finish()
    assert seen == (ImportState.RUNNING, ROWS, 3, 0)
    job.refresh_from_db()
    assert (counts(job), Client.objects.count()) == ((ImportState.FINISHED, ROWS, 0, 0), ROWS)


def test_without_a_connection_of_its_own_nothing_of_it_would_be_seen(house, monkeypatch):
    """The negative control of the test above."""

    class SameConnection:
        def create_connection(self, alias):
            return connections[alias]

    monkeypatch.setattr(progress, "connections", SameConnection())
    job = sent(house, table(*people(ROWS)))
    paused = Paused(monkeypatch, after=3)
    job.refresh_from_db()
    seen = job.rows_done
    paused.finish()
    assert seen == 0


def test_when_the_last_row_is_refused_nothing_of_the_others_stays(house):
    job = imported(house, table(*people(ROWS), people(ROWS + 1)[-1] | {"birth_date": "1/2/90"}))
    assert counts(job) == (ImportState.REFUSED, ROWS, 0, 1)
    assert (Client.objects.count(), ExternalReference.objects.count()) == (0, 0)


def test_a_cancelled_import_stops_and_leaves_nothing(house, monkeypatch):
    job = sent(house, table(*people(ROWS)))
    paused = Paused(monkeypatch, after=3)
    cancel_import(job=Import.objects.get(), by=house.intake)
    paused.finish()
    job.refresh_from_db()
    assert (job.state, job.rows_done) == (ImportState.CANCELLED, 3)
    assert (Client.objects.count(), ImportFile.objects.count()) == (0, 0)
    assert run_next() is False


def test_cancelled_after_its_last_row_an_import_is_not_written_either(house, monkeypatch):
    sent(house, table(*people(ROWS)))
    paused = Paused(monkeypatch, after=ROWS)
    cancel_import(job=Import.objects.get(), by=house.intake)
    paused.finish()
    assert Import.objects.get().state == ImportState.CANCELLED
    assert Client.objects.count() == 0


def test_a_worker_that_lost_its_lease_writes_nothing_and_the_next_begins_anew(house, monkeypatch):
    """The lost one has taken all rows when another takes the import over, and both go on."""
    job = sent(house, table(*people(ROWS)))
    lost = Paused(monkeypatch, after=ROWS)
    Import.objects.update(lease_until=now() - dt.timedelta(seconds=1))
    taken_over = threading.Thread(target=lost._run, args=(run_next,))
    taken_over.start()
    until(lambda: Import.objects.get().attempts == 2, why="it should be taken over")
    lost.finish()
    taken_over.join(20)
    job.refresh_from_db()
    assert (counts(job), job.attempts) == ((ImportState.FINISHED, ROWS, 0, 0), 2)
    assert Client.objects.count() == ROWS


def test_an_import_that_is_interrupted_a_third_time_is_given_up(house):
    job = sent(house, table(*people(ROWS)))
    for attempt in (1, 2, 3):
        assert running._claim().attempts == attempt
        Import.objects.update(lease_until=now() - dt.timedelta(seconds=1))
    assert run_next() is False
    job.refresh_from_db()
    assert (job.state, job.failure) == (ImportState.FAILED, Failure.GAVE_UP)
    assert (Client.objects.count(), ImportFile.objects.count()) == (0, 0)


def claiming(house):
    job = running._claim()
    return "claimed" if job else "nothing to do"


def test_of_ten_workers_one_claims_and_the_others_pass(house):
    for first in range(10):
        sent(house, table(*people(first + 1)))
    assert at_once([lambda: claiming(house)] * 10) == {"claimed": 1, "nothing to do": 9}


def test_without_the_constraint_several_would_run_at_once(house):
    for first in range(10):
        sent(house, table(*people(first + 1)))
    with without(
        "DROP INDEX one_import_runs",
        "CREATE UNIQUE INDEX one_import_runs ON interop_import (state) WHERE state = 'running'",
        before_restore="UPDATE interop_import SET state = 'waiting', lease = NULL, lease_until = NULL",
    ):
        assert at_once([lambda: claiming(house)] * 10)["claimed"] > 1


def test_the_sender_must_still_have_the_right_when_it_begins_and_when_it_ends(house, monkeypatch):
    first = sent(house, table(*people(ROWS)))
    house.intake.memberships.update(until=now())
    assert run_next()
    first.refresh_from_db()
    assert (first.state, first.failure) == (ImportState.FAILED, Failure.MAY_NOT)

    sent(house, table(*people(ROWS)), by=house.supervisor)
    paused = Paused(monkeypatch, after=3)
    house.supervisor.memberships.update(until=now())
    paused.finish()
    assert Import.objects.latest("created_at").failure == Failure.MAY_NOT
    assert Client.objects.count() == 0


def test_everybody_in_a_file_of_appointments_is_locked_before_its_first_row(
    house, monkeypatch, next_tuesday
):
    """Row by row, it and somebody's booking of the same two could each wait for the other."""
    house.client(), house.client(name="Kim")
    rows = [
        {
            "record_number": number, "staff": staff.email, "kind": "individual",
            "starts_at": f"{next_tuesday:%Y-%m-%d} 10:00", "duration_minutes": "50",
        }
        for number, staff in zip(
            Client.objects.values_list("record_number", flat=True), (house.ana, house.ben),
            strict=True,
        )
    ]  # fmt: skip
    sent(house, table(*rows), kind=ImportKind.APPOINTMENTS)
    paused = Paused(monkeypatch, after=1)
    free = {user.email: is_free(user) for user in (house.ana, house.ben, house.cleo)}
    paused.finish()
    assert free == {house.ana.email: False, house.ben.email: False, house.cleo.email: True}
    assert Import.objects.get().rows_good == 2
    assert MOST_ROWS[ImportKind.APPOINTMENTS] <= running.AT_ONCE


@pytest.mark.parametrize(
    ("most", "became", "refused", "kim_is_free"),
    [
        (3, (ImportState.FINISHED, 2, 0, 0), [], False),
        (2, (ImportState.REFUSED, 1, 0, 1), [(3, "", "too_many_people")], True),
    ],
)
def test_a_file_locks_no_more_people_than_it_may_and_is_refused_from_there_on(
    house, monkeypatch, next_tuesday, most, became, refused, kim_is_free
):
    """Ana and Sam are two; Kim with Ana in the second row is the third."""
    sam, kim = house.client(), house.client(name="Kim")
    monkeypatch.setattr("interop.services.kinds.MOST_LOCKED", most)
    rows = [
        {
            "record_number": client.record_number, "staff": house.ana.email, "kind": "individual",
            "starts_at": f"{next_tuesday:%Y-%m-%d} {hour}:00", "duration_minutes": "50",
        }
        for client, hour in ((sam, 10), (kim, 12))
    ]  # fmt: skip
    job = sent(house, table(*rows), kind=ImportKind.APPOINTMENTS)
    paused = Paused(monkeypatch, after=1)
    free = (is_free(house.ana), is_free(sam), is_free(kim))
    paused.finish()
    job.refresh_from_db()
    assert free == (False, False, kim_is_free)
    assert (counts(job), report(job)) == (became, refused)


def test_the_most_that_a_file_locks_leaves_room_for_others():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_locks_per_transaction')::int"
            " * current_setting('max_connections')::int"
        )
        (room,) = cursor.fetchone()
    assert (MOST_LOCKED, room / 2 > MOST_LOCKED) == (3_000, True)


def is_free(user):
    key = int.from_bytes(user.pk.bytes[8:], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
        return cursor.fetchone()[0]


def test_an_import_that_takes_too_long_is_undone(house, monkeypatch):
    monkeypatch.setattr(progress, "LONGEST_SECONDS", 0.0)
    job = imported(house, table(*people(ROWS)))
    assert (job.state, job.failure) == (ImportState.FAILED, Failure.TOO_LONG)
    assert Client.objects.count() == 0


def test_a_fault_of_ours_is_said_without_its_words_and_undone(house, caplog):
    job = sent(house, table(*people(ROWS)))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE interop_importfile SET text = text || 'x'::bytea")
    assert run_next()
    job.refresh_from_db()
    assert (job.state, job.failure) == (ImportState.FAILED, Failure.OUR_FAULT)
    assert str(job.pk) in caplog.text


def test_the_file_is_sealed_in_the_database(house):
    sent(house, table(*people(ROWS)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM interop_importfile")
        stored = bytes(cursor.fetchone()[0])
    assert people(1)[0]["legal_last_name"].encode() not in stored
    assert people(1)[0]["legal_last_name"] in ImportFile.objects.get().text


def test_a_report_is_kept_for_a_week(house, time_machine):
    job = imported(house, table(*people(2, birth_date="1/2/90")))
    time_machine.move_to(job.report_kept_until - dt.timedelta(minutes=1))
    assert remove_old_reports() == 0
    time_machine.move_to(job.report_kept_until + dt.timedelta(minutes=1))
    assert remove_old_reports() == 2
    assert (RefusedRow.objects.count(), Import.objects.count()) == (0, 1)
