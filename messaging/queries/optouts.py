"""Who opted out, and who has an address."""

import uuid
from collections.abc import Iterable

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When

from clients.models import ContactPoint
from messaging.models import OptOut
from organization.models import User


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
