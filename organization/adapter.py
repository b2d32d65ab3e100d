"""How allauth behaves here: staff are invited, nobody signs up."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import gettext_lazy as _

from organization.models import User
from organization.services.links import choose_password


class StaffOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closes sign-up, and says things in our words."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("Email and password don't match."),
        "too_many_login_attempts": _("Too many tries. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def set_password(self, user: User, password: str) -> None:
        """For a password changed, or forgotten and chosen anew."""
        choose_password(user=user, password=password)
