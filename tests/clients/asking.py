"""What the API tests ask, and how they read what is answered."""

import datetime as dt
from zoneinfo import ZoneInfo

from audit.models import AuditEvent
from common.clock import now
from organization.models import PhaseKind

MISSING = "019c0000-0000-7000-8000-000000000000"


def faults(answer):
    """Status, code, and each fault as (field, code)."""
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return body["status"], body["code"], [(e["field"], e["code"]) for e in body["errors"]]


def trail():
    """The audit trail of requests to the API."""
    return AuditEvent.objects.filter(source="api")


def sent(body):
    """A time given as a distance from now becomes the time that it then is."""
    moments = {k: (now() + v).isoformat() for k, v in body.items() if isinstance(v, dt.timedelta)}
    return body | moments


def new_client(house, **details):
    return {
        "facility": str(house.elm.pk),
        "legal_first_name": "Robin",
        "legal_last_name": "Ash",
        "birth_date": "1988-02-29",
        **details,
    }


def admission(house, client, **details):
    body = {"client": str(client.pk), "program": str(house.programs[PhaseKind.DETOX].pk)}
    return sent(body | {"referral_source": 3} | details)


def move_to(house, kind, reason="planned", **details):
    return sent({"program": str(house.programs[kind].pk), "reason": reason, **details})


def ending(house, **details):
    today = now().astimezone(ZoneInfo(house.elm.zone)).date()
    body = {
        "reason": "completed",
        "last_contact_on": today.isoformat(),
        "naloxone_offered": "refused",
        "follow_up_consent": False,
    }
    return sent(body | details)
