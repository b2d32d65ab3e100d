"""The client's own page behind a reminder's link. Discreet; a GET changes nothing."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments.queries import Visit, visits_behind
from appointments.states import Response
from appointments.texts import time_in_words
from audit.services import note_read
from common.clock import now
from common.crypto import token_digest
from dashboard.client_texts import TEXTS, day_and_date
from dashboard.queries import phone_behind
from messaging.models import Meaning, Message
from messaging.services.links import (
    answer_by_link,
    message_behind,
    stop_by_link,
    stoppable_behind,
)
from organization.models import Language

MEANINGS = {
    "confirm": Meaning.CONFIRM,
    "another-time": Meaning.RESCHEDULE,
    "cannot-come": Meaning.DECLINE,
}
SAID = {
    Response.ACCEPTED: "confirmed",
    Response.TENTATIVE: "asked",
    Response.DECLINED: "declined",
}


@dataclass(frozen=True)
class Found:
    """What a good link leads to: one visit, or several on one day."""

    message: Message
    visits: list[Visit]

    @property
    def visit(self) -> Visit:
        return self.visits[0]

    @property
    def response(self) -> Response | None:
        """What was answered, if that is the same for all."""
        given = {Response(visit.response) for visit in self.visits}
        return given.pop() if len(given) == 1 else None


def _find(token: str) -> Found | None:
    message = message_behind(token)
    visits = visits_behind(message) if message else []
    return Found(message, visits) if message and visits else None


def _language(request: HttpRequest, found: Found | None) -> Language:
    asked = request.GET.get("lang", "")
    if asked in Language.values:
        return Language(asked)
    return Language(found.visit.language) if found else Language.ENGLISH


def _answer(template: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    response = HttpResponse(render_to_string(template, context), status=status)
    return _discreet(response)


def _discreet(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _gone(request: HttpRequest, token: str = "") -> HttpResponse:
    """The number to call is told only to who holds a link that was good once."""
    language = _language(request, None)
    context = {
        "t": TEXTS[language],
        "language": language,
        "here": f"/a/{token}/" if token else "",
        "phone": phone_behind(token),
    }
    return _answer("page/gone.html", context, status=404)


@csrf_exempt
def gone(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address below: never the staff's page for what is not there."""
    if "/" not in rest and request.method in ("GET", "HEAD"):
        return _discreet(redirect("visit", token=rest))  # a mail app cut the link's last slash
    return _gone(request)


def _context(request: HttpRequest, token: str, found: Found) -> dict[str, object]:
    language = _language(request, found)
    visit, said = found.visit, SAID.get(found.response, "") if found.response else ""
    times = [time_in_words(each.starts_at, each.zone, language) for each in found.visits]
    alone = len(found.visits) == 1
    begun = all(each.starts_at <= now() for each in found.visits)  # nothing to answer any more
    return {
        "t": TEXTS[language],
        "said": TEXTS[language][said] if said else "",
        "confirmed": found.response == Response.ACCEPTED,
        "asked": found.response == Response.TENTATIVE,
        "language": language,
        "token": token,
        "here": f"/a/{token}/",
        "visit": visit,
        "begun": begun,
        "day": day_and_date(visit.starts_at, visit.zone, language),
        "time": ", ".join(times),
        "greeting": TEXTS[language]["hello" if said or begun else "greeting"].format(
            name=visit.greeting_name
        ),
        "length": TEXTS[language]["length"].format(minutes=visit.minutes) if alone else "",
    }


@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Day, time and place; how to answer."""
    found = _find(token)
    if found is None:
        return _gone(request, token)
    note_read("appointment", [v.appointment_id for v in found.visits], [found.visit.client_id])
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
        return _gone(request, token)
    taken = answer_by_link(found.message, MEANINGS[act])
    after = _find(token) or found
    template = "page/answered.html" if taken else "page/ended.html"
    return _answer(template, _context(request, token, after))


# A mail program posts here for its "unsubscribe" button, without a page, a cookie or a session
# (RFC 8058); a scanner that follows links only gets the page.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """No more messages to this address: a page with one button, and what the button does."""
    message = stoppable_behind(token)
    if message is None:
        return _gone(request, token)
    if request.method == "POST":
        stop_by_link(message)
    asked = request.GET.get("lang", "")
    language = Language(asked if asked in Language.values else message.language)
    context = {
        "t": TEXTS[language] | {"title": TEXTS[language]["stop_title"]},
        "language": language,
        "here": f"/a/{token}/stop/",
        "stopped": request.method == "POST",
    }
    return _answer("page/stop.html", context)


FOLD_AT = 75
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//calendar//EN
{events}END:VCALENDAR
"""
EVENT = """BEGIN:VEVENT
UID:{uid}@calendar.invalid
DTSTAMP:{stamp}
DTSTART:{start}
DTEND:{end}
SUMMARY:{summary}
LOCATION:{place}
END:VEVENT
"""


@require_safe
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The visit for the client's own calendar, as discreet as the page (RFC 5545)."""
    found = _find(token)
    if found is None or not found.visit.stands:
        return _gone(request, token)
    language = _language(request, found)
    events = [
        EVENT.format(
            uid=token_digest(f"calendar {token} {visit.appointment_id}")[:32],
            stamp=_utc(found.message.created_at),
            start=_utc(visit.starts_at),
            end=_utc(visit.ends_at),
            summary=TEXTS[language]["summary"],
            place=_escaped(visit.discreet_place),
        )
        for visit in found.visits
    ]
    text = ICS.format(events="".join(events))
    lines = "".join(f"{_folded(line)}\r\n" for line in text.splitlines())
    response = HttpResponse(lines, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return _discreet(response)


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _folded(line: str) -> str:
    """At most 75 octets a line, never cut inside a character; what follows begins with a space."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > FOLD_AT:
            parts.append(part)
            part = " "
        part += character
    return "\r\n".join([*parts, part])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
