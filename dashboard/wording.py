"""How a visit's status is said: the pill, and one line on how we know.

Front desk never learns why somebody comes: for who may not see the case, kinds of appointment and
reasons that tell of treatment are left out here, before any template has them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from appointments.models import Appointment, Attendance, Reminder
from appointments.states import (
    NOT_COMING,
    AppointmentKind,
    AppointmentStatus,
    AttendanceStatus,
    ReminderState,
    Response,
)
from appointments.texts import MONTHS, time_in_words
from messaging.states import TELLS_OF_THE_CASE, Reason
from organization.models import Language


@dataclass(frozen=True)
class Pill:
    """A status: its colour key, icon and words."""

    key: str
    icon: str
    label: str


PILLS = {
    AttendanceStatus.ARRIVED: Pill("arrived", "door-enter", gettext_noop("Arrived")),
    AttendanceStatus.ATTENDED: Pill("completed", "checks", gettext_noop("Completed")),
    AttendanceStatus.LEFT_EARLY: Pill("completed", "checks", gettext_noop("Left early")),
    AttendanceStatus.NO_SHOW: Pill("noshow", "user-x", gettext_noop("No-show")),
    AttendanceStatus.CANCELLED: Pill("cancelled", "ban", gettext_noop("Cancelled")),
    AttendanceStatus.LATE_CANCELLED: Pill("cancelled", "ban", gettext_noop("Cancelled late")),
    AttendanceStatus.ENTERED_IN_ERROR: Pill("cancelled", "ban", gettext_noop("Entered in error")),
}
SCHEDULED = Pill("scheduled", "circle-dashed", gettext_noop("Scheduled"))
CONFIRMED = Pill("confirmed", "circle-check", gettext_noop("Confirmed"))
ANSWERED = {
    Response.ACCEPTED: CONFIRMED,
    Response.TENTATIVE: Pill("warn", "clock", gettext_noop("Asks for another time")),
    Response.DECLINED: Pill("warn", "user-x", gettext_noop("Can't come")),
}
NOT_DELIVERED = Pill("warn", "alert-triangle", gettext_noop("Not delivered"))

KIND_ICONS = {"group": "users-group", "family": "users-group", "phone": "phone", "video": "video"}
HERE = (AttendanceStatus.ARRIVED, AttendanceStatus.ATTENDED, AttendanceStatus.LEFT_EARLY)
TELLS_NO_REASON = (AppointmentKind.GROUP, AppointmentKind.PHONE, AppointmentKind.VIDEO)


def kind_words(appointment: Appointment, *, sees_case: bool) -> str:
    """The kind of appointment; empty where it would tell why somebody comes."""
    shown = sees_case or appointment.kind in TELLS_NO_REASON
    return appointment.get_kind_display() if shown else ""


def pill(attendance: Attendance) -> Pill:
    """One person's status: what happened, else what they answered, else how reminding went."""
    if attendance.status != AttendanceStatus.EXPECTED:
        return PILLS[AttendanceStatus(attendance.status)]
    if attendance.response in ANSWERED:
        return ANSWERED[Response(attendance.response)]
    states = {reminder.state for reminder in attendance.reminders.all()}
    gone_well = states & {ReminderState.SENT, ReminderState.DONE, ReminderState.PLANNED}
    return NOT_DELIVERED if ReminderState.FAILED in states and not gone_well else SCHEDULED


def group_title(appointment: Appointment, attending: Sequence[Attendance], *, kind: str) -> str:
    """A group names nobody."""
    coming = sum(a.status not in NOT_COMING for a in attending)
    if appointment.capacity == 1:
        return _("Not yours to see")
    return _("%(kind)s, %(count)d expected") % {"kind": kind or _("Group"), "count": coming}


def group_pill(appointment: Appointment, attending: Sequence[Attendance]) -> Pill:
    """What happened to the whole, else how many confirmed."""
    if appointment.status == AppointmentStatus.CANCELLED:
        return PILLS[AttendanceStatus.CANCELLED]
    if appointment.status == AppointmentStatus.COMPLETED:
        return PILLS[AttendanceStatus.ATTENDED]
    if here := sum(a.status in HERE for a in attending):
        return Pill("arrived", "door-enter", _("%d here") % here)
    confirmed = sum(a.response == Response.ACCEPTED for a in attending)
    if not confirmed:
        return SCHEDULED
    return Pill("confirmed", "circle-check", _("%d confirmed") % confirmed)


def group_note(attending: Sequence[Attendance]) -> str:
    """How many of those expected have not answered."""
    silent = sum(
        a.status == AttendanceStatus.EXPECTED and a.response == Response.NEEDS_ACTION
        for a in attending
    )
    return _("%d still to reply") % silent if silent else ""


def note(attendance: Attendance, zone: str, day: dt.date, *, sees_case: bool) -> str:
    """One line on how we know."""
    if attendance.status != AttendanceStatus.EXPECTED:
        at = attendance.status_at
        return _("since %s") % moment_words(at, zone, day) if at and _waits(attendance) else ""
    if attendance.responded_at and attendance.response != Response.NEEDS_ACTION:
        how = attendance.get_response_source_display().lower()
        return f"{how}, {moment_words(attendance.responded_at, zone, day)}"
    reminders = list(attendance.reminders.all())
    told = [r for r in reminders if r.state in (ReminderState.SENT, ReminderState.DONE)]
    if told:
        state = _("delivered") if told[-1].state == ReminderState.DONE else _("sent")
        return f"{told[-1].get_channel_display()} {state}, " + _("no answer yet")
    return _what_comes(reminders, zone, day, sees_case=sees_case)


def _waits(attendance: Attendance) -> bool:
    return attendance.status == AttendanceStatus.ARRIVED


def _what_comes(reminders: Sequence[Reminder], zone: str, day: dt.date, *, sees_case: bool) -> str:
    planned = [r for r in reminders if r.state == ReminderState.PLANNED and r.send_at]
    if planned and planned[0].send_at:
        at = moment_words(planned[0].send_at, zone, day)
        return f"{planned[0].get_channel_display()} " + _("goes at") + f" {at}"
    explained = [r.reason for r in reminders if r.reason and r.reason != Reason.NOT_NEEDED]
    if not explained:
        return ""
    reason = Reason(explained[-1])
    if reason in TELLS_OF_THE_CASE and not sees_case:
        return _("no reminder is sent")
    return _("on the unit, none needed") if reason == Reason.ON_UNIT else str(reason.label)


def moment_words(moment: dt.datetime, zone: str, day: dt.date) -> str:
    """The time on the wall clock; with its date where that is not the page's day."""
    time, local = time_in_words(moment, zone, Language.ENGLISH), moment.astimezone(ZoneInfo(zone))
    if local.date() == day:
        return time
    return f"{MONTHS[Language.ENGLISH][local.month - 1]} {local.day}, {time}"
