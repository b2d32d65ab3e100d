"""Page-shaped reads of staff."""

from django.db.models import Case, Prefetch, QuerySet, When

from organization.models import Membership, User
from organization.roles import Capability


def staff_seen_by(user: User) -> QuerySet[User]:
    """This person's colleagues; and whoever works or worked where they manage accounts."""
    colleagues = User.objects.colleagues_of(user)
    if not user.access.can(Capability.MANAGE_ACCOUNTS):
        return colleagues
    return colleagues | User.objects.managed_by(user)


def staff_once_seen_by(user: User) -> QuerySet[User]:
    """These, and whoever worked at this person's facilities; `gone_at` is set on those seen no more."""
    once = Membership.objects.filter(facility__in=user.access.facilities)
    everybody = staff_seen_by(user) | User.objects.filter(pk__in=once.values("user"))
    return everybody.annotate(
        gone_at=Case(When(pk__in=staff_seen_by(user).values("pk"), then=None), default="updated_at")
    )


def managed_memberships(user: User) -> "Prefetch[str, QuerySet[Membership], str]":
    """Each one's roles, past ones too, at the facilities where this person manages accounts."""
    there = Membership.objects.managed_by(user).order_by("since", "id")
    return Prefetch("memberships", there, to_attr="managed_memberships")
