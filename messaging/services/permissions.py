"""When what may be sent changes, what waits for an address that no longer may is ended at once."""

from django.db.models import Exists, OuterRef, Q

from clients.models import ContactConsent
from common.events import ContactPermissionChanged
from messaging.models import Message
from messaging.services.outbox import end_unarmed
from messaging.services.progress import tell
from messaging.states import PENDING, MessageState, Reason


def end_what_lost_consent(event: ContactPermissionChanged) -> None:
    """End messages to contact points of this client that have no consent in force any more."""
    consents = ContactConsent.objects.filter(
        contact_point=OuterRef("contact_point"), channel=OuterRef("channel"), withdrawn_at=None
    )
    lost = Message.objects.filter(
        ~Exists(consents),
        client=event.client_id,
        contact_point__isnull=False,
        state__in=PENDING,
    )
    ids = list(lost.values_list("pk", flat=True))
    if ids:
        tell(end_unarmed(Q(pk__in=ids), state=MessageState.SKIPPED, reason=Reason.NO_CONSENT))
