"""What is not kept for ever: the words of messages, links past their time, receipts long handled.

A message's row stays, with its reason, its text's version and digest. What clients wrote to us is
part of their record and stays with it.
"""

import datetime as dt
import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from common.clock import now
from messaging.models import Link, Message, Receipt
from messaging.services.links import STOPPABLE_FOR
from messaging.states import PENDING

AT_ONCE = 1000
MOST_BATCHES = 20
RECEIPTS_KEPT = dt.timedelta(days=90)


def forget() -> dict[str, int]:
    """Take away what is past its time; how many of each. What is left over, the next time."""
    return {
        "bodies": _in_batches(_forget_words),
        "links": _in_batches(_remove_links),
        "receipts": _in_batches(_remove_receipts),
    }


def _in_batches(batch: Callable[[], int]) -> int:
    """Short transactions, so that nobody waits for one."""
    total = 0
    for _ in range(MOST_BATCHES):
        done = batch()
        total += done
        if done < AT_ONCE:
            break
    return total


@transaction.atomic
def _forget_words() -> int:
    """A message ends no later than a provider's last word on it; what was sent has no such end
    where the channel gives no receipts, so its hand-over counts."""
    before = now() - dt.timedelta(days=settings.BODIES_KEPT_DAYS)
    over = Q(ended_at__lt=before) | Q(ended_at=None, sent_at__lt=before)
    wordy = (
        Message.objects.select_for_update(skip_locked=True)
        .filter(over, expires_at__lt=before, body__isnull=False)
        .exclude(state__in=PENDING)
    )
    ids = _some(wordy.order_by())
    return Message.objects.filter(pk__in=ids).update(body=None, subject=None, updated_at=now())


@transaction.atomic
def _remove_links() -> int:
    """A link also stops messages, for longer than it shows the visit."""
    moment = now()
    past = Link.objects.filter(good_until__lt=moment, created_at__lt=moment - STOPPABLE_FOR)
    return Link.objects.filter(pk__in=_some(past)).delete()[0]


@transaction.atomic
def _remove_receipts() -> int:
    old = Receipt.objects.filter(handled_at__isnull=False, created_at__lt=now() - RECEIPTS_KEPT)
    return Receipt.objects.filter(pk__in=_some(old)).delete()[0]


def _some(rows: QuerySet[Message] | QuerySet[Link] | QuerySet[Receipt]) -> list[uuid.UUID]:
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])
