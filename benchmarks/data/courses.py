"""Episodes: the phases of a course of treatment without gap or overlap, and what opened each."""

import datetime as dt
import uuid
from random import Random

from benchmarks.data.caseloads import Case
from benchmarks.data.copying import Batch
from benchmarks.data.moments import id_at
from benchmarks.data.organization import LEVELS, ON_A_UNIT, PLANNED_DAYS
from casework.models import Episode, Phase, Transition
from casework.moves import DischargeReason, NaloxoneOffer, ReferralSource, TransitionReason
from organization.models import PhaseKind

ROADS = (
    (PhaseKind.DETOX, PhaseKind.INPATIENT, PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
    (PhaseKind.DETOX, PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
    (PhaseKind.INPATIENT, PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
    (PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
    (PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
    (PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
)
LASTS = {
    PhaseKind.DETOX: (3, 9),
    PhaseKind.INPATIENT: (14, 45),
    PhaseKind.OUTPATIENT: (30, 120),
    PhaseKind.AFTERCARE: (400, 900),
}
REASONS = (
    (DischargeReason.COMPLETED, 45),
    (DischargeReason.LEFT_AGAINST_ADVICE, 15),
    (DischargeReason.LOST_CONTACT, 14),
    (DischargeReason.TRANSFERRED, 15),
    (DischargeReason.RULE_VIOLATION, 4),
    (DischargeReason.INCARCERATED, 2),
    (DischargeReason.MOVED, 3),
    (DischargeReason.OTHER, 2),
)


class Treating:
    """Writes a client's episode."""

    def __init__(self, batch: Batch, now: dt.datetime, rng: Random) -> None:
        self.batch, self.now, self.rng = batch, now, rng

    def treat(self, case: Case) -> None:
        """Admission, phases, moves, and discharge where they have left."""
        episode = self._episode(case)
        spans = self._spans(case)
        before: uuid.UUID | None = None
        for index, (kind, starts, ends) in enumerate(spans):
            reason = TransitionReason.PLANNED if index else TransitionReason.ADMISSION
            phase = self._phase(case, episode, kind, starts, ends)
            self._transition(case, episode, before, phase, starts, reason)
            before = phase
        if case.discharged_at:
            self._transition(
                case, episode, before, None, case.discharged_at, TransitionReason.DISCHARGE
            )
        units = [(starts, ends) for kind, starts, ends in spans if kind in ON_A_UNIT]
        if units and not case.reminded_on_unit:
            case.on_unit_until = units[-1][1] or dt.datetime.max.replace(tzinfo=dt.UTC)

    def _episode(self, case: Case) -> uuid.UUID:
        left = case.discharged_at
        reasons, weights = zip(*REASONS, strict=True)
        values = (
            {
                "discharged_at": left,
                "discharge_reason": self.rng.choices(reasons, weights)[0],
                "last_contact_on": left.date(),
                "naloxone_offered": self.rng.choice(NaloxoneOffer.values),
                "follow_up_consent": self.rng.random() < 0.6,
            }
            if left
            else {}
        )
        return self.batch.add(
            Episode, id_at(case.admitted_at, self.rng), case.admitted_at, client_id=case.id,
            facility_id=case.counselor.site.id, admitted_at=case.admitted_at,
            admitted_by_id=case.counselor.id,
            referral_source=self.rng.choice(ReferralSource.values),
            prior_episodes=self.rng.choice((0, 0, 0, 1, 1, 2, 3, 5)), **values,
        )  # fmt: skip

    def _spans(self, case: Case) -> list[tuple[PhaseKind, dt.datetime, dt.datetime | None]]:
        """Kind, start and end of each phase; the last one's end is the discharge, or none."""
        end = case.discharged_at or self.now
        starts = case.admitted_at
        spans: list[tuple[PhaseKind, dt.datetime, dt.datetime | None]] = []
        for kind in self.rng.choice(ROADS):
            ends = starts + dt.timedelta(days=self.rng.randint(*LASTS[kind]))
            if ends >= end:
                return [*spans, (kind, starts, case.discharged_at)]
            spans.append((kind, starts, ends))
            starts = ends
        return [*spans[:-1], (spans[-1][0], spans[-1][1], case.discharged_at)]

    def _phase(
        self,
        case: Case,
        episode: uuid.UUID,
        kind: PhaseKind,
        starts: dt.datetime,
        ends: dt.datetime | None,
    ) -> uuid.UUID:
        return self.batch.add(
            Phase, id_at(starts, self.rng), starts, episode_id=episode, kind=kind,
            program_id=case.counselor.site.programs[kind], level_of_care=LEVELS[kind],
            level_of_care_edition="3", started_at=starts, ended_at=ends,
            planned_end=starts.date() + dt.timedelta(days=PLANNED_DAYS[kind]),
        )  # fmt: skip

    def _transition(
        self,
        case: Case,
        episode: uuid.UUID,
        leaving: uuid.UUID | None,
        entering: uuid.UUID | None,
        moment: dt.datetime,
        reason: TransitionReason,
    ) -> None:
        self.batch.add(
            Transition, id_at(moment, self.rng), moment, episode_id=episode,
            from_phase_id=leaving, to_phase_id=entering, at=moment, by_id=case.counselor.id,
            reason=reason,
        )  # fmt: skip
