"""Looking at the demo: running its command, and what every table holds."""

from io import StringIO

from django.apps import apps
from django.core.management import call_command

from appointments.models import (
    Reminder,
)


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("demo_data", *arguments, stdout=said)
    return said.getvalue()


def snapshot() -> dict[str, tuple]:
    """Of every table: how many rows, and when one was changed last."""
    found = {}
    for model in apps.get_models():
        fields = {field.name for field in model._meta.fields}
        latest = "updated_at" if "updated_at" in fields else "pk"
        rows = model._default_manager
        last = rows.order_by(latest).values_list(latest, flat=True).last()
        found[model._meta.label] = (rows.count(), last)
    return found


def ledger() -> list[tuple]:
    return sorted(Reminder.objects.values_list("pk", "state", "reason", "send_at"), key=str)
