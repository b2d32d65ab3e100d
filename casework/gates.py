"""May this episode leave its phase, or enter that one? Gates say; the move asks.

Empty for now: evidence joins with its own apps (`docs/decisions/0004-phase-moves.md`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.registry import Registry

if TYPE_CHECKING:
    from casework.models import Episode
    from organization.models import Program


@dataclass(frozen=True)
class GateFinding:
    """What a gate found. `applies` is false where the gate has no say about this move."""

    applies: bool
    met: bool
    explanation: str = ""


Gate = Callable[["Episode", "Program"], GateFinding]
gates: Registry[Gate] = Registry("may this episode leave its phase, or enter that one?")


def findings(episode: "Episode", program: "Program") -> dict[str, GateFinding]:
    """Each gate that has a say about this move, and what it found."""
    asked = {name: gates[name](episode, program) for name in gates.names()}
    return {name: finding for name, finding in asked.items() if finding.applies}
