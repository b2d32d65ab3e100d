"""Queries that are kept: at which time they hold, and which are never kept."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.db.models import Q

from clients.models import CareTeamMember, Client
from common.clock import now
from common.prepared import (
    ASKED,
    MANY,
    ONE,
    ById,
    Kept,
    Prepared,
    holds_a_moment,
    select_ids,
    values_of,
)
from common.present import PRESENT
from organization.models import Facility, Membership, User
from organization.seen import Seen

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def told(value):
    """What PostgreSQL takes a value for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [value])
        return cursor.fetchone()[0]


def test_the_present_is_when_the_query_runs():
    with time_machine.travel("2027-03-01T10:00:00Z", tick=False):
        assert told(PRESENT) == now()
        assert told(PRESENT - 30 * DAY) == now() - 30 * DAY
    with time_machine.travel("2027-03-02T10:00:00Z", tick=False):
        assert told(PRESENT + DAY) == dt.datetime(2027, 3, 3, 10, tzinfo=dt.UTC)


def test_where_nothing_puts_the_present_in_its_place_no_period_holds():
    since = now() - DAY
    assert not since <= dt.datetime.fromisoformat(PRESENT.isoformat())


def test_a_period_that_ends_while_its_query_is_kept_ends(house):
    rows = Seen(Client.objects.visible_to)
    client = house.client()
    assert [c.pk for c in rows.rows(house.ana)] == [client.pk]
    assert list(rows.find(house.ana, [client.pk])) == [client.pk]
    CareTeamMember.objects.update(until=now() + DAY)
    with time_machine.travel(now() + 2 * DAY, tick=False):
        assert list(rows.rows(house.ana)) == []
        assert rows.find(house.ana, [client.pk]) == {}
        assert rows.ids(house.ana).rows() == []


def test_other_roles_have_other_queries(house):
    rows = Seen(Facility.objects.visible_to)
    assert [f.pk for f in rows.rows(house.ana)] == [house.elm.pk]
    Membership.objects.filter(user=house.ana).update(until=now())
    same = User.objects.get(pk=house.ana.pk)
    assert list(rows.rows(same)) == []
    assert rows.find(same, [house.elm.pk]) == {}


def test_whole_rows_come_with_what_is_encrypted_in_them_read(house):
    client = house.client(phone="217 555 0101")
    point = client.contact_points.get()
    found = ById(type(point).objects.all(), ONE).find(point.pk)[point.pk]
    assert (found, found.value) == (point, point.value)
    assert not found._state.adding


def test_of_several_those_are_found_that_there_are(house):
    one, two = house.client(), house.client()
    rows = ById(Client.objects.exclude(pk=two.pk), MANY)
    assert rows.find([one.pk, two.pk]) == {one.pk: one}
    assert ById(Client.objects.none(), MANY).find([one.pk]) == {}
    assert select_ids(Client.objects.none()).rows() == []


def test_rows_with_more_to_read_are_refused():
    with pytest.raises(TypeError, match="Client"):
        ById(Client.objects.annotate(yes=Q(pk__isnull=False)), ONE)


def test_a_query_that_holds_a_moment_is_made_anew_each_time():
    kept, made = Kept(), []

    def rows():
        made.append(Membership.objects.filter(since__lte=now()))
        return made[-1]

    assert kept.get("key", rows, values_of) is not kept.get("key", rows, values_of)
    assert len(made) == 2


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ([1, "a", PRESENT], False),
        ([[PRESENT - DAY], (PRESENT,)], False),
        ([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], True),
        ([[dt.date(2026, 1, 1)]], True),
        ([], False),
    ],
)
def test_a_moment_is_found_among_values(values, held):
    assert holds_a_moment(values) is held


def test_a_query_made_of_what_another_one_answers_is_refused(house):
    def rows():
        return Client.objects.filter(pk__in=list(Client.objects.values_list("pk", flat=True)))

    with pytest.raises(RuntimeError, match="another one answers"):
        Kept().get("key", rows, values_of)


def test_no_more_is_kept_than_was_said(house):
    kept = Kept(most=2)
    for key in range(5):
        kept.get(key, Client.objects.all, values_of)
    assert len(kept._kept) <= 2


def test_a_prepared_statement_holds_all_values_but_the_ids_and_the_present(house):
    odd = "50 % of 'it'"
    Facility.objects.filter(pk=house.elm.pk).update(discreet_name=odd)
    named = Prepared(
        lambda ids: Facility.objects.filter(
            pk__in=ids, discreet_name__in=[odd, "Elm St"], created_at__lte=PRESENT
        ).values_list("discreet_name")
    )
    assert named.rows([house.elm.pk, house.elm.pk]) == [(odd,)]
    assert named.rows([house.elm.pk]) == [(odd,)]
    assert named._of_many.values == (PRESENT, ASKED)
