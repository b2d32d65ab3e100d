"""Today for roles that have nothing to do with clients: what their role is there for, in numbers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from appointments.queries import facilities_with_policy, policy_in_force
from audit.services import note_read
from common.clock import now
from dashboard.queries import listed_tasks, task_counts
from messaging.queries import engine_health
from organization.models import Facility, User
from organization.roles import Capability


def no_clients(request: HttpRequest, user: User) -> HttpResponse:
    """No client appears here; a task that names one is not among those such a role sees."""
    can = user.access.can
    facilities = list(Facility.objects.visible_to(user))
    every = request.GET.get("tasks") == "all"
    tasks = listed_tasks(user, every=every) if can(Capability.VIEW_TASKS) else []
    note_read("task", [], [task.client_id for task in tasks if task.client_id])
    context = {
        "facilities": facilities,
        "zone": facilities[0].zone if facilities else "UTC",
        "sees_tasks": can(Capability.VIEW_TASKS),
        "tasks": tasks,
        "task_counts": task_counts(user),
        "policies": [
            (facility, policy_in_force(facility)[1]) for facility in facilities_with_policy(user)
        ],
        "health": engine_health() if _runs_things(user) else None,
        "reads_trail": can(Capability.VIEW_AUDIT),
        "moment": now(),
    }
    return render(request, "no_clients.html", context)


def _runs_things(user: User) -> bool:
    return user.access.can(Capability.MANAGE_ACCOUNTS) or user.access.can(Capability.EDIT_POLICIES)
