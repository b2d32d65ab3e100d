"""What became of the attempts of the last hour, and what is in doubt."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db.models import CharField, Count, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from common.clock import now
from messaging.models import Attempt
from messaging.states import AttemptState, MessageState
from worklist.models import Task, TaskKind

LATELY = dt.timedelta(hours=1)
TASK_WITHIN = dt.timedelta(minutes=30)
FAILED = (AttemptState.REFUSED, AttemptState.DEFERRED, AttemptState.UNKNOWN)


@dataclass(frozen=True)
class Outcomes:
    """The attempts of the last hour. `errors` counts those that failed by family of their code:
    `4xx`, `21xxx`, or a word of ours."""

    attempts: int
    error_rate: float
    errors: dict[str, int]


def outcomes() -> Outcomes:
    """What became of the attempts of the last hour."""
    lately = Attempt.objects.filter(started_at__gte=now() - LATELY).order_by()
    total, errors = 0, Counter[str]()
    for state, code, count in lately.values_list("state", "code").annotate(Count("pk")):
        total += count
        if state in FAILED:
            errors[_family(code)] += count
    rate = round(errors.total() / total, 4) if total else 0.0
    return Outcomes(total, rate, dict(sorted(errors.items())))


def _family(code: str) -> str:
    """Providers' codes are many, and begin alike where they mean the like."""
    if not code.isdecimal():
        return code or "none"
    known = code[:2] if len(code) > 3 else code[:1]
    return known + "x" * (len(code) - len(known))


@dataclass(frozen=True)
class Doubt:
    """Messages that may have arrived: how many, and of those older than 30 minutes the ones that
    nobody was given to look after."""

    messages: int
    forgotten: int


def doubt() -> Doubt:
    """What may have arrived, while it still matters."""
    moment = now()
    # By way of the attempts, whose index holds only what is in doubt.
    unsure = Attempt.objects.filter(
        state=AttemptState.UNKNOWN,
        message__state=MessageState.UNKNOWN,
        message__expires_at__gt=moment,
    )
    cause = Concat(Value("message:"), Cast(OuterRef("message_id"), CharField()))
    given = Task.objects.filter(kind=TaskKind.CALL_CLIENT, source=cause)
    forgotten = Q(
        ~Exists(given), message__client__isnull=False, started_at__lt=moment - TASK_WITHIN
    )
    return Doubt(**unsure.aggregate(messages=Count("pk"), forgotten=Count("pk", filter=forgotten)))
