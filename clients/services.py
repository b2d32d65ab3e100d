"""Changes to client records: creating, reaching, consenting, and who is on the case."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from audit.services import note_change
from clients.addresses import address_index, normal_email, normal_phone
from clients.models import (
    CareRole,
    CareTeamMember,
    Client,
    ConsentMethod,
    ContactConsent,
    ContactKind,
    ContactPoint,
    KnownAt,
    KnownReason,
)
from common.clock import now
from common.database import broken_constraint
from common.errors import Conflict, FieldFault, Forbidden, Invalid
from common.events import (
    ContactPermissionChanged,
    PrimaryCounselorLeft,
    PrimaryCounselorNamed,
    announce,
)
from organization.models import Facility, Membership, User
from organization.roles import Capability, roles_with

CONSENT_WORDING = "2026-11"
"""The version of the wording that a client agrees to; `docs/consent-wording.md` has the texts."""


def check_row(row: Any, *, leave_out: tuple[str, ...] = ()) -> None:
    """Run a row's validators, and raise what they find as `Invalid`, a fault a field."""
    try:
        row.clean_fields(exclude=leave_out)
    except ValidationError as error:
        faults = tuple(
            FieldFault(name, fault.code or "invalid", " ".join(fault.messages))
            for name, found in error.error_dict.items()
            for fault in found
        )
        raise Invalid("Some fields need another value.", faults=faults) from None


def require_for_client(by: User, capability: Capability, client: Client) -> None:
    """Raise `Forbidden` unless a role through which this person sees the client has it."""
    if not Client.objects.visible_to(by, capability).filter(pk=client.pk).exists():
        raise Forbidden(
            f"Your role doesn't include this for this client: "
            f"{capability.label[0].lower()}{capability.label[1:]}.",
            code="capability_missing",
        )


def _check_dates(client: Client) -> None:
    if client.birth_date > now().date():
        raise Invalid("A birth date lies in the past.", code="in_the_future", field="birth_date")
    died = client.deceased_on
    if died is not None and not client.birth_date <= died <= now().date():
        raise Invalid(
            "The date of death lies between birth and today.",
            code="out_of_range",
            field="deceased_on",
        )


@transaction.atomic
def create_client(
    *,
    facility: Facility,
    by: User,
    legal_first_name: str,
    legal_last_name: str,
    birth_date: dt.date,
    greeting_name: str = "",
    primary_counselor: User | None = None,
    **details: Any,
) -> Client:
    """Make a client's record, known at the facility, with a primary counselor from the start.

    A counselor who creates it becomes primary; whoever is not one (intake) names one.
    `greeting_name` is the chosen or legal first name unless given.
    """
    by.access.require(Capability.CREATE_CLIENT, facility.pk)
    client = Client(
        record_number=_next_record_number(),
        legal_first_name=legal_first_name,
        legal_last_name=legal_last_name,
        birth_date=birth_date,
        greeting_name=greeting_name or details.get("chosen_name") or legal_first_name,
        created_by=by,
        **details,
    )
    check_row(client)
    _check_dates(client)
    client.save(force_insert=True)
    KnownAt.objects.create(client=client, facility=facility, reason=KnownReason.ADMISSION)
    note_change("client.created", client.pk, by=by.pk, clients=[client.pk])
    _first_primary(client, facility, primary_counselor, by)
    return client


def _next_record_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('client_record_number')")
        return f"C{cursor.fetchone()[0]:06d}"


def _first_primary(client: Client, facility: Facility, named: User | None, by: User) -> None:
    if named is None and by.access.can(Capability.SEE_CARE_TEAM, facility.pk):
        named = by
    elif named is not None and named != by:
        by.access.require(Capability.NAME_PRIMARY, facility.pk)
    if named is None:
        raise Invalid(
            "Name the primary counselor who takes this client.",
            code="required",
            field="primary_counselor",
        )
    _make_primary(client, facility, named, by, field="primary_counselor")


@transaction.atomic
def update_client(*, client: Client, by: User, **changes: Any) -> Client:
    """Change names, language, zone and the like; what may be sent is looked at again."""
    require_for_client(by, Capability.EDIT_CLIENT, client)
    if not changes:
        return client
    for name, value in changes.items():
        setattr(client, name, value)
    check_row(client)
    _check_dates(client)
    client.change(**changes)
    note_change("client.updated", client.pk, by=by.pk, clients=[client.pk])
    announce(ContactPermissionChanged(client.pk))
    return client


