"""One-time links: how a member of staff chooses a password that nobody else ever sees.

Locks are taken in one order, here, in `accounts` and in `staff`: the account (`hold_account`), then
its links and roles, then facilities. Nobody holds two accounts.
"""

import datetime as dt
import secrets
import uuid

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction

from audit.services import note_change
from common.clock import now
from common.crypto import token_digest
from common.database import broken_constraint
from common.errors import Conflict, FieldFault, Invalid
from organization.models import LinkPurpose, OneTimeLink, User
from organization.texts import BODIES, SUBJECTS

LIVES = {LinkPurpose.INVITATION: dt.timedelta(hours=72), LinkPurpose.RESET: dt.timedelta(hours=24)}
TOKEN_BYTES = 32


class LinkSpent(Conflict):
    """The link was used, replaced or is too old, or the account is closed."""

    code = "link_spent"


def hold_account(user: User) -> None:
    """Have this person's account to oneself until the commit, and know it as it is now.

    Whatever looks at an account, or at where somebody works, and changes it begins with this: so the
    look and the change are one. Rows that only refer to the account are written meanwhile.
    """
    user.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))


def link_behind(token: str) -> OneTimeLink | None:
    """The link with this token, if it works now."""
    good = OneTimeLink.objects.good().filter(user__is_active=True).select_related("user")
    return good.filter(token_digest=token_digest(token)).first()


@transaction.atomic
def make_link(*, user: User, purpose: LinkPurpose, by: User | None) -> str:
    """A new link for this person, in words for this once; every earlier one is void."""
    hold_account(user)
    void_links(user)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        with transaction.atomic():
            link = OneTimeLink.objects.create(
                user=user,
                purpose=purpose,
                token_digest=token_digest(token),
                expires_at=now() + LIVES[purpose],
            )
    except IntegrityError as error:
        if broken_constraint(error) != "one_time_link_unspent_once":
            raise
        raise Conflict(
            "Somebody has sent them a link this very moment. That one works.",
            code="link_just_made",
        ) from None
    note_change("one_time_link.made", link.pk, by=by.pk if by else None)
    return f"{settings.PUBLIC_URL}/accounts/link/{token}/"


@transaction.atomic
def send_link(*, user: User, purpose: LinkPurpose, by: User | None) -> None:
    """Mail a new link to this person, through the outbox; every earlier one is void."""
    link = make_link(user=user, purpose=purpose, by=by)
    text = BODIES[purpose].format(name=user.full_name, link=link)
    send_mail(SUBJECTS[purpose], text, None, [user.email])


def void_links(user: User) -> None:
    """No link that this person has works from now on."""
    moment = now()
    OneTimeLink.objects.unspent().filter(user=user).update(voided_at=moment, updated_at=moment)


@transaction.atomic
def accept_link(*, link_id: uuid.UUID, password: str) -> User:
    """Choose a password by a link, once. Raises `LinkSpent`, or `Invalid` for a weak password."""
    link = OneTimeLink.objects.select_related("user").get(pk=link_id)
    _check_rules(password, link.user)
    hold_account(link.user)
    moment = now()
    # Of two that use it at once, this statement lets one through.
    if not OneTimeLink.objects.good().filter(pk=link_id).update(used_at=moment, updated_at=moment):
        raise LinkSpent("This link no longer works. Ask an administrator for a new one.")
    note_change("one_time_link.used", link.pk, by=link.user_id)
    _put_chosen(link.user, password)
    return link.user


@transaction.atomic
def choose_password(*, user: User, password: str) -> None:
    """Set the password that this person chose, and end every other way in.

    Links are void and tokens gone; sessions end by themselves, since their seal covers the password.
    """
    hold_account(user)
    _put_chosen(user, password)


def _put_chosen(user: User, password: str) -> None:
    void_links(user)
    replace_password(user, make_password(password))
    note_change("staff.password_chosen", user.pk, by=user.pk)


def replace_password(user: User, hashed: str) -> None:
    """Put another password, or one that nothing matches; the tokens go with the old one."""
    put = User.objects.filter(pk=user.pk, is_active=True)
    if not put.update(password=hashed, updated_at=now()):
        raise LinkSpent("This account is closed. Ask an administrator.")
    user.password = hashed
    end_tokens(user)


def end_tokens(user: User) -> None:
    """No token that this person has opens anything from now on."""
    user.auth_token_set.all().delete()  # type: ignore[attr-defined]  # the rules don't import knox


def _check_rules(password: str, user: User) -> None:
    """Raise `Invalid` with a fault for each rule that the password breaks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults = tuple(
            FieldFault("password", fault.code or "invalid", " ".join(fault.messages))
            for fault in error.error_list
        )
        raise Invalid("Choose another password.", faults=faults) from None
