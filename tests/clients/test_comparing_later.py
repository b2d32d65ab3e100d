"""A long transaction that makes records holds nobody up, and still nobody is recorded twice unseen."""

import datetime as dt
import threading
import time

import pytest
from django.db import connection, connections, transaction

from clients.models import Client, PossibleDuplicate
from clients.services import duplicates, register_client
from common.errors import Conflict
from tests.people import House

pytestmark = pytest.mark.django_db(transaction=True)

BORN = dt.date(1980, 5, 17)


@pytest.fixture
def place(transactional_db):
    return House.build()


class Meanwhile:
    """Somebody else's transaction, on a connection of its own: it acts, and waits to be let end."""

    def __init__(self, act):
        self.acted, self.may_end = threading.Event(), threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(act,))
        self.thread.start()
        assert self.acted.wait(20)

    def run(self, act):
        try:
            with transaction.atomic():
                act()
                self.acted.set()
                self.may_end.wait(20)
        except Exception as error:
            self.error = error
        finally:
            self.acted.set()
            connections.close_all()

    def end(self):
        self.may_end.set()
        self.thread.join(20)
        assert self.error is None, self.error


def record(place, *, waits=True, born=BORN):
    return register_client(
        legal_first_name="Kim", legal_last_name="Ito", birth_date=born, waits=waits,
        facility=place.elm, by=place.ana,
    )  # fmt: skip


def imported(place, **changes):
    return record(place, waits=False, **changes)


def waits_for(act):
    """How long it waits, in seconds, before it is let through or gives up."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        begun = time.monotonic()
        act()
    return time.monotonic() - begun


def pairs():
    return {frozenset([p.first_id, p.second_id]) for p in PossibleDuplicate.objects.all()}


def everybody():
    return frozenset(Client.objects.values_list("pk", flat=True))


def test_nobody_waits_for_an_import_that_goes_on(place):
    meanwhile = Meanwhile(lambda: imported(place))
    waits_for(lambda: record(place))  # gives up after two seconds if it has to
    meanwhile.end()
    assert Client.objects.count() == 2


def test_by_hand_one_waits_for_the_other(place):
    meanwhile = Meanwhile(lambda: record(place))
    with pytest.raises(Exception, match="lock timeout"):
        waits_for(lambda: record(place))
    meanwhile.end()


def test_who_was_recorded_by_hand_during_an_import_is_paired_afterwards(place):
    meanwhile = Meanwhile(lambda: imported(place))
    record(place)
    meanwhile.end()
    assert pairs() == set()
    assert duplicates.compare_due() == 1
    assert pairs() == {everybody()}
    assert duplicates.compare_due() == 0


def test_who_records_by_hand_after_an_import_is_told(place):
    imported(place)
    with pytest.raises(Conflict) as refused:
        record(place)
    assert refused.value.code == "possible_duplicates"


def by_hand_over_the_end_of_an_import(place, *, born=BORN):
    """Somebody has looked while an import went on, and ends only after it: both looks were in vain."""
    meanwhile = Meanwhile(lambda: record(place, born=born))
    imported(place)
    threading.Timer(0.5, meanwhile.end).start()
    duplicates.compare_due()
    meanwhile.thread.join(20)


@pytest.mark.parametrize("born", [BORN, BORN.replace(day=18)], ids=["same date", "similar date"])
def test_comparing_waits_for_who_is_recording_by_hand(place, born):
    by_hand_over_the_end_of_an_import(place, born=born)
    assert pairs() == {everybody()}


def test_without_the_wait_they_would_not_be_seen(place, monkeypatch):
    monkeypatch.setattr(duplicates, "lock_subjects", lambda ids: None)
    by_hand_over_the_end_of_an_import(place)
    assert pairs() == set()


def test_an_import_that_is_undone_leaves_nothing_to_compare(place):
    with transaction.atomic():
        imported(place)
        transaction.set_rollback(True)
    assert duplicates.compare_due() == 0


def test_no_more_are_compared_at_once_than_others_can_wait_for(place, monkeypatch):
    monkeypatch.setattr(duplicates, "COMPARED_AT_ONCE", 2)
    for day in (1, 2, 3):
        register_client(
            legal_first_name=f"Ash{day}", legal_last_name="Lee", facility=place.elm, by=place.ana,
            birth_date=dt.date(1950 + day, 6, 15), waits=False,
        )  # fmt: skip
    assert [duplicates.compare_due() for _ in range(3)] == [2, 1, 0]
