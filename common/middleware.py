"""One request, one transaction: what it changed and the audit row stand or fall together."""

from collections.abc import Callable

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponseBase

from common.api.problems import busy_problem
from common.database import is_passing

OWN_TRANSACTIONS = ("/health/", "/webhooks/")
"""Health must answer without a database; a webhook commits what it was told before handling it."""


def has_own_transactions(request: HttpRequest) -> bool:
    """Whether the view, not the request, says what is one transaction."""
    return request.path.startswith(OWN_TRANSACTIONS)


class UnitOfWorkMiddleware:
    """Runs the rest of the request in one transaction and undoes it when the answer is an error.

    Stands last in `MIDDLEWARE`, so that sessions are saved outside it, whatever the answer.
    Django's own `ATOMIC_REQUESTS` would commit an answer that a view returns with status 409.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if has_own_transactions(request):
            return self.get_response(request)
        try:
            with transaction.atomic():
                response = self.get_response(request)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
        except OperationalError as error:
            # At the commit, where foreign keys are looked at: two can still meet there.
            if is_passing(error) and request.path.startswith("/api/"):
                return busy_problem()
            raise
        return response
