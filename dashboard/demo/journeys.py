"""The courses of treatment that the demo's clients are on. Data.

Lengths of stay and the mix of phases and of discharge reasons follow the national shares (TEDS-D
2019, `docs/domain` 3): outpatient care is the most frequent; of discharges some 42 % completed,
25 % dropped out, 22 % were transferred.
"""

from dataclasses import dataclass

from casework.moves import DischargeReason, ReferralSource
from dashboard.demo.places import ELM, HARBOR, OAK, Site
from organization.models import PhaseKind

D, I, O, A = PhaseKind  # noqa: E741 (the table below is read by its columns)

Leg = tuple[PhaseKind, int, int]
"""A phase, and between how many and how many days; the last leg of who is in treatment goes on."""


@dataclass(frozen=True)
class Journey:
    """`ended`: why, and how many days ago. `returning`: an earlier course, ended so long before.

    `undone`: a move into this phase was a slip, taken back, so many days ago.
    """

    site: Site
    clients: int
    legs: tuple[Leg, ...] = ()
    ended: tuple[DischargeReason, int, int] | None = None
    undone: tuple[PhaseKind, int] | None = None
    returning: bool = False


R = DischargeReason
JOURNEYS = (
    Journey(ELM, 3, ((D, 1, 5),)),
    Journey(ELM, 1, ((D, 3, 5),), undone=(I, 1)),
    Journey(ELM, 4, ((D, 4, 7), (I, 2, 25))),
    Journey(ELM, 1, ((I, 33, 37),)),
    Journey(ELM, 4, ((D, 4, 7), (I, 26, 31), (O, 16, 70))),
    Journey(ELM, 4, ((O, 16, 86),)),
    Journey(ELM, 1, ((O, 70, 86),), undone=(A, 3)),
    Journey(ELM, 3, ((O, 75, 95), (A, 16, 180))),
    Journey(ELM, 1, ((D, 5, 6), (I, 28, 30), (O, 80, 90), (A, 30, 120))),
    Journey(ELM, 1, ((O, 40, 50), (D, 4, 6), (I, 6, 20))),
    Journey(ELM, 1, ((D, 4, 6), (I, 28, 30), (O, 45, 55), (D, 2, 4))),
    Journey(ELM, 1, ((O, 62, 90),), ended=(R.COMPLETED, 3, 6)),
    Journey(ELM, 1, ((D, 3, 3),), ended=(R.LEFT_AGAINST_ADVICE, 9, 12)),
    Journey(ELM, 1, ((D, 5, 6), (I, 14, 18)), ended=(R.TRANSFERRED, 20, 30)),
    Journey(OAK, 1, ((D, 2, 5),)),
    Journey(OAK, 2, ((D, 4, 6), (O, 16, 40))),
    Journey(OAK, 6, ((O, 16, 88),)),
    Journey(OAK, 2, ((O, 80, 92), (A, 16, 150))),
    Journey(OAK, 1, ((O, 78, 90), (A, 50, 70), (O, 5, 18))),
    Journey(OAK, 1, ((O, 84, 90),), ended=(R.COMPLETED, 12, 40)),
    Journey(OAK, 1, ((O, 18, 26),), ended=(R.LOST_CONTACT, 8, 14)),
    Journey(OAK, 1, ((O, 16, 40),), returning=True),
    Journey(HARBOR, 2, ((D, 1, 4),)),
    Journey(HARBOR, 3, ((D, 4, 7), (I, 3, 24))),
    Journey(HARBOR, 2, ((D, 4, 7), (I, 27, 30), (O, 16, 60))),
    Journey(HARBOR, 4, ((O, 16, 92),)),
    Journey(HARBOR, 2, ((O, 75, 90), (A, 20, 200))),
    Journey(HARBOR, 1, ((D, 5, 6), (I, 27, 30), (O, 30, 40), (I, 5, 15))),
    Journey(HARBOR, 2, ((O, 70, 90),), ended=(R.COMPLETED, 15, 60)),
    Journey(HARBOR, 1, ((D, 4, 6),), ended=(R.TRANSFERRED, 10, 20)),
    Journey(HARBOR, 2),
)

EARLIER_COURSE: tuple[Leg, ...] = ((O, 30, 50),)
DAYS_BETWEEN_COURSES = 120

REFERRALS: dict[ReferralSource, float] = {
    ReferralSource.INDIVIDUAL: 42.6,
    ReferralSource.JUSTICE: 23.6,
    ReferralSource.COMMUNITY: 10.1,
    ReferralSource.SUBSTANCE_USE_PROVIDER: 8.6,
    ReferralSource.HEALTH_PROVIDER: 7.3,
    ReferralSource.EMPLOYER: 0.5,
    ReferralSource.SCHOOL: 0.5,
}
