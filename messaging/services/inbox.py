"""Reading what clients wrote to us."""

from django.db import transaction

from audit.services import note_change
from common.clock import now
from messaging.models import InboundMessage
from organization.models import User
from worklist.models import Task, TaskKind
from worklist.services import complete_task


@transaction.atomic
def mark_read(*, inbound: InboundMessage, by: User) -> InboundMessage:
    """Say that it was read; the first who did stays named. It ends the tasks to read it that are
    theirs to end: where several share an address, each one's team reads it."""
    moment = now()
    unread = InboundMessage.objects.filter(pk=inbound.pk, read_at=None)
    clients = [inbound.client_id] if inbound.client_id else []
    if unread.update(read_at=moment, read_by=by, updated_at=moment):
        note_change("inbound.read", inbound.pk, by=by.pk, clients=clients)
    about_it = Task.objects.open().filter(
        kind=TaskKind.READ_REPLY, source__startswith=f"inbound:{inbound.pk}"
    )
    for task in about_it.filter(pk__in=Task.objects.endable_by(by)).select_for_update():
        complete_task(task=task, outcome="Read", by=by)
    inbound.refresh_from_db()
    return inbound
