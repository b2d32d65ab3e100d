"""Today: a day's appointments with phase and reminder state, and what needs attention."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments.models import Attendance
from appointments.services import attending
from audit.services import note_read
from common.clock import now
from common.errors import DomainError
from dashboard.queries import DAY, calendars, has_own_day, sees_clients, today_for
from dashboard.views.forms import form_only
from dashboard.views.no_clients import no_clients
from organization.models import Facility, User
from worklist.models import Task
from worklist.services import complete_task

ACTS = {
    "arrived": (attending.arrive, "Marked as arrived."),
    "no-show": (attending.mark_no_show, "Marked as no-show. Reaching out is on the list."),
    "completed": (attending.complete, "Marked as completed."),
}
FARTHEST = 1000 * DAY


@never_cache
@login_required
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """The page a signed-in person lands on."""
    user = cast(User, request.user)
    facilities = calendars(user)
    if not facilities or not sees_clients(user):
        return no_clients(request, user)
    facility = _chosen(request.GET.get("at", ""), facilities)
    here = now().astimezone(ZoneInfo(facility.zone)).date()
    day = _day(request.GET.get("day", ""), here)
    lands_on_team = not has_own_day(user)
    team = {"1": True, "0": False}.get(request.GET.get("team", ""), lands_on_team)
    page = today_for(user, facility, day, team=team, every=request.GET.get("tasks") == "all")
    note_read("appointment", [row.id for row in page.rows], page.clients)
    note_read("task", [task.pk for task in page.tasks], [])
    base = {"at": str(facility.pk)} if len(facilities) > 1 else {}
    if team != lands_on_team:
        base["team"] = str(int(team))
    context = {
        "page": page,
        "facility": facility,
        "others": [f for f in facilities if f != facility],
        "team": team,
        "is_today": day == here,
        "links": _links(base, day, here),
        "moment": now(),
    }
    return render(request, "today.html", context)


def _chosen(given: str, facilities: Sequence[Facility]) -> Facility:
    """The facility asked for; the first where it is none of theirs."""
    return next((f for f in facilities if str(f.pk) == given), facilities[0])


def _day(given: str, here: dt.date) -> dt.date:
    """The day asked for; today where it is none."""
    try:
        day = dt.date.fromisoformat(given)
    except ValueError:
        return here
    return day if abs(day - here) < FARTHEST else here


def _links(base: dict[str, str], day: dt.date, here: dt.date) -> dict[str, str]:
    """Where the page's own links lead: they keep what was chosen, but for what they change."""
    on_day = {} if day == here else {"day": day.isoformat()}
    return {
        "before": _query(base | {"day": (day - DAY).isoformat()}),
        "today": _query(base),
        "after": _query(base | {"day": (day + DAY).isoformat()}),
        "mine": _query(base | on_day | {"team": "0"}),
        "team": _query(base | on_day | {"team": "1"}),
        "tasks": _query(base | on_day | {"tasks": "all"}) + "#attention",
    }


def _query(fields: dict[str, str]) -> str:
    return "?" + urlencode(fields)


@form_only
@login_required
def record(request: HttpRequest, pk: uuid.UUID, act: str) -> HttpResponse:
    """One click: arrived, no-show, completed. What came of it is said at the row."""
    user = cast(User, request.user)
    seen = Attendance.objects.visible_to(user).select_related("appointment__facility", "client")
    attendance = seen.filter(pk=pk).first()
    if attendance is None or act not in ACTS:
        raise Http404
    service, said = ACTS[act]
    row = f"appt-{attendance.appointment_id}"
    try:
        service(attendance=attendance, by=user)
        messages.success(request, _(said), extra_tags=row)
    except DomainError as error:
        messages.error(request, error.detail, extra_tags=row)
    return _back(request)


@form_only
@login_required
def finish_task(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A task is done, and this came of it."""
    user = cast(User, request.user)
    task = Task.objects.visible_to(user).filter(pk=pk).first()
    if task is None:
        raise Http404
    try:
        complete_task(task=task, outcome=request.POST.get("outcome", "")[:200], by=user)
        messages.success(request, _("Done. The outcome is kept with the task."), extra_tags="tasks")
    except DomainError as error:
        messages.error(request, error.detail, extra_tags="tasks")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the form stood on."""
    target = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if inside else "today")
