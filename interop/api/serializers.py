"""How imports look in the API."""

from rest_framework import serializers

from common.api.serializers import EnumField, StrictSerializer
from interop.models import SYSTEM_LENGTH, Import, RefusedRow
from interop.states import Failure, ImportKind
from organization.api.base import VisibleField
from organization.models import Facility


class ImportInput(StrictSerializer):
    """What the file holds, and where it goes. The file itself is the request's body."""

    is_of_json = False

    kind = EnumField(ImportKind)
    facility = VisibleField(Facility, help_text="Where the clients are known, or will be.")
    dry_run = serializers.BooleanField(
        help_text="True: do everything, report what would be refused, and write nothing."
    )
    system = serializers.CharField(
        max_length=SYSTEM_LENGTH, default="previous",
        help_text="A name for the system whose numbers `external_ref` holds; the same for all its files.",
    )  # fmt: skip


class ImportOutput(serializers.ModelSerializer[Import]):
    """An import, and how far it is. Only a `finished` one that is no dry run has written anything."""

    failure = serializers.ChoiceField(choices=Failure.choices, allow_blank=True, read_only=True)
    failure_detail = serializers.SerializerMethodField(
        help_text="Why it failed where its rows aren't to blame, and the way out; else empty."
    )
    report_kept_until = serializers.DateTimeField(
        allow_null=True, read_only=True, help_text="When the refused rows' report is removed."
    )

    class Meta:
        model = Import
        fields = [
            "id", "kind", "facility", "system", "dry_run", "state", "failure", "failure_detail",
            "rows_total", "rows_done", "rows_good", "rows_known", "rows_refused",
            "created_at", "started_at", "ended_at", "report_kept_until", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_failure_detail(self, job: Import) -> str:
        return str(Failure(job.failure).label) if job.failure else ""


class RefusedRowOutput(serializers.ModelSerializer[RefusedRow]):
    """A reason why a row was refused. It says nothing of what the row says."""

    line = serializers.IntegerField(
        help_text="The line of the file on which the row begins; the column names are on line 1."
    )
    field = serializers.CharField(help_text="The column, if it is one column's fault.")
    code = serializers.CharField()
    detail = serializers.CharField(help_text="What is wrong, and the way out.")

    class Meta:
        model = RefusedRow
        fields = ["line", "field", "code", "detail"]