# ── Care team ─────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def name_primary_counselor(
    *, client: Client, facility: Facility, counselor: User, by: User, reason: str = ""
) -> CareTeamMember:
    """Make somebody the primary counselor, in one act with ending the one before.

    The person must hold a counseling role at the facility, and the client be known there. Naming
    the present one changes nothing.
    """
    require_for_client(by, Capability.NAME_PRIMARY, client)
    if not client.known_at.current().filter(facility=facility).exists():
        raise Invalid(
            "The client isn't known at this facility.", code="not_known_here", field="facility"
        )
    return _make_primary(client, facility, counselor, by, reason=reason, field="counselor")


def _make_primary(
    client: Client, facility: Facility, counselor: User, by: User, *, field: str, reason: str = ""
) -> CareTeamMember:
    Client.objects.select_for_update().get(pk=client.pk)
    counseling = roles_with(Capability.SEE_CARE_TEAM)
    holds = Membership.objects.current().filter(user=counselor, facility=facility)
    if not counselor.is_active or not holds.filter(role__in=counseling).exists():
        raise Invalid(
            "This person is not a counselor at the facility.",
            code="not_a_counselor",
            field=field,
        )
    moment = now()
    team = client.care_team.current().select_for_update()
    present = team.filter(primary=True).first()
    if present and present.user_id == counselor.pk:
        return present
    team.filter(primary=True).update(until=moment, ended_because="replaced", updated_at=moment)
    team.filter(user=counselor).update(until=moment, ended_because="became primary")
    member = CareTeamMember.objects.create(
        client=client,
        user=counselor,
        role=CareRole.COUNSELOR,
        primary=True,
        since=moment,
        reason=reason or "primary counselor",
    )
    if present:
        announce(PrimaryCounselorLeft(client.pk, present.user_id, counselor.pk))
    note_change("care_team.primary_named", member.pk, by=by.pk, clients=[client.pk])
    if counselor != by:
        announce(PrimaryCounselorNamed(client.pk, facility.pk, counselor.pk))
    return member


@transaction.atomic
def join_care_team(
    *, client: Client, user: User, role: CareRole, reason: str, by: User
) -> CareTeamMember:
    """Put somebody on the case; they see the record from now on.

    The primary counselor says who, or whoever may name care teams.
    """
    _require_say_over_team(client, by)
    works_here = Membership.objects.current().filter(
        user=user, facility__in=client.known_at.current().values("facility")
    )
    if not user.is_active or not works_here.exists():
        raise Invalid(
            "This person doesn't work where the client is known.", code="not_here", field="user"
        )
    try:
        with transaction.atomic():
            member = CareTeamMember.objects.create(
                client=client, user=user, role=role, reason=reason
            )
    except IntegrityError as error:
        if broken_constraint(error) != "care_team_member_once":
            raise
        raise Conflict("They are on this care team already.", code="already_on_team") from None
    note_change("care_team.joined", member.pk, by=by.pk, clients=[client.pk])
    return member


def _require_say_over_team(client: Client, by: User) -> None:
    if not client.care_team.current().filter(user=by, primary=True).exists():
        require_for_client(by, Capability.NAME_PRIMARY, client)


@transaction.atomic
def leave_care_team(*, member: CareTeamMember, reason: str, by: User) -> CareTeamMember:
    """End somebody's time on the case, and with it their access. A primary is only replaced."""
    member = CareTeamMember.objects.select_for_update().get(pk=member.pk)
    _require_say_over_team(member.client, by)
    if member.until is not None:
        raise Conflict("They have left this care team already.", code="already_left")
    if member.primary:
        raise Conflict(
            "A primary counselor is only ever replaced: name the next one.",
            code="primary_is_replaced",
        )
    member.change(until=now(), ended_because=reason)
    note_change("care_team.left", member.pk, by=by.pk, clients=[member.client_id])
    return member


def end_care_team(*, client: Client, reason: str, by: User) -> None:
    """End everybody's time on the case: the course of treatment is over. Called at discharge."""
    moment = now()
    for primary in client.care_team.current().filter(primary=True):
        announce(PrimaryCounselorLeft(client.pk, primary.user_id, None))
    client.care_team.current().update(until=moment, ended_because=reason, updated_at=moment)
    note_change("care_team.ended", client.pk, by=by.pk, clients=[client.pk])


