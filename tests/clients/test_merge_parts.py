"""No reference to a client can be forgotten when records are merged."""

from django.apps import apps
from django.db import models

from clients.merging import merge_parts
from clients.models import Client

BY_ID = {
    "audit.AuditEvent.clients": "the trail says what was done to which record, and is never changed",
    "organization.IdempotencyKey.clients": "what a repeated request had shown, for a day",
}
"""Columns that hold clients' ids without being foreign keys, and stay as they are."""


def test_every_column_that_refers_to_a_client_moves_or_is_said_to_stay():
    named = [label for part in merge_parts for label in (*part.moves, *part.stays)]
    assert len(named) == len(set(named))
    assert set(named) | set(BY_ID) == set(references())


def references():
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            to_client = getattr(field, "related_model", None) is Client
            if field.concrete and (to_client or holds_ids(field)):
                yield f"{model._meta.label}.{field.name}"


def holds_ids(field):
    inner = getattr(field, "base_field", field)
    named = field.name in {"subject", "client_id", "clients", "client_ids"}
    return isinstance(inner, models.UUIDField) and named


def test_every_stay_has_its_reason():
    assert all(reason for part in merge_parts for reason in part.stays.values())
