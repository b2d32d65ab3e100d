"""The calendar: booking, attendance, and the planning of reminders."""
