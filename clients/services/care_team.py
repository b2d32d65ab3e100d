"""Who is on a client's case: the primary counselor, and the others."""

from django.db import IntegrityError, transaction

from audit.services import note_change
from clients.models import CareRole, CareTeamMember, Client
from clients.services.permission import require_for_client, require_standing
from common.clock import now
from common.database import broken_constraint
from common.errors import Conflict, Invalid
from common.events import PrimaryCounselorLeft, PrimaryCounselorNamed, announce
from organization.models import Facility, Membership, User
from organization.roles import Capability, roles_with


@transaction.atomic
def name_primary_counselor(
    *, client: Client, facility: Facility, counselor: User, by: User, reason: str = ""
) -> CareTeamMember:
    """Make somebody the primary counselor, in one act with ending the one before.

    The person must hold a counseling role at the facility, and the client be known there. Naming
    the present one changes nothing.
    """
    require_for_client(by, Capability.NAME_PRIMARY, client)
    if not client.known_at.current().filter(facility=facility).exists():
        raise Invalid(
            "The client isn't known at this facility.", code="not_known_here", field="facility"
        )
    return make_primary(client, facility, counselor, by, reason=reason, field="counselor")


def make_primary(
    client: Client, facility: Facility, counselor: User, by: User, *, field: str, reason: str = ""
) -> CareTeamMember:
    """As `name_primary_counselor`, once it is known that `by` may."""
    require_standing([client.pk])
    locked = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    counseling = roles_with(Capability.SEE_CARE_TEAM)
    holds = Membership.objects.current().filter(user=counselor, facility=facility)
    if not counselor.is_active or not holds.filter(role__in=counseling).exists():
        raise Invalid(
            "This person is not a counselor at the facility.",
            code="not_a_counselor",
            field=field,
        )
    moment = now()
    team = client.care_team.current().select_for_update()
    present = team.filter(primary=True).first()
    if present and present.user_id == counselor.pk:
        return present
    team.filter(primary=True).update(until=moment, ended_because="replaced", updated_at=moment)
    team.filter(user=counselor).update(
        until=moment, ended_because="became primary", updated_at=moment
    )
    member = CareTeamMember.objects.create(
        client=client,
        user=counselor,
        role=CareRole.COUNSELOR,
        primary=True,
        since=moment,
        reason=reason or "primary counselor",
    )
    locked.change()
    if present:
        announce(PrimaryCounselorLeft(client.pk, present.user_id, counselor.pk))
    note_change("care_team.primary_named", member.pk, by=by.pk, clients=[client.pk])
    if counselor != by:
        announce(PrimaryCounselorNamed(client.pk, facility.pk, counselor.pk))
    return member


@transaction.atomic
def join_care_team(
    *, client: Client, user: User, role: CareRole, reason: str, by: User
) -> CareTeamMember:
    """Put somebody on the case; they see the record from now on.

    The primary counselor says who, or whoever may name care teams.
    """
    _require_say_over_team(client, by)
    require_standing([client.pk])
    works_here = Membership.objects.current().filter(
        user=user, facility__in=client.known_at.current().values("facility")
    )
    if not user.is_active or not works_here.exists():
        raise Invalid(
            "This person doesn't work where the client is known.", code="not_here", field="user"
        )
    try:
        with transaction.atomic():
            member = CareTeamMember.objects.create(
                client=client, user=user, role=role, reason=reason
            )
    except IntegrityError as error:
        if broken_constraint(error) != "care_team_member_once":
            raise
        raise Conflict("They are on this care team already.", code="already_on_team") from None
    note_change("care_team.joined", member.pk, by=by.pk, clients=[client.pk])
    return member


def _require_say_over_team(client: Client, by: User) -> None:
    if not client.care_team.current().filter(user=by, primary=True).exists():
        require_for_client(by, Capability.NAME_PRIMARY, client)


@transaction.atomic
def leave_care_team(*, member: CareTeamMember, reason: str, by: User) -> CareTeamMember:
    """End somebody's time on the case, and with it their access. A primary is only replaced."""
    member = CareTeamMember.objects.select_for_update().get(pk=member.pk)
    _require_say_over_team(member.client, by)
    if member.until is not None:
        raise Conflict("They have left this care team already.", code="already_left")
    if member.primary:
        raise Conflict(
            "A primary counselor is only ever replaced: name the next one.",
            code="primary_is_replaced",
        )
    member.change(until=now(), ended_because=reason)
    note_change("care_team.left", member.pk, by=by.pk, clients=[member.client_id])
    return member


def end_care_team(*, client: Client, reason: str, by: User) -> None:
    """End everybody's time on the case: the course of treatment is over. Called at discharge."""
    moment = now()
    for primary in client.care_team.current().filter(primary=True):
        announce(PrimaryCounselorLeft(client.pk, primary.user_id, None))
    client.care_team.current().update(until=moment, ended_because=reason, updated_at=moment)
    note_change("care_team.ended", client.pk, by=by.pk, clients=[client.pk])
