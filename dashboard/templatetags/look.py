"""The parts that pages are made of: icons, phase badges, status pills."""

import functools
import re
from pathlib import Path

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

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
