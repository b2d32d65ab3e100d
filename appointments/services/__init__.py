"""Changes to the calendar: booking, attendance, answers, and the planning of reminders."""
