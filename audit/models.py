"""The trail: one row for each request that read or changed what is kept about clients."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from common.ids import uuid7


class Source(models.TextChoices):
    WEB = "web", "Web page"
    API = "api", "API"
    WEBHOOK = "webhook", "Provider's webhook"
    LINK = "link", "A client's own page"
    SYSTEM = "system", "Background work or command"


class AuditEvent(models.Model):
    """Who did what to which records. Holds ids only: no name, address or text.

    `reads` maps a kind of record to the ids shown; `changes` lists `{"action", "id"}`;
    `clients` are all clients concerned, for "who has seen this record?".
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_id = models.UUIDField(null=True, help_text="The user; empty for a client or the system.")
    source = models.CharField(max_length=16, choices=Source.choices)
    request_id = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    route = models.CharField(max_length=200, help_text="Method and route pattern, without ids.")
    reads = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    clients = ArrayField(models.UUIDField(), default=list)

    class Meta:
        indexes = [
            # Serves "who has seen or changed this client's record?"
            GinIndex(fields=["clients"], name="audit_clients"),
            # Serves "what has this person done, newest first?"
            models.Index(fields=["actor_id", "-at"], name="audit_actor"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.route}"
