"""Clients, where they are known, how they may be reached, and who is on the case."""

import uuid
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper

from clients.access import beyond_care_teams
from common.clock import validate_zone
from common.crypto import EncryptedTextField
from common.discretion import validate_discreet
from common.periods import Period, PeriodQuerySet
from common.rows import Row
from organization.models import Facility, Language, Membership, User, english
from organization.roles import Capability


class Channel(models.TextChoices):
    """How a message travels. A telephone takes texts, a mailbox takes e-mail."""

    SMS = "sms", "Text message"
    EMAIL = "email", "E-mail"


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(
        self,
        user: User,
        capability: Capability = Capability.VIEW_CLIENT,
        *,
        at: frozenset[uuid.UUID] | None = None,
    ) -> Self:
        """The clients of whom this person may do or see `capability`; others don't exist.

        `at`: by their roles at these facilities alone. What belongs to a facility is asked for so:
        a role at one site must not open what another site keeps about a client of both.
        """
        access = user.access if at is None else user.access.at(at)
        ways = Q(
            pk__in=CareTeamMember.objects.of_user_at(
                user, access.where(Capability.SEE_CARE_TEAM, capability)
            )
        )
        if there := access.where(Capability.SEE_FACILITY, capability):
            ways |= Q(pk__in=KnownAt.objects.current().filter(facility__in=there).values("client"))
        if there := access.where(Capability.SEE_SUPERVISED, capability):
            ways |= Q(pk__in=CareTeamMember.objects.of_supervised_at(user, there))
        for way in beyond_care_teams:
            more = way(access, capability)
            if more is not None:
                ways |= more
        return self.filter(ways)


class Client(Row):
    """One person's record, the provider's. Names are three: legal, chosen, and for messages."""

    record_number = models.CharField(max_length=12, unique=True)
    legal_first_name = models.CharField(max_length=80)
    legal_last_name = models.CharField(max_length=80)
    chosen_name = models.CharField(max_length=80, blank=True)
    greeting_name = models.CharField(
        max_length=40, validators=[validate_discreet], help_text="The name used in messages."
    )
    birth_date = models.DateField()
    language = models.CharField(
        max_length=5, choices=Language.choices, default=Language.ENGLISH,
        help_text="The language of messages.",
    )  # fmt: skip
    languages = ArrayField(
        models.CharField(max_length=5, choices=Language.choices), default=english
    )
    zone = models.CharField(
        max_length=64, blank=True, validators=[validate_zone],
        help_text="Where the client lives, if not in the facility's time zone.",
    )  # fmt: skip
    preferred_channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.SMS)
    messages_on_unit = models.BooleanField(
        default=False, help_text="Asked for messages also while living on the unit."
    )
    deceased_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # Serves the search by part of a name; `icontains` compares in upper case.
            GinIndex(
                OpClass(Upper("legal_first_name"), name="gin_trgm_ops"),
                OpClass(Upper("legal_last_name"), name="gin_trgm_ops"),
                OpClass(Upper("chosen_name"), name="gin_trgm_ops"),
                name="client_names",
            ),
            # Serves every list of clients, newest first.
            models.Index(fields=["-created_at", "-id"], name="client_newest"),
        ]

    def __str__(self) -> str:
        return self.record_number

    @property
    def name(self) -> str:
        """What staff call them: the chosen name, or the legal first name; then the last name."""
        return f"{self.chosen_name or self.legal_first_name} {self.legal_last_name}"


class KnownReason(models.TextChoices):
    ADMISSION = "admission", "Admission"
    TRANSFER = "transfer", "Transfer"
    REFERRAL = "referral", "Referral"


class KnownAtQuerySet(PeriodQuerySet["KnownAt"]):
    """Where clients are known."""


