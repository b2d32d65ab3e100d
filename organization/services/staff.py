"""Who works where: inviting people, giving and ending their roles."""

from django.db import IntegrityError, transaction

from audit.services import note_change
from common.clock import now
from common.database import broken_constraint
from common.errors import Conflict, Invalid
from common.events import StaffLeft, StaffReturned, announce
from common.rows import check_row
from common.text import plain_line
from organization.models import Facility, LinkPurpose, Membership, User
from organization.roles import Capability, Role, roles_with
from organization.services.accounts import keep_an_administrator
from organization.services.links import hold_account, send_link


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
        email, password, full_name=plain_line(full_name)
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


@transaction.atomic
def invite(
    *,
    email: str,
    full_name: str,
    facility: Facility,
    role: Role,
    by: User,
    credential: str = "",
    supervisor: User | None = None,
) -> User:
    """Give a role to somebody who may have no account yet, and mail a link for the first sign-in.

    Who has an account keeps its name and password, and is sent nothing.
    """
    by.access.require(Capability.MANAGE_ACCOUNTS, facility.pk)
    user = _account_of(email, full_name, by)
    give_role(
        user=user, facility=facility, role=role, credential=credential, supervisor=supervisor, by=by
    )
    if not user.has_usable_password():
        send_link(user=user, purpose=LinkPurpose.INVITATION, by=by)
    return user


def _account_of(email: str, full_name: str, by: User) -> User:
    """The account of this address, made if there is none."""
    existing = User.objects.filter(email__iexact=email).first()
    if existing is not None:
        return existing
    full_name = plain_line(full_name)
    check_row(User(email=email, full_name=full_name), leave_out=("password",))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, full_name=full_name)
    except IntegrityError as error:
        if broken_constraint(error) != "organization_user_email_key":
            raise
        return User.objects.get(email__iexact=email)  # made by another, this very moment
    note_change("staff.invited", user.pk, by=by.pk)
    return user


@transaction.atomic
def give_role(
    *,
    user: User,
    facility: Facility,
    role: Role,
    by: User,
    credential: str = "",
    supervisor: User | None = None,
) -> Membership:
    """Give somebody a role at a facility, from now on."""
    by.access.require(Capability.MANAGE_ACCOUNTS, facility.pk)
    _refuse_own_roles(user, by)
    hold_account(user)
    if not user.is_active:
        raise Conflict("This account is closed. Open it again first.", code="account_closed")
    _check_supervisor(supervisor, user, facility)
    wanted = Membership(
        user=user, facility=facility, role=role, credential=credential, supervisor=supervisor
    )
    check_row(wanted)
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError as error:
        if broken_constraint(error) != "membership_role_once":
            raise
        raise Conflict(
            "They hold this role there already.", code="role_held", field="role"
        ) from None
    _touch(user)
    note_change("membership.given", wanted.pk, by=by.pk)
    announce(StaffReturned(user.pk, facility.pk))
    return wanted


def _check_supervisor(supervisor: User | None, user: User, facility: Facility) -> None:
    if supervisor is None:
        return
    supervising = Membership.objects.current().filter(
        user=supervisor,
        user__is_active=True,
        facility=facility,
        role__in=roles_with(Capability.SEE_SUPERVISED),
    )
    if supervisor == user or not supervising.exists():
        raise Invalid(
            "Name somebody else, who is a clinical supervisor at the facility.",
            code="not_a_supervisor",
            field="supervisor",
        )


@transaction.atomic
def end_role(*, membership: Membership, by: User) -> Membership:
    """End a role, and with it what it opened, from the next request on.

    Where they counsel no longer, each of their clients gets a task for naming the next counselor.
    """
    by.access.require(Capability.MANAGE_ACCOUNTS, membership.facility_id)
    _refuse_own_roles(membership.user, by)
    hold_account(membership.user)
    if membership.role == Role.ADMINISTRATOR:
        keep_an_administrator({membership.facility_id}, without=membership.user)
    moment = now()
    ended = (
        Membership.objects.current()
        .filter(pk=membership.pk)
        .update(until=moment, updated_at=moment)
    )
    if not ended:
        raise Conflict("This role has ended already.", code="already_ended")
    membership.refresh_from_db()
    _touch(membership.user)
    note_change("membership.ended", membership.pk, by=by.pk)
    announce(StaffLeft(membership.user_id, membership.facility_id))
    return membership


def _refuse_own_roles(user: User, by: User) -> None:
    if user == by:
        raise Conflict(
            "Nobody changes their own roles: ask another administrator.", code="own_account"
        )


def _touch(user: User) -> None:
    """Their roles are shown with them, so whoever asks for what changed is told of them."""
    User.objects.filter(pk=user.pk).update(updated_at=now())
