"""Imports: files of clients, contact points and appointments from other systems."""

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.serializers import Nothing
from interop.api.filters import ImportFilters
from interop.api.serializers import ImportInput, ImportOutput, RefusedRowOutput
from interop.models import Import, RefusedRow
from interop.services import submitting
from organization.api.base import Listed, Retrieved

CLIENTS_FILE = OpenApiExample(
    "clients",
    "external_ref,legal_first_name,legal_last_name,birth_date,primary_counselor\r\n"
    "4711,Robin,Ash,1988-02-29,ana@casework.example\r\n",
    media_type="text/csv",
    request_only=True,
)


@extend_schema(tags=["imports"])
@extend_schema_view(
    list=extend_schema(summary="Your imports, newest first"),
    retrieve=extend_schema(summary="One import, and how far it is"),
)
class ImportViews(Listed, Retrieved):
    """Imports that you sent, where you may still import."""

    model = Import
    output = ImportOutput
    kind = "import"
    filterset_class = ImportFilters

    @extend_schema(
        parameters=[ImportInput],
        request={"text/csv": OpenApiTypes.STR},
        examples=[CLIENTS_FILE],
        responses={202: ImportOutput},
    )
    def create(self, request: Request) -> Response:
        """Send a file of rows to be imported.

        The body is the file: `text/csv`, in UTF-8 unless the content type has another `charset`; at most
        20 MiB, and 50,000 rows (of appointments 2,000). Its columns are described in `docs/import.md`.
        All rows are written, or none: read the import again until it has ended, then its refused rows.
        """
        form = ImportInput(data=request.query_params.dict(), context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        sent = {"content": b"", "charset": "utf-8"} | cast(dict[str, Any], request.data)
        job = submitting.submit_import(by=self.user, **sent, **form.validated_data)
        return self.answer(job, code=status.HTTP_202_ACCEPTED)

    @extend_schema(request=Nothing, responses={200: ImportOutput})
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Call an import off.

        One that is running stops within seconds, and nothing of it stays.
        """
        job = self.find()
        self.parse(Nothing)
        return self.answer(submitting.cancel_import(job=job, by=self.user))

    def _refuse_unknown(self, request: Request) -> None:
        """With a file as the body, what is asked for stands in the address, and its form is strict."""
        if self.action != "create":
            super()._refuse_unknown(request)


@extend_schema(tags=["imports"])
class RefusedRowViews(Listed):
    """Why rows of an import of yours were refused: for the first thousand of them, kept for a week."""

    model = RefusedRow
    output = RefusedRowOutput
    ordering = ("number", "id")

    def list(self, request: Request, **kwargs: Any) -> Response:
        """An import's refused rows, in the file's order."""
        job = self.find(Import.objects.visible_to(self.user), self.kwargs["import_id"])
        return self.answer_list(self.get_queryset().filter(of=job))
