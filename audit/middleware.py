"""One audit row a request, in the request's own transaction."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from audit.models import Source
from audit.services import Trail, collected
from common.ids import uuid7
from common.middleware import has_own_transactions

SOURCES = {"/api/": Source.API, "/webhooks/": Source.WEBHOOK, "/a/": Source.LINK}


def trail_of(request: HttpRequest) -> Trail:
    """An empty trail that knows where the request came from and by which door."""
    source = next((s for p, s in SOURCES.items() if request.path.startswith(p)), Source.WEB)
    match = request.resolver_match
    return Trail(
        source=source,
        route=f"{request.method} /{match.route if match else ''}",
        request_id=uuid7(),
        address=address_of(request),
    )


def address_of(request: HttpRequest) -> str | None:
    """Where a request came from: the peer, or what the outermost of our own proxies saw.

    Each proxy adds the address it saw at the right end of X-Forwarded-For. Whatever stands further
    left than our proxies wrote, the sender may have made up.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies: int = settings.TRUSTED_PROXIES
    address = seen[-proxies] if 0 < proxies <= len(seen) else peer
    return _sound(address) or _sound(peer)


def _sound(address: str) -> str | None:
    """The address as the database takes it; None for whatever is none."""
    try:
        return str(ipaddress.ip_address(address.strip().partition("%")[0]))
    except ValueError:
        return None


class AuditMiddleware:
    """Collects the request's reads and changes, and writes them unless the answer is an error.

    Stands directly inside `UnitOfWorkMiddleware`: an answer that is an error is undone there, and
    then nothing was shown and nothing changed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if has_own_transactions(request):
            return self.get_response(request)
        with collected(trail_of(request)) as trail:
            response = self.get_response(request)
            trail.forgotten = response.status_code >= 400
            trail.route = trail_of(request).route  # known only now that the address is resolved
            user = getattr(request, "user", None)
            if user is not None and user.is_authenticated:
                trail.actor_id = user.pk
        return response
