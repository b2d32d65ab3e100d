"""How clients may be reached, and what they agreed to."""

from typing import Self

from django.db import models
from django.db.models import Q

from clients.models.records import Channel, Client
from common.crypto import EncryptedTextField
from common.rows import Row
from organization.models import User
from organization.roles import Capability


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
    """A client's permission to be messaged at a contact point: who recorded it, when, and how.

    `plain_words`: they agreed as well that what comes there may tell what it is about.
    """

    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, related_name="consents"
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=12, choices=ConsentMethod.choices)
    wording_version = models.CharField(max_length=20)
    plain_words = models.BooleanField(
        default=False,
        db_default=False,
        help_text="What is sent there may tell what it is about: the client agreed to that, too.",
    )
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
