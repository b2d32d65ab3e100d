"""The course of treatment: admission, moves between phases, undoing a move, discharge."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from audit.services import note_change
from casework.gates import findings
from casework.models import Episode, Phase, Transition
from casework.moves import (
    DischargeReason,
    NaloxoneOffer,
    ReferralSource,
    TransitionReason,
    reasons_for,
)
from casework.undo import written_on_phase
from clients.models import Client
from clients.services import end_care_team, require_for_client, require_standing
from common.clock import now
from common.database import broken_constraint
from common.errors import Conflict, Invalid
from common.events import EpisodeDischarged, PhaseChanged, announce
from organization.models import PhaseKind, Program, User
from organization.roles import Capability


@transaction.atomic
def admit(
    *,
    client: Client,
    program: Program,
    referral_source: ReferralSource,
    by: User,
    at: dt.datetime | None = None,
    note: str = "",
) -> Episode:
    """Start a course of treatment in a program's phase. One active episode a client."""
    by.access.require(Capability.ADMIT, program.facility_id)
    require_for_client(by, Capability.ADMIT, client)
    require_standing([client.pk])
    moment = _moment(at)
    if moment.date() < client.birth_date:
        raise Invalid("This lies before the client's birth.", code="before_birth", field="at")
    _check_program(program, program.facility_id)
    if not client.known_at.current().filter(facility=program.facility_id).exists():
        raise Invalid(
            "The client isn't known at this program's facility.",
            code="not_known_here",
            field="program",
        )
    prior = Episode.objects.filter(client=client)
    if prior.filter(discharged_at__gt=moment).exists():
        raise Invalid(
            "The client was still in an earlier episode then.", code="overlaps_earlier", field="at"
        )
    try:
        with transaction.atomic():
            episode = Episode.objects.create(
                client=client,
                facility=program.facility,
                admitted_at=moment,
                admitted_by=by,
                referral_source=referral_source,
                prior_episodes=prior.count(),
            )
    except IntegrityError as error:
        if broken_constraint(error) != "one_active_episode":
            raise
        raise Conflict(
            "This client is in treatment already. Discharge that episode first, or move its phase.",
            code="episode_active",
        ) from None
    phase = _open_phase(episode, program, moment)
    _record(episode, None, phase, moment, by, TransitionReason.ADMISSION, note)
    announce(PhaseChanged(client.pk, episode.pk))
    return episode


@transaction.atomic
def move_phase(
    *,
    episode: Episode,
    program: Program,
    reason: TransitionReason,
    by: User,
    at: dt.datetime | None = None,
    note: str = "",
) -> Transition:
    """Close the current phase and open the next one, in a program that serves it.

    Raises `phase_not_allowed` with the moves that are, and `gate_not_met` with what is missing.
    """
    episode, current = _lock(episode, by)
    entering = PhaseKind(program.phase)
    if entering not in current.allowed_moves():
        raise _not_allowed(current, entering)
    _check_program(program, episode.facility_id)
    if reason not in reasons_for(PhaseKind(current.kind), entering):
        raise Invalid(
            f"“{reason.label}” is not a reason for this move.", code="reason_not_allowed",
            field="reason",
        )  # fmt: skip
    moment = _moment(at, after=current.started_at)
    asked = findings(episode, program)
    missing = {name: found.explanation for name, found in asked.items() if not found.met}
    if missing:
        raise Conflict(
            "Something is needed before this move.", code="gate_not_met", extra={"gates": missing}
        )
    current.change(ended_at=moment)
    phase = _open_phase(episode, program, moment)
    episode.change()
    transition = _record(
        episode, current, phase, moment, by, reason, note, dict.fromkeys(asked, "met")
    )
    announce(PhaseChanged(episode.client_id, episode.pk))
    return transition


@transaction.atomic
def undo_transition(*, transition: Transition, by: User) -> Transition:
    """Take back the latest move while nothing is written on the phase it opened.

    The transition stays, marked undone; its phase is void, and the former one is open again.
    """
    episode, current = _lock(transition.episode, by)
    transition.refresh_from_db()
    if transition.undone_at is not None:
        raise Conflict("This move has been undone already.", code="already_undone")
    if transition.from_phase is None or transition.to_phase_id != current.pk:
        raise Conflict("Only the latest move between phases can be undone.", code="not_latest_move")
    if any(written(current) for written in written_on_phase):
        raise Conflict(
            "Something is recorded on this phase. Make a new move instead.", code="phase_in_use"
        )
    current.change(void=True)
    transition.from_phase.change(ended_at=None)
    transition.change(undone_at=now(), undone_by=by)
    episode.change()
    note_change("transition.undone", transition.pk, by=by.pk, clients=[episode.client_id])
    announce(PhaseChanged(episode.client_id, episode.pk))
    return transition