class KnownAt(Period):
    """A client is known at a facility. Where no row is open, the client does not exist."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="known_at")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="known_clients")
    reason = models.CharField(max_length=12, choices=KnownReason.choices)

    objects = KnownAtQuerySet.as_manager()

    class Meta(Period.Meta):
        abstract = False
        constraints = [
            *Period.Meta.constraints,
            models.UniqueConstraint(
                fields=["client", "facility"], condition=Q(until__isnull=True), name="known_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} at {self.facility_id}"


class ContactKind(models.TextChoices):
    PHONE = "phone", "Telephone"
    EMAIL = "email", "E-mail"


CHANNEL_OF = {ContactKind.PHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def visible_to(self, user: User) -> Self:
        """Those of clients whose contact points this person sees."""
        return self.filter(client__in=Client.objects.visible_to(user, Capability.VIEW_CONTACTS))


class ContactPoint(Row):
    """A telephone or mailbox of a client. Its value is encrypted; `address_index` finds it."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="contact_points")

    kind = models.CharField(max_length=8, choices=ContactKind.choices)
    value = EncryptedTextField()
    address_index = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Lower is tried first among those of one kind."
    )
    safe_to_leave_voicemail = models.BooleanField(default=False)
    valid_until = models.DateField(null=True, blank=True)
    undeliverable_since = models.DateTimeField(null=True, blank=True)
    undeliverable_code = models.CharField(max_length=40, blank=True)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        ordering = ["position", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "kind", "address_index"], name="contact_point_once"
            )
        ]
        indexes = [
            # Serves "whose address is this?" when a reply or a STOP comes in.
            models.Index(fields=["address_index"], name="contact_point_address")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def channel(self) -> Channel:
        """The channel that reaches it."""
        return CHANNEL_OF[ContactKind(self.kind)]


class ConsentMethod(models.TextChoices):
    WRITTEN = "written", "Signed on paper"
    ELECTRONIC = "electronic", "Signed electronically"
    VERBAL = "verbal", "Said to staff"


class ContactConsentQuerySet(models.QuerySet["ContactConsent"]):
    def visible_to(self, user: User) -> Self:
        """Those for contact points that this person sees."""
        return self.filter(contact_point__in=ContactPoint.objects.visible_to(user))


class ContactConsent(Row):
    """A client's permission to be messaged at a contact point: who recorded it, when, and how."""

    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, related_name="consents"
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=12, choices=ConsentMethod.choices)
    wording_version = models.CharField(max_length=20)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ContactConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact_point", "channel"],
                condition=Q(withdrawn_at__isnull=True),
                name="contact_consent_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.contact_point_id}"


class CareRole(models.TextChoices):
    COUNSELOR = "counselor", "Counselor"
    NURSE = "nurse", "Nurse"
    MEDICAL = "medical", "Medical"
    CASE_MANAGER = "case_manager", "Case manager"
    PEER = "peer", "Peer support"


class CareTeamQuerySet(PeriodQuerySet["CareTeamMember"]):
    def visible_to(self, user: User) -> Self:
        """The care teams of clients whom this person sees."""
        return self.filter(client__in=Client.objects.visible_to(user))

    def _known_at(self, facilities: frozenset[uuid.UUID]) -> Self:
        known = KnownAt.objects.current().filter(facility__in=facilities)
        return self.current().filter(client__in=known.values("client"))

    def of_user_at(self, user: User, facilities: frozenset[uuid.UUID]) -> Any:
        """Clients whose care team this person is on, known at one of these facilities."""
        return self._known_at(facilities).filter(user=user).values("client")

    def of_supervised_at(self, user: User, facilities: frozenset[uuid.UUID]) -> Any:
        """Clients whose care team has somebody whom this person supervises there."""
        team = Membership.objects.current().filter(supervisor=user, facility__in=facilities)
        return self._known_at(facilities).filter(user__in=team.values("user")).values("client")


class CareTeamMember(Period):
    """Somebody on a client's case. Access ends with it; one is the primary counselor."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="care_team")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="cases")
    role = models.CharField(max_length=16, choices=CareRole.choices)
    primary = models.BooleanField(default=False)
    reason = models.CharField(max_length=200)
    ended_because = models.CharField(max_length=200, blank=True)

    objects = CareTeamQuerySet.as_manager()

    class Meta(Period.Meta):
        abstract = False
        ordering = ["-primary", "since"]
        constraints = [
            *Period.Meta.constraints,
            ExclusionConstraint(
                name="one_primary_counselor",
                expressions=[
                    (
                        Func(
                            F("since"),
                            F("until"),
                            RangeBoundary(),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                    ("client", "="),
                ],
                condition=Q(primary=True),
            ),
            models.UniqueConstraint(
                fields=["client", "user"],
                condition=Q(until__isnull=True),
                name="care_team_member_once",
            ),
        ]
        indexes = [
            # Serves a counselor's caseload.
            models.Index(fields=["user", "client"], name="care_team_user")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.client_id}"
