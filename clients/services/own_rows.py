"""What moves of a client's own record when it is merged: contacts, care team, where it is known."""

from django.db.models import QuerySet

from audit.services import note_change
from clients.merging import Ledger, MergePart, nothing_forbids
from clients.models import CareTeamMember, Client, ContactConsent, ContactPoint, KnownAt
from clients.services.duplicates import settle_merged
from common.clock import now
from organization.models import User

MERGED = "merged"


def _move(ledger: Ledger, survivor: Client, other: Client, by: User) -> None:
    _move_contact_points(ledger, survivor, other, by)
    _move_care_team(ledger, survivor, other)
    _move_places(ledger, survivor, other)
    ledger.change(Client.objects.filter(merged_into=other), merged_into=survivor)
    settle_merged(ledger, other.pk, by=by)


# ── Contact points ────────────────────────────────────────────────────────────────────────────


def _move_contact_points(ledger: Ledger, survivor: Client, other: Client, by: User) -> None:
    """The other's come after the survivor's own. One that both have stays behind, void."""
    own = list(survivor.contact_points.all())
    after_own = max((point.position for point in own), default=-1) + 1
    by_address = {(point.kind, point.address_index): point for point in own}
    for point in other.contact_points.all():
        row = ContactPoint.objects.filter(pk=point.pk)
        same = by_address.get((point.kind, point.address_index))
        if same is None:
            ledger.change(row, client=survivor, position=after_own + point.position)
        else:
            _unite(ledger, same, point, by)


def _unite(ledger: Ledger, kept: ContactPoint, void: ContactPoint, by: User) -> None:
    """Two of one address: the kept one takes the stricter of both, and no consent stays behind."""
    row = ContactPoint.objects.filter(pk=kept.pk)
    # Changes nothing, but has the undo notice whatever is said about this address from now on.
    ledger.change(row, client=kept.client)
    if kept.safe_to_leave_voicemail and not void.safe_to_leave_voicemail:
        ledger.change(row, safe_to_leave_voicemail=False)
    if void.valid_until and (kept.valid_until is None or void.valid_until < kept.valid_until):
        ledger.change(row, valid_until=void.valid_until)
    if void.undeliverable_since and kept.undeliverable_since is None:
        ledger.change(
            row,
            undeliverable_since=void.undeliverable_since,
            undeliverable_code=void.undeliverable_code,
        )
    _unite_consents(ledger, kept, void, by)


def _unite_consents(ledger: Ledger, kept: ContactPoint, void: ContactPoint, by: User) -> None:
    """A withdrawal on either record holds; a consent on the other one alone is kept."""
    consents = ContactConsent.objects
    in_force = consents.filter(contact_point=void, withdrawn_at=None)
    if _refused(void):
        _withdraw(ledger, consents.filter(contact_point=kept, withdrawn_at=None), kept, by)
    elif not kept.consents.exists():
        ledger.change(in_force, contact_point=kept)
    _withdraw(ledger, in_force, void, by)


def _refused(point: ContactPoint) -> bool:
    """Whether a consent was withdrawn there, and none was given since."""
    return point.consents.exists() and not point.consents.filter(withdrawn_at=None).exists()


def _withdraw(
    ledger: Ledger, in_force: QuerySet[ContactConsent], point: ContactPoint, by: User
) -> None:
    for consent in in_force.order_by("pk"):
        row = ContactConsent.objects.filter(pk=consent.pk)
        ledger.change(row, withdrawn_at=now(), withdrawn_by=by)
        note_change("contact_consent.withdrawn", consent.pk, by=by.pk, clients=[point.client_id])


# ── Care team, and where the client is known ──────────────────────────────────────────────────


def _move_care_team(ledger: Ledger, survivor: Client, other: Client) -> None:
    """Who is on the other's case joins the survivor's. Those who have left stay where they were.

    The survivor's primary counselor stays primary; only where there is none the other's becomes it,
    from now on.
    """
    moment = now()
    has_primary = survivor.care_team.current().filter(primary=True).exists()
    for member in other.care_team.current():
        row = CareTeamMember.objects.filter(pk=member.pk)
        on_both = survivor.care_team.current().filter(user=member.user_id)
        becomes_primary = member.primary and not has_primary
        if becomes_primary:
            ledger.change(on_both, until=moment, ended_because=MERGED)
            ledger.change(row, client=survivor, since=moment)
        elif on_both.exists():
            # Changes nothing, but has the undo notice when their time on the case ends.
            ledger.change(on_both, client=survivor)
            ledger.change(row, until=moment, ended_because=MERGED)
        else:
            ledger.change(row, client=survivor, primary=False)


def _move_places(ledger: Ledger, survivor: Client, other: Client) -> None:
    moment = now()
    own = KnownAt.objects.current().filter(client=survivor).values("facility")
    twice = other.known_at.filter(until=None, facility__in=own)
    ledger.change(twice, client=survivor, until=moment)
    ledger.change(KnownAt.objects.filter(client=other), client=survivor)


OWN_ROWS = MergePart(
    moves=frozenset(
        {
            "clients.Client.merged_into",
            "clients.KnownAt.client",
            "clients.ContactPoint.client",
            "clients.CareTeamMember.client",
        }
    ),
    stays={
        "clients.Merge.survivor": "the record of the merge itself",
        "clients.Merge.other": "the record of the merge itself",
        "clients.PossibleDuplicate.first": "settled by the merge",
        "clients.PossibleDuplicate.second": "settled by the merge",
    },
    obstacles=nothing_forbids,
    move=_move,
)
