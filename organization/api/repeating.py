"""`Idempotency-Key` on every POST that creates or sends."""

import json
from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audit.services import clients_noted, note_read
from common.api.renderers import to_json
from organization import repeats
from organization.models import IdempotencyKey, User

REPLAYED = "Idempotent-Replayed"


class _Repeated(Exception):
    """The request came before; this is what it was answered."""

    def __init__(self, answer: repeats.Answer) -> None:
        super().__init__()
        self.answer = answer


class Repeatable(GenericViewSet[Any]):
    """Answers a repeated POST as it was answered the first time. See `organization.repeats`."""

    only_reads: ClassVar[frozenset[str]] = frozenset()
    """Actions that are a POST to keep words out of the address, and change nothing."""

    _opened: IdempotencyKey | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = request.headers.get(repeats.HEADER)
        if key is None or request.method != "POST" or self.action in self.only_reads:
            return
        begun = repeats.begin(
            user=cast(User, request.user),
            key=key,
            fingerprint=repeats.fingerprint(
                request.get_full_path().encode(), request._request.body  # noqa: SLF001 (as it came)
            ),
        )  # fmt: skip
        if isinstance(begun, repeats.Answer):
            raise _Repeated(begun)
        self._opened = begun

    def handle_exception(self, exc: Exception) -> Response:
        if not isinstance(exc, _Repeated):
            return super().handle_exception(exc)
        answer = exc.answer
        note_read("repeated_answer", [answer.key_id], answer.clients)
        shown = json.loads(answer.text)
        return Response(shown, status=answer.status, headers={REPLAYED: "true"})

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        if self._opened is not None and response.status_code < 400:
            repeats.keep(
                self._opened,
                status=response.status_code,
                text=to_json(response.data).decode(),
                clients=clients_noted(),
            )
        return super().finalize_response(request, response, *args, **kwargs)
