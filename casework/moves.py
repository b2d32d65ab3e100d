"""Which phase may follow which, and why. Data; the source is `docs/decisions/0004-phase-moves.md`."""

from django.db import models

from organization.models import PhaseKind


class TransitionReason(models.TextChoices):
    ADMISSION = "admission", "Admission"
    PLANNED = "planned", "Planned next step"
    GOALS_MET = "goals_met", "Goals of the phase met"
    CLINICAL_NEED = "clinical_need", "Clinical need"
    RETURN_TO_USE = "return_to_use", "Return to use"
    CLIENT_REQUEST = "client_request", "Client's request"
    OTHER = "other", "Other"
    DISCHARGE = "discharge", "Discharge"


# Forward moves may skip a phase; a step up to more intensive care is a normal move with a reason.
ALLOWED_MOVES: dict[PhaseKind, tuple[PhaseKind, ...]] = {
    PhaseKind.DETOX: (PhaseKind.INPATIENT, PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
    PhaseKind.INPATIENT: (PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE),
    PhaseKind.OUTPATIENT: (PhaseKind.DETOX, PhaseKind.INPATIENT, PhaseKind.AFTERCARE),
    PhaseKind.AFTERCARE: (PhaseKind.DETOX, PhaseKind.INPATIENT, PhaseKind.OUTPATIENT),
}
FORWARD_REASONS = frozenset(
    {
        TransitionReason.PLANNED,
        TransitionReason.GOALS_MET,
        TransitionReason.CLINICAL_NEED,
        TransitionReason.CLIENT_REQUEST,
        TransitionReason.OTHER,
    }
)
STEP_UP_REASONS = frozenset(
    {
        TransitionReason.RETURN_TO_USE,
        TransitionReason.CLINICAL_NEED,
        TransitionReason.CLIENT_REQUEST,
        TransitionReason.OTHER,
    }
)
_ORDER = list(PhaseKind)


def is_step_up(leaving: PhaseKind, entering: PhaseKind) -> bool:
    """Whether the move is to more intensive care."""
    return _ORDER.index(entering) < _ORDER.index(leaving)


def reasons_for(leaving: PhaseKind, entering: PhaseKind) -> frozenset[TransitionReason]:
    """The reasons that such a move may have."""
    return STEP_UP_REASONS if is_step_up(leaving, entering) else FORWARD_REASONS


class DischargeReason(models.TextChoices):
    COMPLETED = "completed", "Completed all goals"
    LEFT_AGAINST_ADVICE = "left_against_advice", "Left against advice"
    LOST_CONTACT = "lost_contact", "Lost contact"
    RULE_VIOLATION = "rule_violation", "Ended by the facility"
    TRANSFERRED = "transferred", "Transferred with a warm handover"
    INCARCERATED = "incarcerated", "Incarcerated"
    DIED = "died", "Died"
    MOVED = "moved", "Moved away"
    MEDICAL = "medical", "Medical reasons"
    OTHER = "other", "Other"


# TEDS-D `REASON`, public-use file codes (SAMHSA, TEDS-D 2019 codebook).
TEDS_REASON: dict[DischargeReason, int] = {
    DischargeReason.COMPLETED: 1,
    DischargeReason.LEFT_AGAINST_ADVICE: 2,
    DischargeReason.LOST_CONTACT: 2,
    DischargeReason.RULE_VIOLATION: 3,
    DischargeReason.TRANSFERRED: 4,
    DischargeReason.INCARCERATED: 5,
    DischargeReason.DIED: 6,
    DischargeReason.MOVED: 7,
    DischargeReason.MEDICAL: 7,
    DischargeReason.OTHER: 7,
}


class ReferralSource(models.IntegerChoices):
    """TEDS-A `PSOURCE` (SAMHSA, public domain)."""

    INDIVIDUAL = 1, "Self, family or friend"
    SUBSTANCE_USE_PROVIDER = 2, "Substance use care provider"
    HEALTH_PROVIDER = 3, "Other health care provider"
    SCHOOL = 4, "School"
    EMPLOYER = 5, "Employer or assistance program"
    COMMUNITY = 6, "Other community referral"
    JUSTICE = 7, "Court or criminal justice"


class NaloxoneOffer(models.TextChoices):
    ACCEPTED = "yes", "Yes"
    NOT_OFFERED = "no", "No"
    DECLINED = "refused", "Offered, not taken"
