"""A facility's own words for reminders and notices, in versions. What was sent keeps the version it
was sent with; what is pending says the new words, because texts are filled when they go.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from appointments.queries import names_of
from appointments.texts import ANSWERED, KEYS
from audit.services import note_change
from clients.models import Channel
from common.clock import now
from common.discretion import disclosing_words, names_in
from common.errors import Conflict, FieldFault, Invalid
from messaging.models import Template
from messaging.segments import Measure, measure, not_gsm
from messaging.wording import FIELDS, LINK, BadField, field_faults, fields_in, fill
from organization.models import Facility, Language, User
from organization.roles import Capability

LONGEST_SUBJECT, LONGEST_BODY = 120, 2000
LONGEST_NAME = "Maximiliana Josefina"
"""Twenty letters: as long as a greeting name may become before a text is said to fit one part."""

LONGEST_DAY = {Language.ENGLISH: "Wed, Nov 30", Language.SPANISH: "mie 30 nov"}
LONGEST_TIME = {Language.ENGLISH: "12:30 PM", Language.SPANISH: "12:30"}
PAGE = f"{settings.PUBLIC_URL}/a/{'0' * 32}/"


@dataclass(frozen=True)
class Words:
    """What somebody wants said, for one kind of message (`key`), channel and language.

    `plain`: to clients alone who agreed that it may tell what it is about.
    """

    key: str
    channel: Channel
    language: Language
    body: str
    subject: str = ""
    plain: bool = False


@dataclass(frozen=True)
class Shown:
    """How words look when they are sent, to somebody with a long name. `measure` is of a text message."""

    subject: str
    body: str
    measure: Measure | None
    faults: tuple[FieldFault, ...]


@transaction.atomic
def save_template(*, facility: Facility, words: Words, by: User) -> Template:
    """Have these words said from now on. Raises `Invalid` with all that is wrong with them."""
    by.access.require(Capability.EDIT_POLICIES, facility.pk)
    if faults := _faults(facility, words):
        raise Invalid("These words can't be sent.", faults=tuple(faults))
    _one_at_a_time(facility)
    versions = Template.objects.filter(
        facility=facility, key=words.key, channel=words.channel, language=words.language
    )
    last = versions.aggregate(last=Max("number"))["last"] or 0
    _retire(versions.filter(plain=words.plain))
    template = Template.objects.create(
        facility=facility, made_by=by, number=last + 1, **vars(words)
    )
    note_change("template.saved", template.pk, by=by.pk)
    return template


@transaction.atomic
def retire_template(*, template: Template, by: User) -> Template:
    """Say these no more: from now on what all facilities say that have no words of their own."""
    by.access.require(Capability.EDIT_POLICIES, template.facility_id)
    if not _retire(Template.objects.filter(pk=template.pk)):
        raise Conflict("Other words have taken the place of these.", code="template_retired")
    note_change("template.retired", template.pk, by=by.pk)
    template.refresh_from_db()
    return template


def preview_template(*, facility: Facility, words: Words, by: User) -> Shown:
    """How these words look, and what is wrong with them. Nothing is kept."""
    by.access.require(Capability.EDIT_POLICIES, facility.pk)
    faults = tuple(_faults(facility, words))
    try:
        subject, body = (
            fill(text, _longest(facility, words)) for text in (words.subject, words.body)
        )
    except (BadField, KeyError):
        return Shown(words.subject, words.body, None, faults)
    length = measure(body) if words.channel == Channel.SMS else None
    return Shown(subject, body, length, faults)


def _one_at_a_time(facility: Facility) -> None:
    """Until this is kept nobody else saves words there: the next version's number is one more."""
    Facility.objects.select_for_update(no_key=True).get(pk=facility.pk)


def _retire(templates: QuerySet[Template]) -> int:
    moment = now()
    return templates.filter(retired_at=None).update(retired_at=moment, updated_at=moment)


def _longest(facility: Facility, words: Words) -> dict[str, str]:
    """The longest that each field may stand for."""
    return {
        "greeting_name": LONGEST_NAME,
        "day": LONGEST_DAY[words.language],
        "time": LONGEST_TIME[words.language],
        "discreet_place": facility.discreet_name,
        "link": PAGE,
    }


def _faults(facility: Facility, words: Words) -> list[FieldFault]:
    found = [*_subject_faults(words), *_body_faults(facility, words)]
    if found:  # of words whose fields can't be read nothing more can be said
        return found
    said = {} if words.plain else {"subject": words.subject, "body": words.body}
    names = names_of([facility.pk])[facility.pk]
    for field, text in said.items():
        plain = fill(text, dict.fromkeys(FIELDS, " "))
        found += _telling(field, plain, [facility.legal_name, *names])
    return found + (_length_faults(facility, words) if words.channel == Channel.SMS else [])


def _subject_faults(words: Words) -> Iterable[FieldFault]:
    if words.channel == Channel.SMS:
        if words.subject:
            yield FieldFault("subject", "not_allowed", "A text message has no subject.")
        return
    if not words.subject.strip():
        yield FieldFault("subject", "required", "An e-mail needs a subject.")
    if "\n" in words.subject or "\r" in words.subject:
        yield FieldFault("subject", "invalid", "A subject is one line.")
    yield from field_faults(
        words.subject, field="subject", allowed=[name for name in FIELDS if name != LINK]
    )


def _body_faults(facility: Facility, words: Words) -> Iterable[FieldFault]:
    may_link = words.channel == Channel.EMAIL or facility.sms_has_link
    faults = field_faults(
        words.body, field="body", allowed=[name for name in FIELDS if may_link or name != LINK]
    )
    if not words.body.strip():
        yield FieldFault("body", "required", "Say something.")
    yield from faults
    answered = words.key in ANSWERED or words.key not in KEYS
    needs_link = words.channel == Channel.EMAIL and answered and not faults
    if needs_link and LINK not in fields_in(words.body):
        ways = "The client answers an e-mail by its link: put {link} on a line of its own."
        yield FieldFault("body", "link_missing", ways)


def _telling(field: str, text: str, names: Iterable[str]) -> Iterable[FieldFault]:
    """What of it could tell a stranger what this is about."""
    for word in dict.fromkeys(chain(disclosing_words(text), names_in(text, names))):
        words = f"“{word}” could tell a stranger what this is about. Choose neutral words."
        yield FieldFault(field, "not_discreet", words)


def _length_faults(facility: Facility, words: Words) -> list[FieldFault]:
    text = fill(words.body, _longest(facility, words))
    length = measure(text)
    if length.segments == 1:
        return []
    said = (
        f"With a long name it is {length.units} characters, and one text message holds "
        f"{70 if length.encoding == 'UCS-2' else 160}."
    )
    odd = not_gsm(text)
    if odd:
        said += f" Without {' '.join(odd)} it would hold 160."
    return [FieldFault("body", "too_long", f"{said} Shorten it.")]
