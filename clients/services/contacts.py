"""How a client may be reached, and what they agreed to."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from audit.services import note_change
from clients.addresses import address_index, normal_address
from clients.models import Client, ConsentMethod, ContactConsent, ContactKind, ContactPoint
from clients.services.duplicates import look_for_sharers
from clients.services.permission import require_for_client, require_standing
from common.clock import now
from common.database import broken_constraint
from common.errors import Conflict
from common.events import ContactPermissionChanged, announce
from organization.models import User
from organization.roles import Capability

CONSENT_WORDING, PLAIN_WORDING = "2026-11", "2026-11-plain"
"""The versions in `docs/consent-wording.md` that are read out now."""
"""The version of the wording that a client agrees to; `docs/consent-wording.md` has the texts."""


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
    require_standing([client.pk])
    address = normal_address(kind, value)
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
    look_for_sharers(point)
    return point


@transaction.atomic
def update_contact_point(*, point: ContactPoint, by: User, **changes: Any) -> ContactPoint:
    """Change order, validity or voicemail; an address is not changed but replaced."""
    require_for_client(by, Capability.EDIT_CONTACTS, point.client)
    if not changes:
        return point
    require_standing([point.client_id])
    point.change(**changes)
    note_change("contact_point.updated", point.pk, by=by.pk, clients=[point.client_id])
    announce(ContactPermissionChanged(point.client_id))
    return point


@transaction.atomic
def grant_consent(
    *,
    point: ContactPoint,
    method: ConsentMethod,
    by: User,
    wording_version: str = "",
    granted_at: dt.datetime | None = None,
    plain_words: bool | None = None,
) -> ContactConsent:
    """Record that the client agreed to be messaged there. In force already changes nothing.

    `granted_at` is this moment unless an older record says when; `wording_version` the present one unless
    another was used. `plain_words`: whether they agreed as
    well that it may tell what it is about; one that says otherwise takes the place of what is in force.
    """
    require_for_client(by, Capability.EDIT_CONTACTS, point.client)
    if plain_words:
        require_for_client(by, Capability.ALLOW_PLAIN_WORDS, point.client)
    require_standing([point.client_id])
    ContactPoint.objects.select_for_update().get(pk=point.pk)
    if plain_words is not None:
        others = point.consents.filter(withdrawn_at=None, plain_words=not plain_words)
        others.update(withdrawn_at=now(), withdrawn_by=by, updated_at=now())
    present = PLAIN_WORDING if plain_words else CONSENT_WORDING
    consent, made = ContactConsent.objects.get_or_create(
        contact_point=point,
        channel=point.channel,
        withdrawn_at=None,
        defaults={
            "granted_at": granted_at or now(),
            "granted_by": by,
            "method": method,
            "wording_version": wording_version or present,
            "plain_words": bool(plain_words),
        },
    )
    if made:
        point.change()
        note_change("contact_consent.granted", consent.pk, by=by.pk, clients=[point.client_id])
        announce(ContactPermissionChanged(point.client_id))
    return consent


@transaction.atomic
def withdraw_consent(*, point: ContactPoint, by: User) -> ContactConsent:
    """Record that the client agrees no longer; nothing more goes there from this moment on."""
    require_for_client(by, Capability.EDIT_CONTACTS, point.client)
    require_standing([point.client_id])
    ContactPoint.objects.select_for_update().get(pk=point.pk)
    consent = point.consents.select_for_update().filter(withdrawn_at=None).first()
    if consent is None:
        raise Conflict("There is no consent in force for this contact point.", code="no_consent")
    consent.change(withdrawn_at=now(), withdrawn_by=by)
    point.change()
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
