"""Is anything written on this phase? If so, the move into it is history and stays."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from common.registry import Registry

if TYPE_CHECKING:
    from casework.models import Phase

written_on_phase: Registry[Callable[["Phase"], bool]] = Registry(
    "is anything written on this phase?"
)
