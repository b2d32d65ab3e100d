"""Closing an account everywhere at once, opening it again, and ending its password.

Who may do so manages accounts at every facility where the person works: whoever manages fewer ends
the roles there (`staff.end_role`). Nobody (`by=None`) is whoever runs the installation, at its shell.
"""

import uuid
from collections.abc import Collection

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction

from audit.services import note_change
from common.clock import now
from common.errors import Conflict, Forbidden
from common.events import StaffLeft, StaffReturned, announce
from common.present import PRESENT
from organization.models import Facility, LinkPurpose, Membership, MembershipQuerySet, User
from organization.roles import Capability, Role
from organization.services.links import (
    end_tokens,
    hold_account,
    make_link,
    replace_password,
    send_link,
    void_links,
)


@transaction.atomic
def deactivate(*, user: User, reason: str, by: User | None) -> User:
    """Close somebody's account: from the next request on, no session, token or link opens anything.

    Their roles stay on record. Their clients get a task for naming the next primary counselor.
    """
    works_at = _require_say_over(user, by)
    if user == by:
        raise Conflict(
            "Nobody closes their own account: ask another administrator.", code="own_account"
        )
    keep_an_administrator(works_at, without=user)
    void_links(user)
    moment = now()
    closed = User.objects.filter(pk=user.pk, is_active=True).update(
        is_active=False, deactivated_at=moment, deactivated_because=reason, updated_at=moment,
        password=make_password(None),
    )  # fmt: skip
    if not closed:
        raise Conflict("This account is closed already.", code="already_closed")
    user.refresh_from_db()
    end_tokens(user)
    note_change("staff.deactivated", user.pk, by=by.pk if by else None)
    for facility_id in sorted(works_at):
        announce(StaffLeft(user.pk, facility_id))
    return user


@transaction.atomic
def reactivate(*, user: User, by: User | None) -> User:
    """Open a closed account again, with the roles it had; a link for a new password is mailed."""
    works_at = _require_say_over(user, by)
    opened = User.objects.filter(pk=user.pk, is_active=False).update(
        is_active=True, deactivated_at=None, deactivated_because="", updated_at=now()
    )
    if not opened:
        raise Conflict("This account is open.", code="not_closed")
    user.refresh_from_db()
    # One that a sign-in wrote in the moment of closing would live again.
    end_tokens(user)
    note_change("staff.reactivated", user.pk, by=by.pk if by else None)
    send_link(user=user, purpose=LinkPurpose.INVITATION, by=by)
    for facility_id in sorted(works_at):
        announce(StaffReturned(user.pk, facility_id))
    return user


@transaction.atomic
def invite_again(*, user: User, by: User) -> User:
    """Mail a new link to somebody who has not chosen a password yet; the one before is void."""
    _require_say_over(user, by)
    _require_open(user)
    if user.has_usable_password():
        raise Conflict(
            "They have signed in already. If they forgot the password, reset it.",
            code="already_accepted",
        )
    send_link(user=user, purpose=LinkPurpose.INVITATION, by=by)
    return user


@transaction.atomic
def reset_password(*, user: User, by: User) -> User:
    """End somebody's password, sessions and tokens now, and mail a link for choosing a new one."""
    works_at = _require_say_over(user, by)
    if user == by:
        raise Conflict(
            "Change your own password on the page for it; nobody else needs to.", code="own_account"
        )
    _require_open(user)
    # `by` is one, unless theirs is ended in this very moment by whose password they end.
    keep_an_administrator(works_at, without=user)
    _end_password(user, by)
    send_link(user=user, purpose=LinkPurpose.RESET, by=by)
    return user


@transaction.atomic
def end_password(*, user: User) -> str:
    """As `reset_password`, by whoever runs the installation; the last administrator's, too.

    Returns the link for a new one, since their mailbox may be in wrong hands.
    """
    hold_account(user)
    _require_open(user)
    _end_password(user, None)
    return make_link(user=user, purpose=LinkPurpose.RESET, by=None)


def _end_password(user: User, by: User | None) -> None:
    void_links(user)
    replace_password(user, make_password(None))
    note_change("staff.password_reset", user.pk, by=by.pk if by else None)


def holds_still(user: User) -> bool:
    """Whether the account is as it was when its password was checked; it stays so until the commit.

    A token is written after this, so that none outlives a password that ends at the same moment.
    """
    same = User.objects.filter(pk=user.pk, is_active=True, password=user.password)
    return same.select_for_update(no_key=True).exists()


def forget_ended_tokens(user: User) -> None:
    """Remove the tokens that have run out."""
    user.auth_token_set.filter(expiry__lte=now()).delete()  # type: ignore[attr-defined]  # knox


def keep_an_administrator(facilities: Collection[uuid.UUID], *, without: User) -> None:
    """Raise `Conflict` if one of these facilities would have nobody left who can administer it.

    Whoever hasn't chosen a password can't.
    """
    theirs = _administrators(facilities).filter(user=without)
    concerned = set(theirs.values_list("facility", flat=True))
    queue_at(concerned)
    # Asked anew: what is current is by the clock after the wait, not before.
    others = _administrators(concerned).filter(user__is_active=True).exclude(user=without)
    able = others.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if concerned - set(able.values_list("facility", flat=True)):
        raise Conflict(
            "This is the last administrator who can sign in there. Invite another one first.",
            code="last_administrator",
        )


def _administrators(facilities: Collection[uuid.UUID]) -> MembershipQuerySet:
    return Membership.objects.current().filter(role=Role.ADMINISTRATOR, facility__in=facilities)


def queue_at(facilities: Collection[uuid.UUID]) -> None:
    """Let one change of who administers a facility end before the next one looks."""
    rows = Facility.objects.filter(pk__in=facilities).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def _require_say_over(user: User, by: User | None) -> frozenset[uuid.UUID]:
    """Raise `Forbidden` unless `by` manages accounts wherever this person works; where that is.

    Their account is held from here on, so that nobody gives them a role elsewhere meanwhile.
    """
    if by is not None:
        by.access.require(Capability.MANAGE_ACCOUNTS)
    hold_account(user)
    # Also one that by another machine's clock begins only now.
    roles = Membership.objects.filter(user=user).exclude(until__lte=PRESENT)
    works_at = frozenset(roles.values_list("facility", flat=True))
    if by is None:
        return works_at
    known = User.objects.managed_by(by).filter(pk=user.pk).exists()
    if not known or works_at - by.access.where(Capability.MANAGE_ACCOUNTS):
        raise Forbidden(
            "This person works at a facility where you don't manage accounts. End their roles at "
            "yours, or ask an administrator of all of them.",
            code="works_elsewhere",
        )
    return works_at


def _require_open(user: User) -> None:
    if not user.is_active:
        raise Conflict("This account is closed. Open it again first.", code="account_closed")
