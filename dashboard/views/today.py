"""Today: a day's appointments with phase and reminder state, and what needs attention."""

import datetime as dt
import uuid
from typing import cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments.models import Attendance
from appointments.services import attending
from audit.services import note_read
from common.clock import now
from common.errors import DomainError
from dashboard.queries import DAY, home, sees_clients, sees_own_day, today_for
from organization.models import User
from worklist.models import Task
from worklist.services import complete_task

ACTS = {
    "arrived": (attending.arrive, "Marked as arrived."),
    "no-show": (attending.mark_no_show, "Marked as no-show. Reaching out is on the list."),
    "completed": (attending.complete, "Marked as completed."),
}


@never_cache
@login_required
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """The page a signed-in person lands on."""
    user = cast(User, request.user)
    facility = home(user)
    if facility is None or not sees_clients(user):
        return render(request, "no_clients.html", {"facility": facility})
    here = now().astimezone(ZoneInfo(facility.zone)).date()
    day = _day(request.GET.get("day", ""), here)
    team = request.GET.get("team") == "1" or not sees_own_day(user)
    page = today_for(user, facility, day, team=team)
    note_read("appointment", [row.id for row in page.rows], page.clients)
    note_read("task", [task.pk for task in page.tasks], [])
    context = {
        "page": page,
        "facility": facility,
        "team": team,
        "may_choose": sees_own_day(user),
        "is_today": day == here,
        "before": day - DAY,
        "after": day + DAY,
        "moment": now(),
    }
    return render(request, "today.html", context)


def _day(given: str, here: dt.date) -> dt.date:
    """The day asked for; today where it is none."""
    try:
        day = dt.date.fromisoformat(given)
    except ValueError:
        return here
    return day if abs(day - here) < 1000 * DAY else here


@login_required
@require_POST
def record(request: HttpRequest, pk: uuid.UUID, act: str) -> HttpResponse:
    """One click: arrived, no-show, completed."""
    user = cast(User, request.user)
    seen = Attendance.objects.visible_to(user).select_related("appointment__facility", "client")
    attendance = seen.filter(pk=pk).first()
    if attendance is None or act not in ACTS:
        raise Http404
    service, said = ACTS[act]
    try:
        service(attendance=attendance, by=user)
        messages.success(request, said)
    except DomainError as error:
        messages.error(request, error.detail)
    return _back(request)


@login_required
@require_POST
def finish_task(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A task is done, and this came of it."""
    user = cast(User, request.user)
    task = Task.objects.visible_to(user).filter(pk=pk).first()
    if task is None:
        raise Http404
    try:
        complete_task(task=task, outcome=request.POST.get("outcome", "")[:200], by=user)
        messages.success(request, "Done.")
    except DomainError as error:
        messages.error(request, error.detail)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the form stood on."""
    target = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if inside else "today")
