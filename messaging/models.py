"""The outbox, its attempts, what came back, and who opted out.

A message knows no appointment: only a purpose, and `about`, an id that means something to the
purpose alone (two messages about one thing have the same).
"""

from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q

from clients.models import Channel, Client, ContactPoint
from common.crypto import EncryptedTextField
from common.periods import Period, PeriodQuerySet
from common.rows import Row
from messaging.states import MAY_HAVE_ARRIVED, PENDING, AttemptState, MessageState, Reason
from organization.models import Facility, Language, User
from organization.roles import Capability


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        """Messages to clients whose messages this person sees, of facilities where they do."""
        ways = Q(pk__in=[])
        for facility in user.access.where(Capability.VIEW_MESSAGES):
            clients = Client.objects.visible_to(
                user, Capability.VIEW_MESSAGES, at=frozenset({facility})
            )
            ways |= Q(client__in=clients, facility=facility)
        return self.filter(ways)


class Message(Row):
    """Something due to be said, once. `send_at` is when it is due, `expires_at` when it is too late.

    Claimed: state `sending`, with a lease. Armed: an attempt is on record and the hand-over may
    happen at any moment; from then on nobody cancels it.
    """

    # What the last look reads beside the row (`statements.LEASED`).
    has_consent: bool
    opted_out: bool
    plain_words = False

    purpose = models.CharField(max_length=32)
    about = models.UUIDField(null=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, null=True, related_name="messages", db_index=False
    )
    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, null=True, related_name="messages"
    )
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, null=True, related_name="messages"
    )
    recipient = EncryptedTextField(null=True, help_text="The address, where no contact point is.")
    address_index = models.CharField(max_length=64)
    language = models.CharField(max_length=5, choices=Language.choices, default=Language.ENGLISH)
    subject = EncryptedTextField(null=True)
    body = EncryptedTextField(null=True, help_text="As sent, but with {link} unfilled.")
    text_version = models.CharField(max_length=60, blank=True)
    text_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="",
        help_text="Of subject and body, by a key: it stays when the words are gone.",
    )  # fmt: skip
    send_at = models.DateTimeField()
    due_at = models.DateTimeField(
        help_text="As `send_at` was planned: what put it off later doesn't change it."
    )
    expires_at = models.DateTimeField()
    state = models.CharField(
        max_length=12, choices=MessageState.choices, default=MessageState.SCHEDULED
    )
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Times a provider put it off.")
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    armed = models.BooleanField(default=False)
    provider_id = models.CharField(max_length=128, blank=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-send_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="message_lease_while_sending",
                condition=Q(state="sending", lease__isnull=False, lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease__isnull=True, armed=False)),
            ),
            models.CheckConstraint(
                name="message_has_address",
                condition=Q(contact_point__isnull=False) | Q(recipient__isnull=False),
            ),
        ]
        indexes = [
            # Serves `claim` and the tick's "is anything due?".
            models.Index(
                fields=["channel", "send_at"], condition=Q(state="scheduled"), name="message_due"
            ),
            # Serves the sweep's "whose lease has lapsed?".
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="message_leased"
            ),
            # Serves the sweep's "what is too late to send?".
            models.Index(
                fields=["expires_at"], condition=Q(state="scheduled"), name="message_expiring"
            ),
            # Serves "what is still to go to this address?" when it opts out.
            models.Index(
                fields=["address_index"],
                condition=Q(state__in=PENDING),
                name="message_pending_address",
            ),
            # Serves "which message does this reply answer?".
            models.Index(
                fields=["address_index", "-sent_at"],
                condition=Q(sent_at__isnull=False),
                name="message_answered",
            ),
            models.Index(fields=["client", "-send_at"], name="message_client"),
            # Serves `updated_after`; small, because each message is written several times.
            BrinIndex(fields=["updated_at"], autosummarize=True, name="message_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def address(self) -> str:
        """Where it goes."""
        return str(self.contact_point.value if self.contact_point else self.recipient)


class Attempt(Row):
    """One hand-over to a provider, on record before it happens. No text, no address."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=12, choices=AttemptState.choices, default=AttemptState.IN_FLIGHT
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=128, blank=True)
    code = models.CharField(max_length=40, blank=True)
    words = models.CharField(max_length=200, blank=True)
    lookups = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Times the provider's own list did not have it."
    )
    look_up_at = models.DateTimeField(
        null=True, help_text="In doubt: when the provider's list is asked next."
    )

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [
            # Serves "what is in doubt, and whose turn is it?".
            models.Index(
                fields=["look_up_at"], condition=Q(state="unknown"), name="attempt_in_doubt"
            ),
            # Serves the error rate of the last hour.
            BrinIndex(fields=["started_at"], autosummarize=True, name="attempt_started"),
        ]
        constraints = [
            # No second hand-over while an earlier one may have arrived.
            models.UniqueConstraint(
                fields=["message"],
                condition=Q(state__in=MAY_HAVE_ARRIVED),
                name="one_live_attempt",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.message_id}: {self.state}"


class TemplateQuerySet(models.QuerySet["Template"]):
    def visible_to(self, user: User) -> Self:
        """The texts of the facilities where this person reads the reminder policies."""
        return self.filter(facility__in=user.access.where(Capability.VIEW_POLICIES))


class Template(Row):
    """One version of a facility's own words for one kind of message. Never changed: a new version
    takes its place, and what was sent keeps the one that it was sent with.

    `key` names what it is said for (`reminder`, `moved`, or a name of the facility's own). `plain`: its
    words may tell what it is about; they are said to those alone who agreed to that.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="templates")
    key = models.SlugField(max_length=32)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    language = models.CharField(max_length=5, choices=Language.choices)
    number = models.PositiveSmallIntegerField(help_text="Its version, from 1.")
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    plain = models.BooleanField(
        default=False,
        db_default=False,
        help_text="May tell what it is about; said only to clients who agreed to plain words.",
    )
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["key", "channel", "language", "plain", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "key", "channel", "language", "number"],
                name="template_version_once",
            ),
            models.UniqueConstraint(
                fields=["facility", "key", "channel", "language", "plain"],
                condition=Q(retired_at__isnull=True),
                name="template_in_force_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.channel} {self.language} {self.number}"


class Link(Row):
    """The page behind a message's link. Only a digest of the token is kept."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="links")
    token_digest = models.CharField(max_length=64)
    good_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_digest"], name="link_token")]

    def __str__(self) -> str:
        return f"link of {self.message_id}"


class Receipt(Row):
    """What a provider called back with about one attempt: stored first, handled after."""

    attempt_id = models.UUIDField(help_text="As called back with; there may be no such attempt.")
    provider_id = models.CharField(max_length=128)
    status = models.CharField(max_length=20)
    code = models.CharField(max_length=20, blank=True)
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attempt_id", "provider_id", "status", "code"], name="receipt_once"
            )
        ]
        indexes = [
            # Serves the sweep's "what was stored and not handled?".
            models.Index(
                fields=["created_at"], condition=Q(handled_at__isnull=True), name="receipt_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.attempt_id}"


class Meaning(models.TextChoices):
    CONFIRM = "confirm", "Confirms"
    RESCHEDULE = "reschedule", "Asks for another time"
    STOP = "stop", "Opts out"
    START = "start", "Lifts the opt-out"
    DECLINE = "decline", "Can't come"
    HELP = "help", "Asks for help"
    TEXT = "text", "Something for a person to read"


class InboundQuerySet(models.QuerySet["InboundMessage"]):
    def visible_to(self, user: User) -> Self:
        """What came from clients whose messages this person sees.

        Where several share an address and it is not clear who wrote, each one's team sees it; from
        an address that nobody has, intake does.
        """
        theirs = Client.objects.visible_to(user, Capability.VIEW_MESSAGES)
        points = ContactPoint.objects.filter(client__in=theirs)
        # Adding somebody's number to a record opens nothing that came before.
        held_then = points.filter(
            address_index=OuterRef("address_index"), created_at__lte=OuterRef("received_at")
        )
        ways: Q = Q(client__in=theirs) | Q(Exists(held_then), client=None)
        if user.access.can(Capability.SEE_FACILITY):
            anybody = ContactPoint.objects.filter(address_index=OuterRef("address_index"))
            ways |= Q(~Exists(anybody), client=None)
        return self.filter(ways)


class InboundMessage(Row):
    """What somebody sent us: client data, encrypted. Stored first, handled after."""

    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.SMS)
    provider_id = models.CharField(max_length=128, unique=True)
    sender = EncryptedTextField()
    address_index = models.CharField(max_length=64)
    body = EncryptedTextField()
    received_at = models.DateTimeField()
    meaning = models.CharField(max_length=12, choices=Meaning.choices, blank=True)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, null=True, related_name="inbound_messages"
    )
    answers = models.ForeignKey(
        Message, on_delete=models.PROTECT, null=True, related_name="replies"
    )
    handled_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = InboundQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(handled_at__isnull=True), name="inbound_open"
            ),
            models.Index(fields=["client", "-received_at"], name="inbound_client"),
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk}"


class OptOutSource(models.TextChoices):
    REPLY = "reply", "By a text message"
    LINK = "link", "By the link in an e-mail"
    PROVIDER = "provider", "The provider said so"


class OptOutQuerySet(PeriodQuerySet["OptOut"]):
    """Opt-outs."""


class OptOut(Period):
    """An address wants nothing on a channel. It holds for everyone who shares the address."""

    address_index = models.CharField(max_length=64)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    source = models.CharField(
        max_length=8, choices=OptOutSource.choices, default=OptOutSource.REPLY,
        db_default=OptOutSource.REPLY,
    )  # fmt: skip

    objects = OptOutQuerySet.as_manager()

    class Meta(Period.Meta):
        abstract = False
        constraints = [
            *Period.Meta.constraints,
            models.UniqueConstraint(
                fields=["address_index", "channel"],
                condition=Q(until__isnull=True),
                name="opt_out_once",
            ),
        ]

    def __str__(self) -> str:
        return f"opt-out {self.pk}"


class ChannelState(models.Model):
    """Whether a channel works: faults in a row, and until when it pauses after too many."""

    channel = models.CharField(max_length=8, choices=Channel.choices, primary_key=True)
    faults_in_a_row = models.PositiveSmallIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.channel


class Heartbeat(models.Model):
    """Written by a task that went through Redis and a worker: proof that the engine turns."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
