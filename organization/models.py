"""Facilities with their programs and rooms; staff with their roles."""

import uuid
from functools import cached_property
from typing import ClassVar, Self

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from common.clock import now, validate_zone
from common.crypto import EncryptedTextField
from common.discretion import validate_discreet
from common.ids import uuid7
from common.periods import Period, PeriodQuerySet
from common.rows import Row
from common.text import validate_plain_line
from organization.access import Access
from organization.roles import Capability, Role, roles_with


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    SPANISH = "es", "Spanish"


def both_languages() -> list[str]:
    """English and Spanish."""
    return [Language.ENGLISH, Language.SPANISH]


def english() -> list[str]:
    """English only."""
    return [Language.ENGLISH]


class PhaseKind(models.TextChoices):
    """The segments of a course of treatment, in the order they usually follow."""

    DETOX = "detox", "Detox"
    INPATIENT = "inpatient", "Inpatient"
    OUTPATIENT = "outpatient", "Outpatient"
    AFTERCARE = "aftercare", "Aftercare"


class AsamEdition(models.TextChoices):
    """The ASAM Criteria's edition: the same code means different things in each.

    The ASAM Criteria is a trademark of ASAM; this software is not endorsed by it.
    """

    THIRD = "3", "ASAM Criteria, 3rd edition"
    FOURTH = "4", "ASAM Criteria, 4th edition"


class FacilityQuerySet(models.QuerySet["Facility"]):
    def visible_to(self, user: "User") -> Self:
        """The facilities where this person works."""
        return self.filter(pk__in=user.access.facilities)


class Facility(Row):
    """A site. `discreet_name` and `discreet_phone` are all that a message to a client tells."""

    legal_name = models.CharField(max_length=120, validators=[validate_plain_line])
    discreet_name = models.CharField(
        max_length=40, validators=[validate_plain_line, validate_discreet]
    )
    discreet_phone = models.CharField(
        max_length=20, validators=[validate_plain_line, validate_discreet]
    )
    zone = models.CharField(max_length=64, validators=[validate_zone])
    languages = ArrayField(
        models.CharField(max_length=5, choices=Language.choices), default=both_languages
    )
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    idle_sign_out_minutes = models.PositiveSmallIntegerField(default=15)
    sms_has_link = models.BooleanField(default=False)
    crisis_line = models.CharField(
        max_length=40, blank=True, default="", db_default="",
        validators=[validate_plain_line, validate_discreet],
        help_text="Whom to call in an emergency, named where a text gets an automatic answer.",
    )  # fmt: skip
    messages_per_minute = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)],
        help_text="At most so many go out in a minute; more wait. Empty: the installation's setting.",
    )  # fmt: skip
    declining_cancels = models.BooleanField(
        default=False, help_text="Whether a client's “I can't come” also cancels the appointment."
    )

    objects = FacilityQuerySet.as_manager()

    class Meta:
        ordering = ["legal_name"]
        verbose_name_plural = "facilities"
        constraints = [
            models.CheckConstraint(
                name="facility_quiet_hours_both_or_none",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~Q(quiet_from=F("quiet_until"))
                ),
            )
        ]

    def __str__(self) -> str:
        return self.legal_name


class AtFacilityQuerySet(models.QuerySet["AtFacility"]):
    def visible_to(self, user: "User") -> Self:
        """What belongs to the facilities where this person works."""
        return self.filter(facility__in=user.access.facilities)


