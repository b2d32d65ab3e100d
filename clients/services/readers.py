"""Who is to look at a pair of records: found apart from whatever made the pair (`duplicates`)."""

import logging
import uuid

from django.db import transaction

from clients.models import Client, KnownAt, PossibleDuplicate
from common.clock import now
from common.events import PossibleDuplicateFound, announce
from organization.models import Membership
from organization.roles import Capability, Role

log = logging.getLogger(__name__)

PAIRS_AT_ONCE = 200


def find_readers(*, pairs: int = PAIRS_AT_ONCE) -> int:
    """Put up to so many open pairs before who sees both; how many were looked at here.

    Each in a transaction of its own: a fault in one stops nobody else, and that pair is tried again.
    """
    waiting = PossibleDuplicate.objects.unread().order_by("created_at")
    done = 0
    for pair_id in list(waiting.values_list("pk", flat=True)[:pairs]):
        try:
            done += _find_reader(pair_id)
        except Exception:
            log.exception("reader.failed pair=%s", pair_id)
    return done


@transaction.atomic
def _find_reader(pair_id: uuid.UUID) -> bool:
    """Look at one pair, unless another does or has done. Held, it can't be settled meanwhile."""
    unread = PossibleDuplicate.objects.unread().filter(pk=pair_id)
    pair = unread.select_for_update(skip_locked=True).first()
    if pair is None:
        return False
    _put_before_a_person(pair)
    PossibleDuplicate.objects.filter(pk=pair.pk).update(reader_sought_at=now())
    return True


def _put_before_a_person(pair: PossibleDuplicate) -> None:
    """Tell who is to look at a pair: somebody who sees both, so that nobody learns of one of them.

    Intake of a facility where both are known; else a supervisor, or intake of one of the places,
    who sees both. Where nobody does the pair waits, until somebody does (`ask_again_about`).
    """
    told = _intake_of_both(pair) or _whoever_sees_both(pair)
    if told is not None:
        announce(told)


def _intake_of_both(pair: PossibleDuplicate) -> PossibleDuplicateFound | None:
    known = KnownAt.objects.current()
    intake = Membership.objects.current().filter(
        role=Role.INTAKE,
        user__is_active=True,
        facility__in=known.filter(client=pair.first_id).values("facility"),
    )
    there = intake.filter(facility__in=known.filter(client=pair.second_id).values("facility"))
    membership = there.order_by("facility", "pk").first()
    if membership is None:
        return None
    return PossibleDuplicateFound(pair.pk, membership.facility_id, Role.INTAKE, None)


def _whoever_sees_both(pair: PossibleDuplicate) -> PossibleDuplicateFound | None:
    both = [pair.first_id, pair.second_id]
    places = KnownAt.objects.current().filter(client__in=both).values("facility")
    able = Membership.objects.current().filter(
        role__in=(Role.SUPERVISOR, Role.INTAKE), facility__in=places, user__is_active=True
    )
    for membership in able.select_related("user").order_by("role", "pk"):
        seen = Client.objects.visible_to(membership.user, Capability.VIEW_TASKS)
        if seen.filter(pk__in=both).count() == len(both):
            return PossibleDuplicateFound(
                pair.pk, membership.facility_id, membership.role, membership.user_id
            )
    return None
