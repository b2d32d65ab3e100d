"""Asking for a link by which to choose a new password."""

import time
from typing import Any

from allauth.account.forms import ResetPasswordForm

SECONDS = 0.1


class EvenResetForm(ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """Takes as long for an address without an account: writing a mail takes some 10 ms."""

    def save(self, request: Any, **kwargs: Any) -> str:
        begun = time.monotonic()
        email: str = super().save(request, **kwargs)
        time.sleep(max(0.0, begun + SECONDS - time.monotonic()))
        return email
