"""What is not kept for ever, and what stays."""

import datetime as dt
import uuid

import pytest

from clients.models import Channel
from common.clock import now
from messaging.models import InboundMessage, Link, Message, Receipt
from messaging.services.inbound import store_inbound
from messaging.services.outbox import enqueue_account_mail
from messaging.services.retention import forget

pytestmark = pytest.mark.django_db


def message(state, *, days, ended=True):
    """One with words, of which everything was over so many days ago."""
    then = now() - dt.timedelta(days=days)
    row = enqueue_account_mail(to="ana@example.org", subject="S", body="B")
    row.change(
        state=state, expires_at=then, sent_at=then, ended_at=then if ended else None,
        text_version="v1", text_digest="d1",
    )  # fmt: skip
    return row


def words(row):
    row = Message.objects.get(pk=row.pk)
    return row.subject, row.body


def test_the_words_of_what_ended_go_after_thirty_days_and_the_row_stays():
    old, young = message("delivered", days=31), message("delivered", days=29)
    sent = message("sent", days=31, ended=False)
    assert forget()["bodies"] == 2
    assert (words(old), words(sent), words(young)) == ((None, None), (None, None), ("S", "B"))
    old.refresh_from_db()
    assert (old.state, old.text_version, old.text_digest) == ("delivered", "v1", "d1")
    assert forget()["bodies"] == 0


def test_how_long_is_a_setting(settings):
    settings.BODIES_KEPT_DAYS = 90
    old = message("failed", days=31)
    forget()
    assert words(old) == ("S", "B")


def test_what_still_waits_keeps_its_words():
    waiting = enqueue_account_mail(to="ana@example.org", subject="S", body="B")
    waiting.change(expires_at=now() - dt.timedelta(days=40))
    forget()
    assert words(waiting) == ("S", "B")


def test_a_link_goes_when_it_neither_shows_nor_stops_anything():
    row = message("sent", days=1)
    for name, shown_until, made in (("old", -1, 61), ("stops", -1, 59), ("shows", 1, 61)):
        link = Link.objects.create(
            message=row, token_digest=name, good_until=now() + dt.timedelta(days=shown_until)
        )
        Link.objects.filter(pk=link.pk).update(created_at=now() - dt.timedelta(days=made))
    assert forget()["links"] == 1
    assert set(Link.objects.values_list("token_digest", flat=True)) == {"stops", "shows"}


def test_receipts_go_when_handled_and_old():
    for status, handled, days in (("old", True, 91), ("open", False, 91), ("young", True, 89)):
        receipt = Receipt.objects.create(
            attempt_id=uuid.uuid4(), provider_id="SM1", status=status,
            handled_at=now() if handled else None,
        )  # fmt: skip
        Receipt.objects.filter(pk=receipt.pk).update(created_at=now() - dt.timedelta(days=days))
    assert forget()["receipts"] == 1
    assert set(Receipt.objects.values_list("status", flat=True)) == {"open", "young"}


def test_what_clients_wrote_stays():
    came = store_inbound(provider_id="SM1", sender="+12175550134", body="a word")
    then = now() - dt.timedelta(days=400)
    InboundMessage.objects.update(received_at=then, created_at=then, handled_at=then)
    forget()
    came.refresh_from_db()
    assert (came.body, came.channel) == ("a word", Channel.SMS)
