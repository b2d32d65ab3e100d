"""One request, one transaction: what it changed and the audit row stand or fall together."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

WITHOUT_DATABASE = ("/health/",)


class UnitOfWorkMiddleware:
    """Runs the rest of the request in one transaction and undoes it when the answer is an error.

    Stands last in `MIDDLEWARE`, so that sessions are saved outside it, whatever the answer.
    Django's own `ATOMIC_REQUESTS` would commit an answer that a view returns with status 409.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(WITHOUT_DATABASE):
            return self.get_response(request)
        with transaction.atomic():
            response = self.get_response(request)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response
