"""STOP and START: an address opts out of a channel, for every purpose and whoever shares it."""

from django.db.models import Q

from audit.services import note_change
from clients.models import Channel
from common.clock import now
from common.events import OptedOut, OptOutLifted, announce
from messaging.models import OptOut, OptOutSource
from messaging.services.outbox import end_unarmed
from messaging.services.progress import tell
from messaging.states import MessageState, Reason

ACKNOWLEDGEMENT = "opt_out_acknowledgement"


def opt_out(
    *, address_index: str, channel: Channel, source: OptOutSource = OptOutSource.REPLY
) -> bool:
    """Obey from this transaction on: nothing pending to the address is sent. True if it is new."""
    opted, made = OptOut.objects.get_or_create(
        address_index=address_index, channel=channel, until=None, defaults={"source": source}
    )
    pending = Q(address_index=address_index, channel=channel) & ~Q(purpose=ACKNOWLEDGEMENT)
    tell(end_unarmed(pending, state=MessageState.SKIPPED, reason=Reason.OPTED_OUT))
    if made:
        note_change(f"opt_out.by_{source}", opted.pk, by=None)
        announce(OptedOut(address_index, channel))
    return made


def lift_opt_out(*, address_index: str, channel: Channel) -> None:
    """The address wants messages again. Consents are as they were."""
    moment = now()
    open_ones = OptOut.objects.filter(address_index=address_index, channel=channel, until=None)
    obsolete = Q(address_index=address_index, channel=channel, purpose=ACKNOWLEDGEMENT)
    end_unarmed(obsolete, state=MessageState.CANCELLED, reason=Reason.REPLACED)
    for opted in open_ones.select_for_update():
        opted.change(until=moment)
        note_change("opt_out.lifted", opted.pk, by=None)
        announce(OptOutLifted(address_index, channel))