@transaction.atomic
def discharge(
    *,
    episode: Episode,
    reason: DischargeReason,
    last_contact_on: dt.date,
    naloxone_offered: NaloxoneOffer,
    follow_up_consent: bool,
    by: User,
    detail: str = "",
    at: dt.datetime | None = None,
) -> Episode:
    """End the course of treatment, its phase and its care team. It is never reopened."""
    episode, current = _lock(episode, by)
    moment = _moment(at, after=current.started_at)
    zone = ZoneInfo(episode.facility.zone)
    admitted_on = episode.admitted_at.astimezone(zone).date()
    if not admitted_on <= last_contact_on <= moment.astimezone(zone).date():
        raise Invalid(
            "The last contact lies between admission and discharge.",
            code="out_of_range",
            field="last_contact_on",
        )
    current.change(ended_at=moment)
    episode.change(
        discharged_at=moment,
        discharge_reason=reason,
        discharge_detail=detail,
        last_contact_on=last_contact_on,
        naloxone_offered=naloxone_offered,
        follow_up_consent=follow_up_consent,
    )
    _record(episode, current, None, moment, by, TransitionReason.DISCHARGE, "")
    announce(EpisodeDischarged(episode.client_id, episode.pk))
    end_care_team(client=episode.client, reason="discharged", by=by)
    return episode


def _moment(at: dt.datetime | None, *, after: dt.datetime | None = None) -> dt.datetime:
    moment = at or now()
    if moment > now():
        raise Invalid("This lies in the future.", code="in_the_future", field="at")
    if after is not None and moment <= after:
        raise Invalid("This lies before the current phase began.", code="before_phase", field="at")
    return moment


def _check_program(program: Program, facility_id: object) -> None:
    if not program.active:
        raise Invalid("This program is closed.", code="program_closed", field="program")
    if program.facility_id != facility_id:
        raise Invalid("This program is another facility's.", code="other_facility", field="program")


def _lock(episode: Episode, by: User) -> tuple[Episode, Phase]:
    """The episode as it is now, this person's to move until the transaction ends; its open phase."""
    by.access.require(Capability.MOVE_PHASE, episode.facility_id)
    locked = Episode.objects.select_for_update().get(pk=episode.pk)
    current = locked.current_phase()
    if current is None:
        raise Conflict(
            "This episode has ended. A new course of treatment is a new admission.",
            code="episode_discharged",
        )
    require_for_client(by, Capability.MOVE_PHASE, locked.client)
    return locked, current


def _not_allowed(current: Phase, entering: PhaseKind) -> Conflict:
    allowed = current.allowed_moves()
    words = ", ".join(kind.label.lower() for kind in allowed)
    return Conflict(
        f"From {current.get_kind_display().lower()} a client moves to: {words}; "
        f"not to {entering.label.lower()}.",
        code="phase_not_allowed",
        field="program",
        extra={"allowed": [str(kind) for kind in allowed]},
    )


def _open_phase(episode: Episode, program: Program, moment: dt.datetime) -> Phase:
    started_on = moment.astimezone(ZoneInfo(program.facility.zone)).date()
    return Phase.objects.create(
        episode=episode,
        kind=program.phase,
        program=program,
        level_of_care=program.level_of_care,
        level_of_care_edition=program.level_of_care_edition,
        started_at=moment,
        planned_end=started_on + dt.timedelta(days=program.planned_days),
    )


def _record(
    episode: Episode,
    leaving: Phase | None,
    entering: Phase | None,
    moment: dt.datetime,
    by: User,
    reason: TransitionReason,
    note: str,
    gates: dict[str, str] | None = None,
) -> Transition:
    transition = Transition.objects.create(
        episode=episode,
        from_phase=leaving,
        to_phase=entering,
        at=moment,
        by=by,
        reason=reason,
        note=note,
        gates=gates or {},
    )
    note_change(f"episode.{reason}", transition.pk, by=by.pk, clients=[episode.client_id])
    return transition
