"""Which clients a person sees beyond care teams: upper apps say, lower code asks.

Each answer is given the person's access and the capability wanted, and returns a filter on clients, or
None if this way opens nothing for them.
"""

from collections.abc import Callable

from django.db.models import Q

from common.registry import Registry
from organization.access import Access
from organization.roles import Capability

beyond_care_teams: Registry[Callable[[Access, Capability], Q | None]] = Registry(
    "which clients does this person see beyond care teams?"
)
