"""Callbacks repeated, shuffled and doubled: the message only moves forward, and ends as any order says.

`FAULTS` says how many sequences are tried (`make faults` tries 10,000).
"""

import os
import random

import pytest

from appointments.states import RuleChannel
from common.clock import now
from messaging.models import Attempt, Message, Receipt
from messaging.services.receipts import handle_receipt, store_receipt
from messaging.states import AttemptState, MessageState

pytestmark = pytest.mark.django_db

SEQUENCES = int(os.environ.get("FAULTS", "40"))
STATUSES = ("accepted", "queued", "sending", "sent", "delivered", "failed", "undelivered", "odd")


def test_in_any_order_and_number_receipts_only_move_it_forward(house, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    house.booked(house.client(phone="+12175550134"), next_tuesday)
    message = Message.objects.get()
    attempt = Attempt.objects.create(
        message=message, number=1, state=AttemptState.ACCEPTED, started_at=now(), provider_id="SM1"
    )
    for seed in range(SEQUENCES):
        choose = random.Random(seed)
        Receipt.objects.all().delete()
        message.change(state=MessageState.SENT, reason="", delivered_at=None, ended_at=None)
        ended = ""
        for _ in range(choose.randint(1, 12)):
            status, sid = choose.choice(STATUSES), choose.choice(["SM1", "SM1", "SM1", "SM2"])
            receipt = store_receipt(attempt_id=attempt.pk, provider_id=sid, status=status, code="")
            if receipt:
                handle_receipt(receipt.pk)
            if sid == "SM1" and not ended and status in ("delivered", "failed", "undelivered"):
                ended = "delivered" if status == "delivered" else "failed"
            message.refresh_from_db()
            assert message.state == (ended or "sent"), f"seed {seed}"
            assert (message.ended_at is not None) == bool(ended), f"seed {seed}"
