"""Which clients a person sees beyond care teams: upper apps say, lower code asks.

Each answer is given the person and the capability wanted, and returns a filter on clients, or
None if this way opens nothing for them.
"""

from collections.abc import Callable

from django.db.models import Q

from common.registry import Registry
from organization.models import User
from organization.roles import Capability

beyond_care_teams: Registry[Callable[[User, Capability], Q | None]] = Registry(
    "which clients does this person see beyond care teams?"
)
