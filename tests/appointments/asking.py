"""Asking the API about appointments: the addresses, the bodies, and what a refusal is."""

import datetime as dt

from appointments.models import Appointment, Attendance, Occupancy, Reminder
from audit.models import AuditEvent
from messaging.models import Message
from worklist.models import Task

URL = "/api/v1/appointments/"
HOUR = dt.timedelta(hours=1)


def wish(house, client, when, /, **changes):
    """The body that books fifty minutes of Ana's with the client."""
    body = {
        "facility": str(house.elm.pk),
        "kind": "individual",
        "starts_at": when.isoformat(),
        "duration_minutes": 50,
        "staff": [str(house.ana.pk)],
        "clients": [str(client.pk)],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def rows():
    """How many rows there are of all that a booking writes."""
    models = (Appointment, Attendance, Occupancy, Reminder, Message, Task, AuditEvent)
    return [model.objects.count() for model in models]


def refused(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert code in [body["code"], *(fault["code"] for fault in body["errors"])], body
    return body
