"""Sign-out after idle minutes (the strictest of the person's facilities), and after twelve hours."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

from common.clock import now
from organization.models import Facility

SEEN = "seen_minute"
IDLE = "idle_minutes"
SINCE = "signed_in_minute"


class IdleSignOutMiddleware:
    """Ends a session that was idle too long. Writes the session at most once a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Without a session nobody is signed in by one.
        if request.session.session_key and (
            SEEN in request.session or request.user.is_authenticated
        ):
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        minute = int(now().timestamp() // 60)
        session = request.session
        if IDLE not in session:
            strictest = Facility.objects.visible_to(request.user).values_list(  # type: ignore[arg-type]  # signed in
                "idle_sign_out_minutes", flat=True
            )
            session[IDLE] = min(strictest, default=15)
        oldest = settings.SESSION_COOKIE_AGE // 60
        since = session.setdefault(SINCE, minute)
        if minute - session.get(SEEN, minute) >= session[IDLE] or minute - since >= oldest:
            logout(request)
        elif session.get(SEEN) != minute:
            session[SEEN] = minute
