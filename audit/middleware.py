"""One audit row a request, in the request's own transaction."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from audit import services
from audit.models import Source
from common.ids import uuid7

SOURCES = {"/api/": Source.API, "/webhooks/": Source.WEBHOOK, "/a/": Source.LINK}


class AuditMiddleware:
    """Collects the request's reads and changes, and writes them unless the answer is an error.

    Stands directly inside `UnitOfWorkMiddleware`: an answer that is an error is undone there, and
    then nothing was shown and nothing changed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        source = next((s for p, s in SOURCES.items() if request.path.startswith(p)), Source.WEB)
        trail = services.Trail(
            source=source,
            route=request.method or "",
            request_id=uuid7(),
            address=request.META.get("REMOTE_ADDR") or None,
        )
        token = services.begin(trail)
        try:
            response = self.get_response(request)
            if response.status_code < 400:
                self._finish(request, trail)
        finally:
            services.end(token)
        return response

    def _finish(self, request: HttpRequest, trail: services.Trail) -> None:
        match = request.resolver_match
        trail.route = f"{request.method} /{match.route if match else ''}"
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            trail.actor_id = user.pk
        services.write(trail)
