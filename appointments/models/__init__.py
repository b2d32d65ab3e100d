"""The calendar's things, and the ledger of reminders."""

from appointments.models.calendar import Appointment, AppointmentStaff, Attendance, Occupancy
from appointments.models.reminders import (
    Reminder,
    ReminderChange,
    ReminderPolicy,
    ReminderRule,
    ReplanRequest,
)

__all__ = [
    "Appointment",
    "AppointmentStaff",
    "Attendance",
    "Occupancy",
    "Reminder",
    "ReminderChange",
    "ReminderPolicy",
    "ReminderRule",
    "ReplanRequest",
]
