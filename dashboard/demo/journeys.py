"""The courses of treatment of the demo's first clients, written by hand. Data.

They are who the script and the pages need: everybody else is dealt by `dashboard.demo.population`.
"""

from dataclasses import dataclass

from casework.moves import DischargeReason, ReferralSource
from dashboard.demo.places import ELM, HARBOR, OAK, Site
from organization.models import PhaseKind

D, I, O, A = PhaseKind  # noqa: E741 (the table below is read by its columns)

Leg = tuple[PhaseKind, int, int]
"""A phase, and between how many and how many days; the last leg of who is in treatment goes on."""


@dataclass(frozen=True)
class Earlier:
    """A course that ended so many days before the next one began."""

    legs: tuple[Leg, ...]
    because: DischargeReason
    days_before: int


@dataclass(frozen=True)
class Journey:
    """`ended`: why, and how many days ago. `earlier`: courses before this one, the first one first.

    `undone`: a move into this phase was a slip, taken back, so many days ago. `age`: at the latest
    admission. `referrals`: one for each course, the first one first. Both are drawn if not given.
    """

    site: Site
    clients: int
    legs: tuple[Leg, ...] = ()
    ended: tuple[DischargeReason, int, int] | None = None
    undone: tuple[PhaseKind, int] | None = None
    earlier: tuple[Earlier, ...] = ()
    age: int = 0
    referrals: tuple[ReferralSource, ...] = ()


R = DischargeReason
RETURNED = (Earlier(((O, 30, 50),), R.LOST_CONTACT, 120),)
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
    Journey(OAK, 1, ((O, 16, 40),), earlier=RETURNED),
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
