"""Session sign-in for browsers, answering 401 (not 403) to who isn't signed in."""

from typing import Any

from rest_framework.authentication import SessionAuthentication as DRFSessionAuthentication


class SessionAuthentication(DRFSessionAuthentication):
    """With a challenge: REST framework says 403 to anonymous people where there is none."""

    def authenticate_header(self, request: Any) -> str:
        return "Session"
