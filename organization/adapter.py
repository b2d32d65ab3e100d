"""How allauth behaves here: staff are invited, nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closes sign-up."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False
