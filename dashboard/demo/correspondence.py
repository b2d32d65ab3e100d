"""The reminders of the past months, their messages and the replies, as sending would have left them.

What was to be said is asked of the planning itself (`appointments.reminders.plan`).
"""

import datetime as dt
import itertools
import secrets
from collections import defaultdict
from dataclasses import dataclass

from appointments.models import Attendance, Reminder, ReminderChange
from appointments.queries import policies_in_force
from appointments.reminders import ContactFacts, Facts, Key, RuleFacts, plan
from appointments.states import ReminderState
from appointments.texts import VERSION, message_texts
from clients.models import Channel, Client, ContactPoint
from common.crypto import token_digest
from dashboard.demo.diary import Visit
from dashboard.demo.founding import Places
from dashboard.demo.history import HAND_OVER_TAKES, RECEIPT_TAKES
from dashboard.demo.people import Consent, Person
from dashboard.demo.rows import Rows
from messaging.models import Attempt, InboundMessage, Link, Meaning, Message, Receipt
from messaging.quiet import quiet_hours
from messaging.states import AttemptState, MessageState, Reason
from organization.models import Facility, Language


@dataclass(frozen=True)
class Said:
    """A reminder that reached its client, and when."""

    message: Message
    at: dt.datetime


class Correspondence:
    """What went to clients about visits of the past, and what came back."""

    def __init__(self, places: Places, clients: dict[int, Client], rows: Rows) -> None:
        self.places = places
        self.clients = clients
        self.rows = rows
        self._rules = _rules_by_site(places)
        self._points: dict[object, list[ContactPoint]] = defaultdict(list)
        for point in ContactPoint.objects.filter(client__in=clients.values()).order_by("pk"):
            self._points[point.client_id].append(point)
        self._number = itertools.count(1)

    def remind(self, attendance: Attendance, visit: Visit, person: Person) -> Said | None:
        """Everything that planning wanted said of it; the first that arrived, if any did."""
        made = plan(self._facts(attendance, visit, person))
        for key, reason in made.skipped.items():
            self._reminder(attendance, key, (visit.booked_at, ReminderState.SKIPPED, reason, None))
        said = [
            self._say(attendance, visit, key, due)
            for key, due in sorted(made.wanted.items(), key=_texts_first)
        ]
        return next((one for one in said if one), None)

    def reply(
        self, message: Message, person: Person, meaning: Meaning, body: str, at: dt.datetime
    ) -> InboundMessage:
        """A text that answered this message."""
        inbound = InboundMessage(
            created_at=at, updated_at=at, provider_id=f"demo-in-past-{next(self._number):06d}",
            sender=person.phone, address_index=message.address_index, body=body, received_at=at,
            meaning=meaning, client=message.client, answers=message, handled_at=at,
        )  # fmt: skip
        self.rows.add(inbound)
        return inbound

    # ── What planning looks at ────────────────────────────────────────────────────────────────

    def _facts(self, attendance: Attendance, visit: Visit, person: Person) -> Facts:
        facility, client = self.places.facilities[visit.site.key], attendance.client
        stay, former = person.stay_at(visit.start), person.stay_before(visit.start)
        held = stay is not None and self._residential(person, stay.program)
        held = held and not person.messages_on_unit
        left = former is not None and self._residential(person, former.program)
        left = left and not person.messages_on_unit and not held
        return Facts(
            starts_at=visit.start,
            booked_at=visit.booked_at,
            rules=self._rules[visit.site.key],
            contacts=tuple(self._contact(p, person) for p in self._points[client.pk]),
            preferred=person.preferred,
            quiet=quiet_hours(facility, client),
            on_unit=held,
            unit_left_at=stay.since if stay and left else None,
        )

    def _residential(self, person: Person, program: str) -> bool:
        return self.places.programs[person.site.key, program].residential

    def _contact(self, point: ContactPoint, person: Person) -> ContactFacts:
        consent = person.consents[Channel(point.channel)]
        missing = Reason.NO_CONSENT if consent == Consent.MISSING else None
        return ContactFacts(point.pk, Channel(point.channel), point.created_at, missing)

    # ── What was said ─────────────────────────────────────────────────────────────────────────

    def _say(self, attendance: Attendance, visit: Visit, key: Key, due: dt.datetime) -> Said | None:
        client, facility = attendance.client, self.places.facilities[visit.site.key]
        point = next(p for p in self._points[client.pk] if p.pk == key.contact_point_id)
        message = Message(
            created_at=visit.booked_at, purpose="reminder", about=attendance.pk, channel=key.channel,
            client=client, facility=facility, contact_point=point,
            address_index=point.address_index, language=client.language, send_at=due, due_at=due,
            expires_at=visit.start,
        )  # fmt: skip
        self.rows.add(message)
        planned = (visit.booked_at, ReminderState.PLANNED, "", message)
        if visit.cancelled and visit.cancelled.at <= due:
            message.state, message.reason = MessageState.CANCELLED, Reason.APPOINTMENT_CANCELLED
            message.ended_at = message.updated_at = visit.cancelled.at
            taken_back = (visit.cancelled.at, ReminderState.CANCELLED, message.reason, message)
            self._reminder(attendance, key, planned, taken_back, send_at=due)
            return None
        sent_at = due + HAND_OVER_TAKES
        self._hand_over(message, client, facility, sent_at, page_until=visit.end)
        changes = [planned, (sent_at, ReminderState.SENT, "", message)]
        if key.channel == Channel.SMS:
            message.state = MessageState.DELIVERED
            message.delivered_at = message.ended_at = sent_at + RECEIPT_TAKES
            message.updated_at = message.delivered_at
            changes.append((message.delivered_at, ReminderState.DONE, "", message))
        self._reminder(attendance, key, *changes, send_at=due)
        return Said(message, sent_at)

    def _hand_over(
        self,
        message: Message,
        client: Client,
        facility: Facility,
        at: dt.datetime,
        *,
        page_until: dt.datetime,
    ) -> None:
        subject, text, _ = message_texts(
            channel=Channel(message.channel), language=Language(client.language),
            greeting_name=client.greeting_name, starts_at=[message.expires_at],
            zone=facility.zone, discreet_place=facility.discreet_name,
            sms_has_link=facility.sms_has_link,
        )  # fmt: skip
        message.subject, message.body, message.text_version = subject, text, VERSION
        message.provider_id = f"demo-past-{next(self._number):06d}"
        message.state, message.sent_at, message.updated_at = MessageState.SENT, at, at
        attempt = Attempt(
            created_at=at, updated_at=at, message=message, number=1, state=AttemptState.ACCEPTED,
            started_at=at, ended_at=at, provider_id=message.provider_id,
        )  # fmt: skip
        self.rows.add(attempt)
        if "{link}" in text:
            token = token_digest(secrets.token_urlsafe(24))
            self.rows.add(
                Link(
                    created_at=at, updated_at=at, message=message, token_digest=token,
                    good_until=page_until,
                )
            )  # fmt: skip
        if message.channel == Channel.SMS:
            received_at = at + RECEIPT_TAKES
            self.rows.add(
                Receipt(
                    created_at=received_at, updated_at=received_at, attempt_id=attempt.pk,
                    provider_id=message.provider_id, status="delivered", handled_at=received_at,
                    outcome="moved",
                )
            )  # fmt: skip

    def _reminder(
        self,
        attendance: Attendance,
        key: Key,
        *changes: tuple[dt.datetime, ReminderState, str, Message | None],
        send_at: dt.datetime | None = None,
    ) -> None:
        """The ledger's row in its last state, and how it came to it."""
        at, state, reason, message = changes[-1]
        reminder = Reminder(
            created_at=changes[0][0], updated_at=at, attendance=attendance, rule_id=key.rule_id,
            channel=key.channel, contact_point_id=key.contact_point_id, state=state,
            reason=reason, send_at=send_at, message=message,
        )  # fmt: skip
        self.rows.add(reminder)
        for moment, came_to, why, carried_by in changes:
            self.rows.add(
                ReminderChange(
                    created_at=moment, updated_at=moment, reminder=reminder, state=came_to,
                    reason=why, message=carried_by,
                )
            )  # fmt: skip


def _texts_first(wanted: tuple[Key, dt.datetime]) -> tuple[dt.datetime, bool]:
    """In the order of their times, and of two at once the text, as it is sent first."""
    key, due = wanted
    return due, key.channel != Channel.SMS


def _rules_by_site(places: Places) -> dict[str, tuple[RuleFacts, ...]]:
    facilities = {key: facility.pk for key, facility in places.facilities.items()}
    policies = policies_in_force(facilities.values())
    return {key: policies[facility].of("", "") for key, facility in facilities.items()}
