"""The first facility and its first administrator: from then on, people invite each other."""

from dataclasses import dataclass

from django.db import connection, transaction

from audit.services import note_change
from common.errors import Conflict
from common.rows import check_row
from common.text import plain_line
from organization.models import Facility, Membership, User
from organization.roles import Role
from organization.services.places import check_discreet
from organization.services.staff import hire


@dataclass(frozen=True)
class Founded:
    """What stands, and whether this call made it."""

    facility: Facility
    administrator: User
    made: bool


@transaction.atomic
def found(*, facility: Facility, email: str, full_name: str) -> Founded:
    """Make the first facility, not saved yet, and the account of its first administrator.

    Where both stand already, nothing changes. Raises `Conflict` if something else does.
    """
    with connection.cursor() as cursor:  # so that of two at once, the second finds the first's
        cursor.execute("LOCK TABLE organization_facility IN SHARE ROW EXCLUSIVE MODE")
    facility.legal_name = plain_line(facility.legal_name)
    facility.discreet_name = plain_line(facility.discreet_name)
    if Facility.objects.exists():
        return standing(legal_name=facility.legal_name, email=email)
    check_row(facility)
    check_discreet(facility)
    check_row(User(email=email, full_name=plain_line(full_name)), leave_out=("password",))
    facility.save(force_insert=True)
    administrator = hire(
        email=email, full_name=full_name, facility=facility, role=Role.ADMINISTRATOR
    )
    note_change("facility.founded", facility.pk, by=None)
    return Founded(facility, administrator, made=True)


def standing(*, legal_name: str, email: str) -> Founded:
    """The facility and the administrator that stand already; `Conflict` if these don't."""
    administers = Membership.objects.current().filter(
        facility__legal_name=plain_line(legal_name),
        user__email__iexact=email,
        user__is_active=True,
        role=Role.ADMINISTRATOR,
    )
    role = administers.select_related("facility", "user").first()
    if role is None:
        raise Conflict(
            "Casework is set up already, with another facility or administrator. An administrator "
            "who can sign in invites everybody else.",
            code="already_founded",
        )
    return Founded(role.facility, role.user, made=False)
