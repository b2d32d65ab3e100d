"""Clients, where they are known, and who is on the case."""

import uuid
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q

from clients.access import beyond_care_teams
from clients.models.sight import known_at, on_care_team, supervised
from clients.names import NameKey, PlainNames
from common.clock import validate_zone
from common.discretion import validate_discreet
from common.periods import Period, PeriodQuerySet
from common.rows import Row
from common.text import validate_plain_line
from organization.models import Facility, Language, User, english
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
        ways = Q(pk__in=[])
        if there := access.where(Capability.SEE_CARE_TEAM, capability):
            ways |= Q(pk__in=on_care_team(user.pk, there))
        if there := access.where(Capability.SEE_FACILITY, capability):
            ways |= Q(pk__in=known_at(there))
        if there := access.where(Capability.SEE_SUPERVISED, capability):
            ways |= Q(pk__in=supervised(user.pk, there))
        for way in beyond_care_teams:
            more = way(access, capability)
            if more is not None:
                ways |= more
        return self.filter(ways, merged_into=None)

    def merged_into_visible(self, user: User) -> Self:
        """Records that are part now of one that this person sees: only that they are gone is told."""
        return self.filter(merged_into__in=Client.objects.visible_to(user))


class Client(Row):
    """One person's record, the provider's. Names are three: legal, chosen, and for messages."""

    record_number = models.CharField(max_length=12, unique=True)
    legal_first_name = models.CharField(max_length=80, validators=[validate_plain_line])
    legal_last_name = models.CharField(max_length=80, validators=[validate_plain_line])
    chosen_name = models.CharField(max_length=80, blank=True, validators=[validate_plain_line])
    greeting_name = models.CharField(
        max_length=40, validators=[validate_plain_line, validate_discreet],
        help_text="The name used in messages.",
    )  # fmt: skip
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
    quiet_from = models.TimeField(
        null=True,
        blank=True,
        help_text="No messages from then on, besides the facility's quiet hours.",
    )
    quiet_until = models.TimeField(null=True, blank=True)
    deceased_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from",
        help_text="The record that this one is part of now; never itself merged into another.",
    )  # fmt: skip
    merged_at = models.DateTimeField(null=True, blank=True)
    comparison_due = models.BooleanField(
        default=False, db_default=False, editable=False,
        help_text="Made without waiting for others who make records: to be compared once more.",
    )  # fmt: skip
    names = models.GeneratedField(
        expression=PlainNames("legal_first_name", "legal_last_name", "chosen_name"),
        output_field=models.TextField(),
        db_persist=True,
    )
    name_key = models.GeneratedField(
        expression=NameKey("legal_first_name", "legal_last_name"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="client_merged_at_a_time",
                condition=Q(merged_into__isnull=True, merged_at__isnull=True)
                | Q(merged_into__isnull=False, merged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="client_quiet_hours_both_or_none",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~Q(quiet_from=F("quiet_until"))
                ),
            ),
            models.CheckConstraint(
                name="client_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
        ]
        indexes = [
            # Serves the search by part of a name, and by the last digits of a record number.
            GinIndex(
                OpClass(F("names"), name="gin_trgm_ops"),
                OpClass(F("record_number"), name="gin_trgm_ops"),
                name="client_search",
            ),
            # Both serve "is there a record of this person already?".
            models.Index(fields=["name_key"], name="client_name_key"),
            models.Index(fields=["birth_date"], name="client_birth_date"),
            # Serves the comparison that is due.
            models.Index(fields=["id"], condition=Q(comparison_due=True), name="client_to_compare"),
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
                    # As an expression: see the exclusion of `casework.models.Phase`.
                    (
                        models.Case(
                            models.When(primary=True, then=F("client_id")),
                            output_field=models.UUIDField(),
                        ),
                        "=",
                    ),
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