@transaction.atomic
def make_known_at(*, client: Client, facility: Facility, reason: KnownReason, by: User) -> None:
    """Have a facility know the client; known already changes nothing."""
    _, made = KnownAt.objects.get_or_create(
        client=client, facility=facility, until=None, defaults={"reason": reason}
    )
    if made:
        note_change("client.made_known", client.pk, by=by.pk, clients=[client.pk])


# ── Contact points and consents ───────────────────────────────────────────────────────────────


@transaction.atomic
def add_contact_point(
    *,
    client: Client,
    kind: ContactKind,
    value: str,
    by: User,
    consent: dict[str, Any] | None = None,
    **details: Any,
) -> ContactPoint:
    """Add a telephone or mailbox. Nothing is sent there until a consent is recorded.

    `consent` (`method`, perhaps `wording_version`) is one that the client gave in the same breath.
    """
    require_for_client(by, Capability.EDIT_CONTACTS, client)
    address = normal_phone(value) if kind == ContactKind.PHONE else normal_email(value)
    point = ContactPoint(
        client=client, kind=kind, value=address, address_index=address_index(address), **details
    )
    try:
        with transaction.atomic():
            point.save(force_insert=True)
    except IntegrityError as error:
        if broken_constraint(error) != "contact_point_once":
            raise
        raise Conflict(
            "This client has that contact point already.", code="duplicate_contact_point",
            field="value",
        ) from None  # fmt: skip
    note_change("contact_point.added", point.pk, by=by.pk, clients=[client.pk])
    announce(ContactPermissionChanged(client.pk))
    if consent:
        grant_consent(point=point, by=by, **consent)
    return point


@transaction.atomic
def update_contact_point(*, point: ContactPoint, by: User, **changes: Any) -> ContactPoint:
    """Change order, validity or voicemail; an address is not changed but replaced."""
    require_for_client(by, Capability.EDIT_CONTACTS, point.client)
    if not changes:
        return point
    point.change(**changes)
    note_change("contact_point.updated", point.pk, by=by.pk, clients=[point.client_id])
    announce(ContactPermissionChanged(point.client_id))
    return point


@transaction.atomic
def grant_consent(
    *, point: ContactPoint, method: ConsentMethod, by: User, wording_version: str = CONSENT_WORDING
) -> ContactConsent:
    """Record that the client agreed to be messaged there. In force already changes nothing."""
    require_for_client(by, Capability.EDIT_CONTACTS, point.client)
    ContactPoint.objects.select_for_update().get(pk=point.pk)
    consent, made = ContactConsent.objects.get_or_create(
        contact_point=point,
        channel=point.channel,
        withdrawn_at=None,
        defaults={
            "granted_at": now(),
            "granted_by": by,
            "method": method,
            "wording_version": wording_version,
        },
    )
    if made:
        note_change("contact_consent.granted", consent.pk, by=by.pk, clients=[point.client_id])
        announce(ContactPermissionChanged(point.client_id))
    return consent


@transaction.atomic
def withdraw_consent(*, point: ContactPoint, by: User) -> ContactConsent:
    """Record that the client agrees no longer; nothing more goes there from this moment on."""
    require_for_client(by, Capability.EDIT_CONTACTS, point.client)
    consent = point.consents.select_for_update().filter(withdrawn_at=None).first()
    if consent is None:
        raise Conflict("There is no consent in force for this contact point.", code="no_consent")
    consent.change(withdrawn_at=now(), withdrawn_by=by)
    note_change("contact_consent.withdrawn", consent.pk, by=by.pk, clients=[point.client_id])
    announce(ContactPermissionChanged(point.client_id))
    return consent


@transaction.atomic
def mark_undeliverable(*, point: ContactPoint, code: str) -> None:
    """A provider says that nothing can be delivered there: it is used no more until corrected."""
    marked = ContactPoint.objects.filter(pk=point.pk, undeliverable_since=None).update(
        undeliverable_since=now(), undeliverable_code=code, updated_at=now()
    )
    if marked:
        note_change("contact_point.undeliverable", point.pk, by=None, clients=[point.client_id])
        announce(ContactPermissionChanged(point.client_id))
