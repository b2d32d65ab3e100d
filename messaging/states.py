"""A message's states, its ends, and the reasons they carry: each enum with its moves and sets."""

from django.db import models


class MessageState(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    BOUNCED = "bounced", "Bounced"
    CANCELLED = "cancelled", "Cancelled"
    SKIPPED = "skipped", "Skipped"
    EXPIRED = "expired", "Expired"
    UNKNOWN = "unknown", "May have arrived"


S = MessageState
PENDING = (S.SCHEDULED, S.SENDING)
ANSWERABLE = (S.SENT, S.DELIVERED, S.UNKNOWN)
"""States in which the client may hold the message in their hands."""

MOVES: dict[MessageState, tuple[MessageState, ...]] = {
    S.SCHEDULED: (S.SENDING, S.CANCELLED, S.SKIPPED, S.EXPIRED),
    S.SENDING: (
        S.SCHEDULED, S.SENT, S.DELIVERED, S.FAILED, S.BOUNCED, S.CANCELLED, S.SKIPPED, S.EXPIRED,
        S.UNKNOWN,
    ),
    S.SENT: (S.DELIVERED, S.FAILED, S.BOUNCED),
    S.UNKNOWN: (S.SENT, S.DELIVERED, S.FAILED, S.BOUNCED, S.SCHEDULED),
    S.DELIVERED: (),
    S.FAILED: (),
    S.BOUNCED: (),
    S.CANCELLED: (),
    S.SKIPPED: (),
    S.EXPIRED: (),
}  # fmt: skip


class Reason(models.TextChoices):
    """Why a message or a reminder ended, or was never sent."""

    OPTED_OUT = "opted_out", "The address opted out."
    NO_CONSENT = "no_consent", "There is no consent for this channel."
    NO_CONTACT_POINT = "no_contact_point", "There is no contact point for this channel."
    CONTACT_POINT_DEAD = "contact_point_dead", "The contact point is marked as undeliverable."
    INVALID_NUMBER = "invalid_number", "The provider says the address does not exist."
    APPOINTMENT_MOVED = "appointment_moved", "The appointment was moved."
    APPOINTMENT_CANCELLED = "appointment_cancelled", "The appointment was cancelled."
    ATTENDANCE_ENDED = "attendance_ended", "The client is no longer expected."
    NOT_IN_TREATMENT = "not_in_treatment", "The client was discharged."
    DECEASED = "deceased", "The client has died."
    ON_UNIT = "on_unit", "The client lives on the unit, which holds phones."
    OFFSET_PASSED = "offset_passed", "Its time had passed when it could first be sent."
    AFTER_THE_START = "after_the_start", "Its time of day lies after the start."
    NOT_NEEDED = "not_needed", "Only for bookings later than every other reminder."
    CONFIRMED = "confirmed", "The client has confirmed already."
    NOT_HIGH_RISK = "not_high_risk", "Only for clients who missed two visits in 90 days."
    DAILY_CAP = "daily_cap", "The client gets enough messages on that day."
    WEEKLY_CAP = "weekly_cap", "The client gets enough messages in that week."
    QUIET_HOURS = "quiet_hours", "Quiet hours left no time to send it."
    TOO_LATE = "too_late", "It was too late to send it."
    POLICY_CHANGED = "policy_changed", "The reminder policy changed."
    REPLACED = "replaced", "Another channel or contact point is used now."
    DUPLICATE = "duplicate", "It was sent already."
    TEXT_REFUSED = "text_refused", "The text was not discreet."
    PROVIDER_REJECTED = "provider_rejected", "The provider refused it."
    NOT_DELIVERED = "not_delivered", "The provider could not deliver it."
    BOUNCED = "bounced", "The mailbox sent it back."
    COMPLAINED = "complained", "The recipient reported it as unwanted."
    GAVE_UP = "gave_up", "The provider kept failing until it was too late."
    MAY_HAVE_ARRIVED = "may_have_arrived", "Handed over, but the outcome was lost."


TELLS_OF_THE_CASE = (Reason.ON_UNIT, Reason.NOT_IN_TREATMENT, Reason.DECEASED)
"""Reasons that say where a client stands in treatment: only for who may see that."""


class AttemptState(models.TextChoices):
    IN_FLIGHT = "in_flight", "Handed over, no answer yet"
    ACCEPTED = "accepted", "Accepted by the provider"
    REFUSED = "refused", "Refused for good"
    DEFERRED = "deferred", "Not accepted; may be tried again"
    UNKNOWN = "unknown", "May have been accepted"


NOT_FOUND = "not_found"
"""The code of an attempt that may have arrived, and for which the provider's list was asked in vain."""

MAY_HAVE_ARRIVED = (AttemptState.IN_FLIGHT, AttemptState.ACCEPTED, AttemptState.UNKNOWN)
