"""Living through the past weeks in order, under a held clock.

Why not write past rows directly: services refuse the past, and rows made by hand drift from what
services would leave (occupancy, ledger, its history, messages, attempts, tasks, audit). So the
clock is held at each moment in turn, the very same services run, and the very same drain sends,
to a stand-in for the provider. What they leave is consistent because they left it.
"""

import datetime as dt
import heapq
import itertools
import uuid
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from django.db.models import Min

from appointments.services.replanning import replan_due
from clients.models import Channel
from dashboard.demo.clock import HeldClock
from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.models import Message
from messaging.services import drain, receipts, sweep
from messaging.statements import Outcome
from messaging.states import MessageState

HAND_OVER_TAKES = dt.timedelta(seconds=2)
RECEIPT_TAKES = dt.timedelta(seconds=9)

Act = Callable[[], None]
Told = Callable[[Sequence[Outcome]], None]
Share = Callable[[float], None]


class Provider:
    """Stands in for both providers of the past: it takes everything but what goes to dead numbers.

    `unreached`: numbers whose next text is accepted and then not delivered.
    """

    at_once = 1

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.unreached: set[str] = set()
        self._count = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is open."""

    def send(self, message: Outgoing) -> str:
        """The provider's id, or what it says of a number that does not exist."""
        if message.to in self.dead:
            raise DeliveryError(
                Fate.PERMANENT, code="21211", words="Invalid 'To' number", dead_address=True
            )
        return f"demo-{next(self._count):06d}"


class History:
    """Acts at their moments, and between them what the worker does: plan anew, send, take receipts.

    `begins`: when the first appointment is booked; before that there is nothing to plan or send.
    `outage`: nothing is sent from then until then. What is due meanwhile goes late, or expires.
    """

    def __init__(self, clock: HeldClock, until: dt.datetime, provider: Provider) -> None:
        self.clock = clock
        self.until = until
        self.provider = provider
        self.begins = clock.moment
        self.outage: tuple[dt.datetime, dt.datetime] | None = None
        self.told: Told = lambda outcomes: None
        self._acts: list[tuple[dt.datetime, int, Act, bool]] = []
        self._order = itertools.count()

    def at(self, moment: dt.datetime, act: Act, *, replans: bool = True) -> None:
        """Have something happen then; what lies after the end does not happen.

        `replans`: it may change what is to be said of other appointments, so planning follows.
        """
        if moment <= self.until:
            heapq.heappush(self._acts, (moment, next(self._order), act, replans))

    def live(self, share_done: Share) -> None:
        """Let everything happen in its order, and end with the clock at the end."""
        happened = 0
        replan_due()
        while (due := self._next_due()) is not None or self._acts:
            if self._acts and (due is None or self._acts[0][0] <= due):
                moment, _, act, replans = heapq.heappop(self._acts)
                self.clock.moment = max(self.clock.moment, moment)
                act()
                happened += 1
                share_done(happened / (happened + len(self._acts)))
                if replans and moment >= self.begins:
                    replan_due()
            elif due is not None:
                self.clock.moment = max(self.clock.moment, min(due + HAND_OVER_TAKES, self.until))
                self._work()
                replan_due()
        self.clock.moment = self.until
        while replan_due():
            continue

    def _next_due(self) -> dt.datetime | None:
        """When the worker has something to send next, if that is not after the end."""
        if self.clock.moment < self.begins:
            return None
        waiting = Message.objects.filter(state=MessageState.SCHEDULED)
        first = waiting.aggregate(due=Min("send_at"), end=Min("expires_at"))
        due: dt.datetime | None = first["due"]
        if due is not None and self.outage and self.outage[0] <= due < self.outage[1]:
            due = min(self.outage[1], first["end"])
        return due if due is not None and due <= self.until else None

    def _work(self) -> None:
        if self.outage and self.outage[0] <= self.clock.moment < self.outage[1]:
            sweep.expire()
            return
        for channel in Channel:
            lease, ids = drain.claim(channel)
            for first in range(0, len(ids), drain.ARM_AT_ONCE):
                chunk = ids[first : first + drain.ARM_AT_ONCE]
                outgoing = drain.prepare(chunk, lease)
                outcomes = drain.hand_over(self.provider, outgoing)
                drain.settle(channel, outcomes)
                self._follow(channel, outgoing, outcomes)

    def _follow(
        self, channel: Channel, outgoing: Sequence[Outgoing], outcomes: Sequence[Outcome]
    ) -> None:
        accepted = [outcome for outcome in outcomes if outcome.state == MessageState.SENT]
        if channel == Channel.SMS and accepted:
            to = {message.attempt_id: message.to for message in outgoing}
            self.at(self.clock.moment + RECEIPT_TAKES, lambda: self._take_receipts(accepted, to))
        self.told(accepted)

    def _take_receipts(self, accepted: Sequence[Outcome], to: dict[uuid.UUID, str]) -> None:
        for outcome in accepted:
            unreached = to[outcome.attempt_id] in self.provider.unreached
            self.provider.unreached.discard(to[outcome.attempt_id])
            receipt = receipts.store_receipt(
                attempt_id=outcome.attempt_id,
                provider_id=outcome.provider_id,
                status="undelivered" if unreached else "delivered",
                code="30003" if unreached else "",
            )
            if receipt is not None:
                receipts.handle_receipt(receipt.pk)
