"""The national shares that the demo's clients follow, and dealing by shares."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from casework.moves import DischargeReason, ReferralSource
from organization.models import PhaseKind

Thing = TypeVar("Thing")

TEDS = json.loads(Path(__file__).with_name("teds_2019.json").read_text())

R = DischargeReason
MEANS = {
    "1": (R.COMPLETED,),
    "2": (R.LOST_CONTACT, R.LEFT_AGAINST_ADVICE),
    "3": (R.RULE_VIOLATION,),
    "4": (R.TRANSFERRED,),
    "5": (R.INCARCERATED,),
    "7": (R.MOVED, R.MEDICAL, R.OTHER),
}
"""Our reasons of discharge for each code of TEDS; nobody dies in the demo (0.2 %)."""


@dataclass(frozen=True)
class Span:
    """From one number to another, both included."""

    least: int
    most: int

    def draw(self, rng: random.Random) -> int:
        """One of them."""
        return rng.randint(self.least, self.most)


AGES: dict[Span, float] = {Span(row["from"], row["to"]): row["percent"] for row in TEDS["AGE"]}
REFERRALS: dict[ReferralSource, float] = {
    ReferralSource(int(code)): share for code, share in TEDS["PSOURCE"].items()
}
REASONS: dict[DischargeReason, float] = {
    reason: TEDS["REASON"][code] / len(reasons)
    for code, reasons in MEANS.items()
    for reason in reasons
}

# Days in a phase that has ended. TEDS gives the lengths of all services together: these are set so
# that detox, inpatient and outpatient care, mixed by its shares of services, come to that.
LENGTHS: dict[PhaseKind, dict[Span, float]] = {
    PhaseKind.DETOX: {Span(1, 1): 12, Span(2, 7): 80, Span(8, 12): 8},
    PhaseKind.INPATIENT: {Span(2, 7): 12, Span(8, 30): 52, Span(31, 90): 33, Span(91, 120): 3},
    PhaseKind.OUTPATIENT: {
        Span(1, 1): 20, Span(2, 7): 4.5, Span(8, 30): 14.6, Span(31, 90): 21.2,
        Span(91, 365): 31.3, Span(366, 480): 8.4,
    },
    PhaseKind.AFTERCARE: {Span(40, 120): 50, Span(121, 365): 50},
}  # fmt: skip


def deal(shares: Mapping[Thing, float], count: int, rng: random.Random) -> list[Thing]:
    """So many things, of each as many as its share asks for, in random order.

    What is left after rounding down goes to those that it took the most from.
    """
    total = sum(shares.values())
    exact = {thing: count * share / total for thing, share in shares.items()}
    most_cut = sorted(exact, key=lambda thing: exact[thing] % 1, reverse=True)
    missing = count - sum(int(number) for number in exact.values())
    dealt = [
        thing
        for thing, number in exact.items()
        for _ in range(int(number) + (thing in most_cut[:missing]))
    ]
    rng.shuffle(dealt)
    return dealt
