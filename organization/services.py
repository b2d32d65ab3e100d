"""Changes to the organization: facilities, programs, rooms, staff."""

from django.db import transaction

from audit.services import note_change
from organization.models import Facility, Membership, User
from organization.roles import Role


@transaction.atomic
def hire(
    *,
    email: str,
    full_name: str,
    facility: Facility,
    role: Role,
    password: str | None = None,
    supervisor: User | None = None,
    credential: str = "",
    by: User | None = None,
) -> User:
    """Give somebody a role at a facility, making their account if they have none yet.

    Holding the role there already changes nothing.
    """
    user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(
        email, password, full_name=full_name
    )
    membership, made = Membership.objects.get_or_create(
        user=user,
        facility=facility,
        role=role,
        until=None,
        defaults={"supervisor": supervisor, "credential": credential},
    )
    if made:
        note_change("membership.given", membership.pk, by=by.pk if by else None)
    return user
