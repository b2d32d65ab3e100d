"""The parts that pages are made of: icons, phase badges, status pills."""

import functools
import re
from pathlib import Path

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from organization.models import PhaseKind

register = template.Library()

SPRITE = Path(__file__).resolve().parent.parent / "icons.svg"
SYMBOL = re.compile(r'<symbol id="i-([a-z0-9-]+)"[^>]*>(.*?)</symbol>')


@functools.cache
def _icons() -> dict[str, str]:
    return dict(SYMBOL.findall(SPRITE.read_text()))


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon, drawn in place: decoration, so hidden from screen readers."""
    paths = mark_safe(_icons()[name])  # noqa: S308 (our own file)
    return format_html(
        '<svg class="i" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" '
        'stroke-linecap="round" stroke-linejoin="round">{}</svg>',
        paths,
    )


@register.simple_tag
def phase(kind: str) -> SafeString:
    """A phase badge: a square key in the phase's colour, and the word."""
    return format_html('<span class="phase p-{}">{}</span>', kind, PhaseKind(kind).label)


TASK_ICONS = {
    "accept_client": "user-plus",
    "name_counselor": "user-circle",
    "possible_duplicate": "users-group",
    "reschedule_request": "calendar-time",
    "client_declined": "user-x",
    "call_client": "phone",
    "read_reply": "message-2",
    "no_show_outreach": "user-x",
    "text_refused": "alert-triangle",
    "reminder_undeliverable": "phone-off",
    "channel_down": "alert-circle",
    "engine_late": "alert-circle",
}


@register.simple_tag
def task_icon(kind: str) -> SafeString:
    """What sort of thing is to be done."""
    return icon(TASK_ICONS.get(kind, "clipboard-check"))


@register.simple_tag
def before(minutes: int) -> str:
    """“72 hours before”, of a reminder rule."""
    hours, rest = divmod(minutes, 60)
    if rest:
        return ngettext("%d minute before", "%d minutes before", minutes) % minutes
    return ngettext("%d hour before", "%d hours before", hours) % hours


@register.filter
def initials(name: str) -> str:
    """“AL” of “Ana Lopez”."""
    return "".join(word[0] for word in name.split()[:2])
