"""What may happen to an appointment, to a client's attendance, and to a reminder."""

from django.db import models


class AppointmentKind(models.TextChoices):
    INDIVIDUAL = "individual", "Individual"
    GROUP = "group", "Group"
    FAMILY = "family", "Family"
    INTAKE = "intake", "Intake"
    MEDICAL = "medical", "Medical"
    PHONE = "phone", "Phone"
    VIDEO = "video", "Video"


class AppointmentStatus(models.TextChoices):
    BOOKED = "booked", "Booked"
    IN_SESSION = "in_session", "In session"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"
    ENTERED_IN_ERROR = "entered_in_error", "Entered in error"


class CancelledBy(models.TextChoices):
    CLIENT = "client", "By the client"
    SERVICE = "service", "By the service"
    RESCHEDULED = "rescheduled", "Moved to another time"


class AttendanceStatus(models.TextChoices):
    EXPECTED = "expected", "Expected"
    ARRIVED = "arrived", "Arrived"
    ATTENDED = "attended", "Attended"
    LEFT_EARLY = "left_early", "Left early"
    NO_SHOW = "no_show", "No-show"
    CANCELLED = "cancelled", "Cancelled"
    LATE_CANCELLED = "late_cancelled", "Cancelled late"
    ENTERED_IN_ERROR = "entered_in_error", "Entered in error"


A = AttendanceStatus
WITHOUT_OUTCOME = (A.EXPECTED, A.ARRIVED)
NOT_COMING = (A.CANCELLED, A.LATE_CANCELLED, A.ENTERED_IN_ERROR)
HAPPENED = (A.ARRIVED, A.ATTENDED, A.LEFT_EARLY, A.NO_SHOW)
"""Something that was recorded of what a person did: it stays."""

ATTENDANCE_MOVES: dict[AttendanceStatus, tuple[AttendanceStatus, ...]] = {
    A.EXPECTED: (A.ARRIVED, A.ATTENDED, A.NO_SHOW, A.CANCELLED, A.LATE_CANCELLED,
                 A.ENTERED_IN_ERROR),
    A.ARRIVED: (A.ATTENDED, A.LEFT_EARLY, A.ENTERED_IN_ERROR),
    A.ATTENDED: (),
    A.LEFT_EARLY: (),
    A.NO_SHOW: (),
    A.CANCELLED: (),
    A.LATE_CANCELLED: (),
    A.ENTERED_IN_ERROR: (),
}  # fmt: skip


class Response(models.TextChoices):
    """What a client answered: never a status of the appointment (FHIR participation status)."""

    NEEDS_ACTION = "needs_action", "No answer yet"
    ACCEPTED = "accepted", "Confirmed"
    DECLINED = "declined", "Can't come"
    TENTATIVE = "tentative", "Asks for another time"


class ResponseSource(models.TextChoices):
    REPLY = "reply", "By reply"
    LINK = "link", "On their own page"
    STAFF = "staff", "Told to staff"


class ReminderState(models.TextChoices):
    PLANNED = "planned", "Planned"
    BUNDLED = "bundled", "Planned, in one message with another visit of that day"
    SENT = "sent", "Sent"
    DONE = "done", "Delivered"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"


HANDED_OVER = (ReminderState.SENT, ReminderState.DONE, ReminderState.FAILED, ReminderState.EXPIRED)
"""What was carried out, or tried to the end: not done again for the same visit."""

NOT_TOLD = (ReminderState.FAILED, ReminderState.EXPIRED)
"""Of those, what the client never got."""


WAITING = (ReminderState.PLANNED, ReminderState.BUNDLED)
"""What a message that was not handed over yet carries."""


class RuleWhen(models.TextChoices):
    OFFSET = "offset", "A time before the start"
    WALL_CLOCK = "wall_clock", "So many days before, at a time of day"
    BOOKED_LATE = "booked_late", "At booking, when every other time has passed"
    BOOKED = "booked", "When it is booked"
    MOVED = "moved", "When it is moved"
    CANCELLED = "cancelled", "When it is cancelled"
    NO_SHOW = "no_show", "After a no-show"


W = RuleWhen
BEFORE_THE_VISIT = (W.OFFSET, W.WALL_CLOCK)
NOTICES = (W.BOOKED, W.MOVED, W.CANCELLED, W.NO_SHOW)
"""What tells of a change: not a reminder, and not counted as one."""


def text_of(when: str) -> str:
    """What the words of a rule's message are about: the change that it tells of, or the visit."""
    return when if when in NOTICES else "reminder"


AFTER_ITS_END = (W.CANCELLED, W.NO_SHOW)
"""What is said of a visit that is not to be any more."""


class RuleOnlyIf(models.TextChoices):
    UNCONFIRMED = "unconfirmed", "Only while the client has not confirmed"
    HIGH_RISK = "high_risk", "Only after two no-shows in 90 days"


class RuleChannel(models.TextChoices):
    SMS = "sms", "Text message"
    EMAIL = "email", "E-mail"
    PREFERRED = "preferred", "The client's preferred channel, else the other"
    SMS_FIRST = "sms_first", "Text message, else e-mail"
    EMAIL_FIRST = "email_first", "E-mail, else text message"
