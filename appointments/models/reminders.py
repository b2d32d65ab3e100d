"""The policy of reminders, and the ledger: what the policy wants said, and what became of it."""

from typing import Self

from django.db import models
from django.db.models import Q

from appointments.models.calendar import Attendance
from appointments.states import ReminderState, RuleChannel, RuleWhen
from clients.models import Channel, Client, ContactPoint
from common.clock import now
from common.rows import Row
from messaging.models import Message
from messaging.states import Reason
from organization.models import Facility, User
from organization.roles import Capability


class PolicyQuerySet(models.QuerySet["ReminderPolicy"]):
    def visible_to(self, user: User) -> Self:
        """The policies of the facilities where this person reads them."""
        return self.filter(facility__in=user.access.where(Capability.VIEW_POLICIES))


class ReminderPolicy(Row):
    """When a facility reminds its clients."""

    facility = models.OneToOneField(
        Facility, on_delete=models.PROTECT, related_name="reminder_policy"
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "reminder policies"

    def __str__(self) -> str:
        return f"policy of {self.facility_id}"


class ReminderRule(Row):
    """One reminder that a policy wants. Not deleted but retired: the ledger refers to it."""

    policy = models.ForeignKey(ReminderPolicy, on_delete=models.PROTECT, related_name="rules")
    when = models.CharField(max_length=12, choices=RuleWhen.choices)
    minutes_before = models.PositiveIntegerField(null=True, blank=True)
    channel = models.CharField(max_length=12, choices=RuleChannel.choices)
    since = models.DateTimeField(default=now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-minutes_before", "channel", "id"]
        constraints = [
            models.CheckConstraint(
                name="rule_offset_has_minutes",
                condition=Q(when="offset", minutes_before__gt=0)
                | Q(when="booked_late", minutes_before__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["policy", "when", "minutes_before", "channel"],
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="rule_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.when} {self.minutes_before or ''} {self.channel}"


class Reminder(Row):
    """The ledger's row: one occurrence, rule, channel and contact point, and why it is as it is.

    `send_at` is when it is (or was) due after quiet hours; `message` the one that carries it now.
    """

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="reminders")
    rule = models.ForeignKey(ReminderRule, on_delete=models.PROTECT, related_name="reminders")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, null=True, related_name="reminders"
    )
    state = models.CharField(max_length=12, choices=ReminderState.choices)
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    send_at = models.DateTimeField(null=True)
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, null=True, related_name="reminders"
    )

    class Meta:
        ordering = ["send_at", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["attendance", "rule", "channel", "contact_point"],
                nulls_distinct=False,
                name="reminder_once",
            ),
            models.CheckConstraint(
                name="reminder_planned_has_message",
                condition=~Q(state="planned")
                | Q(message__isnull=False, send_at__isnull=False, reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class ReminderChange(Row):
    """A reminder's history: each state it was in, since when, and why. Never changed."""

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=12, choices=ReminderState.choices)
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.reminder_id} {self.state}"


class ReplanRequest(Row):
    """Something about a client changed: their coming reminders are to be planned anew.

    Any number may wait for one client; planning once answers them all.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="replan_requests")
    not_before = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            # Serves "who is to be planned anew?".
            models.Index(fields=["not_before"], name="replan_due")
        ]

    def __str__(self) -> str:
        return f"replan {self.client_id}"
