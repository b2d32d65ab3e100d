"""What lists of tasks can be narrowed by."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

from common.api.filters import FilterSet, TruthFilter
from worklist.models import Task, TaskKind, TaskState


class TaskFilters(FilterSet):
    """All states unless one is asked for."""

    state = filters.ChoiceFilter(choices=TaskState.choices)
    kind = filters.ChoiceFilter(choices=TaskKind.choices)
    client = filters.UUIDFilter(help_text="About this client.")
    assignee = filters.UUIDFilter(help_text="Assigned to this member of staff.")
    mine = TruthFilter(
        method="due_from_me",
        help_text="If true: assigned to you, or to nobody but a role that you hold there.",
    )

    class Meta:
        model = Task
        fields: list[str] = []

    def due_from_me(self, rows: QuerySet[Task], name: str, value: bool) -> QuerySet[Task]:  # noqa: FBT001
        mine = Task.objects.due_from(self.request.user)
        return rows.filter(pk__in=mine.values("pk")) if value else rows