class AtFacility(Row):
    """Something that belongs to one facility."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="%(class)ss")
    name = models.CharField(max_length=80)
    active = models.BooleanField(default=True)

    objects = AtFacilityQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Program(AtFacility):
    """What a facility offers: the phase it serves and for how long as a rule."""

    phase = models.CharField(max_length=16, choices=PhaseKind.choices)
    residential = models.BooleanField(
        help_text="Clients live on the unit, which holds their phones. Ambulatory detox is not."
    )
    level_of_care = models.CharField(max_length=16)
    level_of_care_edition = models.CharField(max_length=2, choices=AsamEdition.choices)
    planned_days = models.PositiveSmallIntegerField()

    class Meta(AtFacility.Meta):
        constraints = [
            models.UniqueConstraint(fields=["facility", "name"], name="program_name_once"),
            models.CheckConstraint(
                name="program_planned_days_positive", condition=Q(planned_days__gt=0)
            ),
        ]


class Room(AtFacility):
    """Where appointments are held; `capacity` counts clients."""

    capacity = models.PositiveSmallIntegerField(default=4)

    class Meta(AtFacility.Meta):
        constraints = [
            models.UniqueConstraint(fields=["facility", "name"], name="room_name_once"),
        ]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A member of staff. No password: they cannot sign in until they set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class UserQuerySet(models.QuerySet["User"]):
    def colleagues_of(self, user: "User") -> Self:
        """Active staff of the facilities where this person works, themself included."""
        here = Membership.objects.current().filter(facility__in=user.access.facilities)
        return self.filter(is_active=True, pk__in=here.values("user"))

    def managed_by(self, user: "User") -> Self:
        """Whoever works, or has worked, where this person manages accounts; inactive ones too."""
        theirs = Membership.objects.managed_by(user)
        return self.filter(pk__in=theirs.values("user"))


class User(AbstractBaseUser):
    """A member of staff, signing in by e-mail address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=120, validators=[validate_plain_line])
    languages = ArrayField(
        models.CharField(max_length=5, choices=Language.choices), default=english
    )
    is_active = models.BooleanField(default=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    deactivated_because = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    objects = UserManager.from_queryset(UserQuerySet)()

    class Meta:
        ordering = ["full_name", "id"]
        constraints = [
            models.CheckConstraint(
                name="user_deactivated_has_time",
                condition=Q(is_active=True, deactivated_at__isnull=True)
                | Q(is_active=False, deactivated_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is theirs. An old hash is renewed where it still stands: Django's own way would
        write over a password that was ended in this very moment."""
        return check_password(raw_password, self.password, self._renew_hash)

    def _renew_hash(self, raw_password: str) -> None:
        renewed = make_password(raw_password)
        stands = User.objects.filter(pk=self.pk, password=self.password)
        if stands.update(password=renewed):
            self.password = renewed

    @cached_property
    def access(self) -> Access:
        """What they may do and where; one query, once a request."""
        held = Membership.objects.current().filter(user=self)
        return Access.of(self.pk, held.values_list("facility_id", "role"))


class MembershipQuerySet(PeriodQuerySet["Membership"]):
    def managed_by(self, user: User) -> Self:
        """Every one, past ones too, at the facilities where this person manages accounts."""
        return self.filter(facility__in=user.access.where(Capability.MANAGE_ACCOUNTS))

    def counseling(self, user_id: uuid.UUID) -> Self:
        """Those by which this person is a counselor to clients now; none if they are inactive."""
        roles = roles_with(Capability.SEE_CARE_TEAM)
        return self.current().filter(user=user_id, user__is_active=True, role__in=roles)


class Membership(Period):
    """A role that somebody holds at a facility."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=24, choices=Role.choices)
    credential = models.CharField(max_length=40, blank=True)
    supervisor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="supervises"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta(Period.Meta):
        abstract = False
        constraints = [
            *Period.Meta.constraints,
            models.UniqueConstraint(
                fields=["user", "facility", "role"],
                condition=Q(until__isnull=True),
                name="membership_role_once",
            ),
            models.CheckConstraint(
                name="membership_not_own_supervisor",
                condition=Q(supervisor__isnull=True) | ~Q(supervisor=F("user")),
            ),
        ]

    def __str__(self) -> str:
        return str(Role(self.role).label)


class LinkPurpose(models.TextChoices):
    INVITATION = "invitation", "First sign-in"
    RESET = "reset", "A password to be chosen anew"


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    def unspent(self) -> Self:
        """Neither used nor replaced; perhaps too old."""
        return self.filter(used_at=None, voided_at=None)

    def good(self) -> Self:
        """Those that work now."""
        return self.unspent().filter(expires_at__gt=now())


class OneTimeLink(Row):
    """Lets a member of staff choose a password, once. Only the digest of its token is kept."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="one_time_links")
    purpose = models.CharField(max_length=12, choices=LinkPurpose.choices)
    token_digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)

    objects = OneTimeLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(used_at__isnull=True, voided_at__isnull=True),
                name="one_time_link_unspent_once",
            ),
            models.CheckConstraint(
                name="one_time_link_used_or_voided",
                condition=Q(used_at__isnull=True) | Q(voided_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class IdempotencyKey(Row):
    """A request that may be repeated: whose, which, and what it was answered.

    The answer is sealed, because it may show a client's record; `clients` are those it showed.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    roles = models.CharField(max_length=64, help_text="A digest of what the user held then.")
    status = models.PositiveSmallIntegerField(null=True)
    answer = EncryptedTextField(null=True)
    clients = ArrayField(models.UUIDField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once"),
        ]
        indexes = [
            # Serves the removal of old ones.
            models.Index(fields=["created_at"], name="idempotency_key_age"),
        ]

    def __str__(self) -> str:
        return f"idempotency key {self.pk}"
