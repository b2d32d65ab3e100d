"""How the engine is doing, for `/health/queue` and for whoever watches; and who opted out."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Count, F, Min, OuterRef, QuerySet, Subquery, When

from clients.models import Channel, ContactPoint
from common.clock import now
from messaging.models import ChannelState, Heartbeat, Message, OptOut
from messaging.states import MessageState
from organization.models import User

HEART = "engine"
SILENT_AFTER = dt.timedelta(seconds=60)
LATE_AFTER = dt.timedelta(seconds=120)


def opted_out_points(user: User) -> QuerySet[ContactPoint]:
    """The contact points that this person sees and whose address wants nothing, and since when."""
    ever = ever_opted_out_points(user)
    return ever.filter(opted_out_since__isnull=False)  # type: ignore[misc]  # annotated


def ever_opted_out_points(user: User) -> QuerySet[ContactPoint]:
    """As `opted_out_points`, with those whose opt-out was lifted, and when that last changed."""
    ever = OptOut.objects.filter(address_index=OuterRef("address_index"))
    in_force = ever.filter(until=None)
    return (
        ContactPoint.objects.visible_to(user)
        .annotate(
            opted_out_since=Subquery(in_force.values("since")[:1]),
            opt_out_changed_at=Subquery(ever.order_by("-updated_at").values("updated_at")[:1]),
        )
        .annotate(
            opt_out_lifted_at=Case(
                When(opted_out_since__isnull=True, then=F("opt_out_changed_at")), default=None
            )
        )
        .filter(opt_out_changed_at__isnull=False)
    )


def clients_with_address(address_indexes: Iterable[str], user: User) -> set[uuid.UUID]:
    """The clients whom this person sees and who have one of these addresses."""
    points = ContactPoint.objects.visible_to(user).filter(address_index__in=list(address_indexes))
    return set(points.values_list("client", flat=True))


def due_count(channel: Channel, *, at_most: int) -> int:
    """How many messages of a channel are due, counted no further than `at_most`."""
    due = Message.objects.filter(channel=channel, state=MessageState.SCHEDULED, send_at__lte=now())
    return len(due.values_list("pk")[:at_most])


@dataclass(frozen=True)
class EngineHealth:
    """`well` is false when the engine is silent or late. Ages in seconds."""

    well: bool
    heartbeat_age_seconds: float | None
    backlog: int
    oldest_due_age_seconds: float
    unknown: int
    paused_channels: list[str]


def engine_health() -> EngineHealth:
    """The heart's last beat, what waits, how late the oldest is, and what is in doubt."""
    moment = now()
    beat = Heartbeat.objects.filter(name=HEART).first()
    heart_age = (moment - beat.at).total_seconds() if beat else None
    waiting = Message.objects.filter(state=MessageState.SCHEDULED, send_at__lte=moment).aggregate(
        count=Count("pk"), oldest=Min("send_at")
    )
    late = (moment - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0.0
    paused = ChannelState.objects.filter(paused_until__gt=moment)
    silent = heart_age is None or heart_age > SILENT_AFTER.total_seconds()
    return EngineHealth(
        well=not silent and late <= LATE_AFTER.total_seconds(),
        heartbeat_age_seconds=heart_age,
        backlog=waiting["count"],
        oldest_due_age_seconds=late,
        unknown=Message.objects.filter(state=MessageState.UNKNOWN, expires_at__gt=moment).count(),
        paused_channels=sorted(paused.values_list("channel", flat=True)),
    )
