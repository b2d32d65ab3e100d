"""Tasks: what is due, and saying that it is done."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from organization.api.base import Listed, Retrieved
from worklist import services
from worklist.api.filters import TaskFilters
from worklist.api.serializers import TaskCompletionInput, TaskOutput
from worklist.models import Task


@extend_schema(tags=["tasks"])
@extend_schema_view(
    list=extend_schema(summary="Tasks, those due first at the front"),
    retrieve=extend_schema(summary="One task"),
)
class TaskViews(Listed, Retrieved):
    """Tasks about clients whose tasks you see, and those about none that your roles have."""

    model = Task
    output = TaskOutput
    kind = "task"
    client_path = "client_id"
    related = ("assignee", "ended_by")
    filterset_class = TaskFilters
    ordering = ("due_at", "id")
    orderings = {"due_at": ("due_at", "id"), "-due_at": ("-due_at", "-id")}

    @extend_schema(request=TaskCompletionInput, responses={200: TaskOutput})
    def complete(self, request: Request, **kwargs: Any) -> Response:
        """Say that it is done, and what came of it."""
        task = self.find()
        given = self.parse(TaskCompletionInput)
        return self.answer(services.complete_task(task=task, by=self.user, **given))
