"""The client's own page behind a reminder's link. Discreet; a GET changes nothing."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments.queries import Visit, visit_behind
from audit.services import note_read
from common.crypto import token_digest
from dashboard.client_texts import TEXTS, day_and_date
from messaging.models import Meaning, Message
from messaging.services.links import answer_by_link, message_behind
from organization.models import Language

MEANINGS = {
    "confirm": Meaning.CONFIRM,
    "another-time": Meaning.RESCHEDULE,
    "cannot-come": Meaning.DECLINE,
}
SAID = {
    Meaning.CONFIRM: "confirmed",
    Meaning.RESCHEDULE: "asked",
    Meaning.DECLINE: "declined",
}


@dataclass(frozen=True)
class Found:
    """What a good link leads to."""

    message: Message
    visit: Visit


def _find(token: str) -> Found | None:
    message = message_behind(token)
    visit = visit_behind(message) if message else None
    return Found(message, visit) if message and visit else None


def _language(request: HttpRequest, found: Found | None) -> Language:
    asked = request.GET.get("lang", "")
    if asked in Language.values:
        return Language(asked)
    return Language(found.visit.language) if found else Language.ENGLISH


def _answer(template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = HttpResponse(render_to_string(template, context), status=status)
    return _discreet(response)


def _discreet(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _gone(request: HttpRequest) -> HttpResponse:
    language = _language(request, None)
    context = {"t": TEXTS[language], "language": language}
    response = HttpResponseNotFound(render_to_string("page/gone.html", context))
    return _discreet(response)


def _context(request: HttpRequest, token: str, found: Found) -> dict[str, object]:
    language = _language(request, found)
    visit = found.visit
    return {
        "t": TEXTS[language],
        "language": language,
        "token": token,
        "visit": visit,
        "day": day_and_date(visit.starts_at, visit.zone, language),
        "greeting": TEXTS[language]["greeting"].format(name=visit.greeting_name),
        "length": TEXTS[language]["length"].format(minutes=visit.minutes),
    }


@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Day, time and place; how to answer."""
    found = _find(token)
    if found is None:
        return _gone(request)
    note_read("appointment", [found.visit.appointment_id], [found.visit.client_id])
    template = "page/visit.html" if found.visit.stands else "page/ended.html"
    return _answer(template, _context(request, token, found))


# The token in the address is the whole authority; there is no cookie to be misused, and a person who
# comes from a mail app may have none.
@csrf_exempt
@require_POST
def answer(request: HttpRequest, token: str, act: str) -> HttpResponse:
    """Confirm, ask for another time, or can't come."""
    found = _find(token)
    if found is None or act not in MEANINGS:
        return _gone(request)
    meaning = MEANINGS[act]
    taken = answer_by_link(found.message, meaning)
    context = _context(request, token, found)
    if not taken:
        return _answer("page/ended.html", context)
    said = SAID[meaning]
    context |= {"headline": TEXTS[_language(request, found)][said]}
    return _answer("page/answered.html", context)


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//calendar//EN
METHOD:PUBLISH
BEGIN:VEVENT
UID:{uid}@calendar.invalid
DTSTAMP:{stamp}
DTSTART:{start}
DTEND:{end}
SUMMARY:{summary}
LOCATION:{place}
END:VEVENT
END:VCALENDAR
"""


@require_http_methods(["GET", "HEAD"])
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The visit for the client's own calendar, as discreet as the page (RFC 5545)."""
    found = _find(token)
    if found is None or not found.visit.stands:
        return _gone(request)
    visit, language = found.visit, _language(request, found)
    text = ICS.format(
        uid=token_digest(f"calendar {token}")[:32],
        stamp=_utc(found.message.created_at),
        start=_utc(visit.starts_at),
        end=_utc(visit.ends_at),
        summary=TEXTS[language]["summary"],
        place=_escaped(visit.discreet_place),
    )
    response = HttpResponse(text.replace("\n", "\r\n"), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return _discreet(response)


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
