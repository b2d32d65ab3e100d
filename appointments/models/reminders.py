"""The policy of reminders, and the ledger: what the policy wants said, and what became of it."""

from typing import Self

from django.db import models
from django.db.models import Q

from appointments.models.calendar import Attendance
from appointments.states import (
    AppointmentKind,
    ReminderState,
    RuleChannel,
    RuleOnlyIf,
    RuleWhen,
)
from clients.models import Channel, Client, ContactPoint
from common.clock import now
from common.rows import Row
from messaging.models import Message
from messaging.states import Reason
from organization.models import Facility, PhaseKind, User
from organization.roles import Capability


class PolicyQuerySet(models.QuerySet["ReminderPolicy"]):
    def visible_to(self, user: User) -> Self:
        """The policies of the facilities where this person reads them."""
        return self.filter(facility__in=user.access.where(Capability.VIEW_POLICIES))


class ReminderPolicy(Row):
    """When a facility reminds its clients: of all visits, or of those of a kind or in a phase.

    Of several that fit a visit the narrowest counts, alone: kind and phase, then the phase, then the
    kind, then the facility's own. One that was ended stays for what it has sent.
    """

    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="reminder_policies"
    )
    kind = models.CharField(
        max_length=16, choices=AppointmentKind.choices, blank=True, default="", db_default="",
        help_text="Only visits of this kind; empty for all.",
    )  # fmt: skip
    phase = models.CharField(
        max_length=16, choices=PhaseKind.choices, blank=True, default="", db_default="",
        help_text="Only while the client is in this phase; empty for all.",
    )  # fmt: skip
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "reminder policies"
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "phase"],
                condition=Q(ended_at__isnull=True),
                name="policy_once",
            ),
            models.CheckConstraint(
                name="policy_of_facility_stays",
                condition=~Q(kind="", phase="") | Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"policy of {self.facility_id}"


class ReminderRule(Row):
    """One reminder that a policy wants. Not deleted but retired: the ledger refers to it."""

    policy = models.ForeignKey(ReminderPolicy, on_delete=models.PROTECT, related_name="rules")
    when = models.CharField(max_length=12, choices=RuleWhen.choices)
    minutes_before = models.PositiveIntegerField(null=True, blank=True)
    days_before = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.TimeField(
        null=True, blank=True, help_text="The time of day, in the facility's zone."
    )
    channel = models.CharField(max_length=12, choices=RuleChannel.choices)
    only_if = models.CharField(
        max_length=12, choices=RuleOnlyIf.choices, blank=True, default="", db_default=""
    )
    template = models.SlugField(
        max_length=32, blank=True, default="", db_default="",
        help_text="The text's name, if not the one that all such messages have.",
    )  # fmt: skip
    since = models.DateTimeField(default=now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-minutes_before", "channel", "id"]
        constraints = [
            models.CheckConstraint(
                name="rule_offset_has_minutes",
                condition=Q(when="offset", minutes_before__gt=0)
                | (~Q(when="offset") & Q(minutes_before__isnull=True)),
            ),
            models.CheckConstraint(
                name="rule_wall_clock_has_day_and_time",
                condition=Q(when="wall_clock", days_before__isnull=False, at__isnull=False)
                | (~Q(when="wall_clock") & Q(days_before__isnull=True, at__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=[
                    "policy",
                    "when",
                    "minutes_before",
                    "days_before",
                    "at",
                    "channel",
                    "only_if",
                ],
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

    attendance = models.ForeignKey(
        Attendance, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
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
                condition=~Q(state__in=("planned", "bundled"))
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
