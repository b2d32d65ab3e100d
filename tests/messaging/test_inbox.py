"""Reading what clients wrote: once, by who sees it, and then the task is done."""

import pytest

from messaging.models import InboundMessage
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.services.inbox import mark_read
from worklist.models import Task

pytestmark = pytest.mark.django_db

PHONE = "+12175550134"


@pytest.fixture
def came(house):
    """Something that Sam wrote."""
    house.client(phone=PHONE)
    stored = store_inbound(provider_id="SM1", sender=PHONE, body="running late")
    handle_inbound(stored.pk)
    return InboundMessage.objects.get()


def test_reading_it_ends_the_task(house, came):
    read = mark_read(inbound=came, by=house.ana)
    assert (read.read_by, read.read_at is None) == (house.ana, False)
    task = Task.objects.get()
    assert (task.state, task.outcome, task.ended_by) == ("done", "Read", house.ana)


def test_the_first_reader_stays_named(house, came):
    first = mark_read(inbound=came, by=house.ana).read_at
    again = mark_read(inbound=came, by=house.ben)
    assert (again.read_by, again.read_at) == (house.ana, first)


def test_who_has_nothing_to_do_with_it_ends_no_task(house, came):
    mark_read(inbound=came, by=house.cleo)
    assert Task.objects.get().state == "open"
