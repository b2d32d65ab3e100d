"""Tasks: something due from someone, about a client or about the installation."""

from typing import Self

from django.db import models
from django.db.models import Q

from clients.models import Client
from common.rows import Row
from organization.models import Facility, User
from organization.roles import Capability, Role


class TaskKind(models.TextChoices):
    ACCEPT_CLIENT = "accept_client", "Accept a new client"
    NAME_COUNSELOR = "name_counselor", "Name the next primary counselor: this one left"
    POSSIBLE_DUPLICATE = "possible_duplicate", "Two records may be of one person"
    RESCHEDULE_REQUEST = "reschedule_request", "Client asks for another time"
    CLIENT_DECLINED = "client_declined", "Client can't come"
    CALL_CLIENT = "call_client", "Call the client: a reminder may not have arrived"
    READ_REPLY = "read_reply", "Read a client's reply"
    NO_SHOW_OUTREACH = "no_show_outreach", "Reach out after a missed appointment"
    TEXT_REFUSED = "text_refused", "A message's text was refused as not discreet"
    REMINDER_UNDELIVERABLE = "reminder_undeliverable", "A reminder could not be delivered"
    CHANNEL_DOWN = "channel_down", "A message channel is not working"
    ENGINE_LATE = "engine_late", "Messages are late, or the engine that sends them is silent"


class TaskState(models.TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    WITHDRAWN = "withdrawn", "Withdrawn: its cause is gone"


class Priority(models.IntegerChoices):
    HIGH = 1, "High"
    NORMAL = 2, "Normal"
    LOW = 3, "Low"


def _of_roles(user: User) -> Q:
    """Tasks due from a role that the person holds at the task's facility, or anywhere if none."""
    everywhere = {role for held in user.access.roles.values() for role in held}
    fitting = Q(facility=None, role__in=everywhere)
    for facility_id, held in user.access.roles.items():
        fitting |= Q(facility=facility_id, role__in=held)
    return fitting


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> Self:
        return self.filter(state=TaskState.OPEN)

    def visible_to(self, user: User) -> Self:
        """Tasks about clients whose tasks this person sees, and those about none of their roles."""
        ways = Q(client=None) & _of_roles(user)
        for facility in user.access.where(Capability.VIEW_TASKS):
            clients = Client.objects.visible_to(
                user, Capability.VIEW_TASKS, at=frozenset({facility})
            )
            ways |= Q(client__in=clients) & (Q(facility=facility) | Q(facility=None))
        return self.filter(ways)

    def endable_by(self, user: User) -> Self:
        """Of those they see, what they may end: due from them or a role of theirs, or covered.

        Covered by the client's care team and its supervisors: holidays are what teams are for.
        """
        ways = Q(assignee=user) | _of_roles(user)
        for facility in user.access.where(Capability.COVER_TASKS):
            clients = Client.objects.visible_to(
                user, Capability.COVER_TASKS, at=frozenset({facility})
            )
            ways |= Q(client__in=clients) & (Q(facility=facility) | Q(facility=None))
        return self.filter(ways)

    def due_from(self, user: User) -> Self:
        """Those this person is to do: assigned to them, or to nobody but a role of theirs."""
        return self.filter(Q(assignee=user) | (Q(assignee=None) & _of_roles(user)))


class Task(Row):
    """Something due from somebody, or from a role at a facility; done with an outcome.

    `source` names the cause (`appointment:<id>`), so that one cause has one open task of a kind.
    """

    kind = models.CharField(max_length=32, choices=TaskKind.choices)
    source = models.CharField(max_length=120)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    assignee = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    role = models.CharField(max_length=24, choices=Role.choices, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=TaskState.choices, default=TaskState.OPEN)
    outcome = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source"], condition=Q(state="open"), name="task_open_once"
            ),
            models.CheckConstraint(
                name="task_ended_has_time",
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            # Serves a person's open tasks by due time.
            models.Index(
                fields=["assignee", "due_at"], condition=Q(state="open"), name="task_open_mine"
            ),
            # Serves a client's tasks.
            models.Index(fields=["client", "due_at"], name="task_client"),
            # Serves `updated_after`.
            models.Index(fields=["updated_at", "id"], name="task_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
