"""Open pairs are put before who sees both: once, whoever else is at it, and never a settled one."""

import datetime as dt

import pytest

from clients.models import PossibleDuplicate
from clients.models.duplicates import PossibleDuplicateQuerySet
from clients.services import create_client, dismiss_duplicate, register_client
from clients.services.readers import find_readers
from clients.tasks import find_readers as task
from common import events
from common.events import PossibleDuplicateFound
from organization.models import User
from tests.races import at_once
from worklist.models import Task

pytestmark = pytest.mark.django_db

PAIRS = 6


def pairs(house, how_many):
    """Pairs of a client of Ana's and one whom Cleo recorded without being told."""
    for day in range(1, how_many + 1):
        born = dt.date(1988, 2, day * 3)
        names = {"legal_first_name": "Robin" + "xyzuvw"[day % 6] * 9, "legal_last_name": "Ash"}
        create_client(facility=house.elm, by=house.ana, birth_date=born, **names)
        register_client(facility=house.elm, by=house.cleo, birth_date=born, **names)
    return list(PossibleDuplicate.objects.order_by("created_at"))


def test_each_pair_is_looked_at_once_the_oldest_first(house):
    made = pairs(house, 3)
    assert find_readers(pairs=2) == 2
    assert set(Task.objects.values_list("source", flat=True)) == {
        f"pair:{pair.pk}" for pair in made[:2]
    }
    task()
    assert (Task.objects.count(), find_readers()) == (3, 0)


def test_a_settled_pair_is_put_before_nobody(house):
    (pair,) = pairs(house, 1)
    dismiss_duplicate(pair=pair, by=house.intake)
    assert (find_readers(), Task.objects.count()) == (0, 0)


def test_a_fault_in_one_stops_nobody_else_and_it_is_tried_again(house, monkeypatch):
    faulty, sound = pairs(house, 2)

    def break_on_one(event):
        if event.pair_id == faulty.pk:
            raise ValueError

    told = [break_on_one, *events._handlers[PossibleDuplicateFound]]
    monkeypatch.setitem(events._handlers, PossibleDuplicateFound, told)
    assert find_readers() == 1
    assert Task.objects.get().source == f"pair:{sound.pk}"
    monkeypatch.undo()
    assert find_readers() == 1
    assert Task.objects.count() == 2


# ── At once ──────────────────────────────────────────────────────────────────────────────────────


def looking():
    return f"looked at {find_readers()}"


def counted(answers):
    return sum(int(answer.split()[-1]) * times for answer, times in answers.items())


@pytest.mark.django_db(transaction=True)
def test_of_several_who_look_at_once_each_pair_is_taken_by_one(house):
    pairs(house, PAIRS)
    assert counted(at_once([looking] * 4)) == PAIRS
    assert Task.objects.count() == PAIRS


@pytest.mark.django_db(transaction=True)
def test_without_the_row_lock_several_take_the_same_pair(house, monkeypatch):
    """The negative control. Even so a pair has one task, as `task_open_once` says."""
    monkeypatch.setattr(PossibleDuplicateQuerySet, "select_for_update", lambda self, **_: self)
    pairs(house, PAIRS)
    assert counted(at_once([looking] * 4)) > PAIRS
    assert Task.objects.count() == PAIRS


def dismissing(house, made):
    def dismiss():
        by = User.objects.get(pk=house.intake.pk)
        for pair in made:
            dismiss_duplicate(pair=pair, by=by)
        return "dismissed"

    return dismiss


@pytest.mark.django_db(transaction=True)
def test_what_is_settled_meanwhile_leaves_no_task(house):
    made = pairs(house, PAIRS)
    answers = at_once([looking, looking, dismissing(house, made)])
    assert answers["dismissed"] == 1
    assert Task.objects.open().count() == 0
