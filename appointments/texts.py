"""What a reminder or a notice of a visit says. The default texts disclose nothing; a test holds them to that.

The fields are greeting name, day, time, discreet place and link, and no others. Texts by SMS stay
within GSM-7 and one segment (day names without accents for that reason).
"""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from clients.models import Channel
from messaging.wording import Wording, fill
from organization.models import Language

VERSION = "built-in-2"
REMINDER, BOOKED, MOVED, CANCELLED, NO_SHOW = "reminder", "booked", "moved", "cancelled", "no_show"
KEYS = (REMINDER, BOOKED, MOVED, CANCELLED, NO_SHOW)
ANSWERED = frozenset({REMINDER, BOOKED, MOVED})
"""What a client may answer: these say how. The others only tell."""

SAID_BY_SMS = {
    Language.ENGLISH: {
        REMINDER: "Hi {greeting_name}, you have an appointment {day} {time} at {discreet_place}.",
        BOOKED: "Hi {greeting_name}, your appointment is {day} {time} at {discreet_place}.",
        MOVED: "Hi {greeting_name}, your appointment is now {day} {time} at {discreet_place}.",
        CANCELLED: (
            "Hi {greeting_name}, your appointment {day} {time} at {discreet_place} is cancelled."
        ),
        NO_SHOW: (
            "Hi {greeting_name}, we missed you {day} {time} at {discreet_place}. "
            "Call us for another time."
        ),
    },
    Language.SPANISH: {
        REMINDER: "Hola {greeting_name}, tiene una cita {day} {time} en {discreet_place}.",
        BOOKED: "Hola {greeting_name}, su cita es {day} {time} en {discreet_place}.",
        MOVED: "Hola {greeting_name}, su cita ahora es {day} {time} en {discreet_place}.",
        CANCELLED: (
            "Hola {greeting_name}, su cita {day} {time} en {discreet_place} fue cancelada."
        ),
        NO_SHOW: (
            "Hola {greeting_name}, no pudimos verle {day} {time} en {discreet_place}. "
            "Llame para pedir otra hora."
        ),
    },
}
HOW_TO_ANSWER = {
    Language.ENGLISH: " Reply 1 to confirm, 2 to change.",
    Language.SPANISH: " Responda 1 para confirmar, 2 para cambiar.",
}
HOW_TO_STOP = {
    Language.ENGLISH: " STOP to opt out.",
    Language.SPANISH: " STOP para no recibir.",
}
SMS_LINK = " {link}"
SUBJECT = {
    Language.ENGLISH: {
        REMINDER: "Your appointment {day}",
        BOOKED: "Your appointment {day}",
        MOVED: "New time: {day}",
        CANCELLED: "Cancelled: {day}",
        NO_SHOW: "We missed you {day}",
    },
    Language.SPANISH: {
        REMINDER: "Su cita {day}",
        BOOKED: "Su cita {day}",
        MOVED: "Nueva hora: {day}",
        CANCELLED: "Cita cancelada: {day}",
        NO_SHOW: "No pudimos verle {day}",
    },
}
SAID_BY_EMAIL = {
    Language.ENGLISH: {
        REMINDER: "you have an appointment {day} {time} at {discreet_place}.",
        BOOKED: "your appointment is {day} {time} at {discreet_place}.",
        MOVED: "your appointment is now {day} {time} at {discreet_place}.",
        CANCELLED: "your appointment {day} {time} at {discreet_place} is cancelled.",
        NO_SHOW: "we missed you {day} {time} at {discreet_place}. Call us for another time.",
    },
    Language.SPANISH: {
        REMINDER: "Tiene una cita {day} {time} en {discreet_place}.",
        BOOKED: "Su cita es {day} {time} en {discreet_place}.",
        MOVED: "Su cita ahora es {day} {time} en {discreet_place}.",
        CANCELLED: "Su cita {day} {time} en {discreet_place} fue cancelada.",
        NO_SHOW: "No pudimos verle {day} {time} en {discreet_place}. Llame para pedir otra hora.",
    },
}
GREETING = {
    Language.ENGLISH: "Hi {greeting_name},\n\n",
    Language.SPANISH: "Hola {greeting_name}:\n\n",
}
HOW_TO_ANSWER_BY_LINK = {
    Language.ENGLISH: "\nConfirm it, or ask for another time:\n{link}\n",
    Language.SPANISH: "\nConfirme o pida otra hora:\n{link}\n",
}
DAYS = {
    Language.ENGLISH: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    Language.SPANISH: ("lun", "mar", "mie", "jue", "vie", "sab", "dom"),
}
MONTHS = {
    Language.ENGLISH: (
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ),
    Language.SPANISH: (
        "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic",
    ),
}  # fmt: skip


def day_in_words(moment: dt.datetime, zone: str, language: Language) -> str:
    """The day on the wall calendar of a zone: “Tue, Nov 24”, “mar 24 nov”."""
    local = moment.astimezone(ZoneInfo(zone))
    day, month = DAYS[language][local.weekday()], MONTHS[language][local.month - 1]
    if language == Language.SPANISH:
        return f"{day} {local.day} {month}"
    return f"{day}, {month} {local.day}"


def time_in_words(moment: dt.datetime, zone: str, language: Language) -> str:
    """The time on the wall clock of a zone: “2:30 PM”, “14:30”."""
    local = moment.astimezone(ZoneInfo(zone))
    if language == Language.SPANISH:
        return f"{local.hour}:{local.minute:02d}"
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


def times_in_words(moments: Sequence[dt.datetime], zone: str, language: Language) -> str:
    """The times of one day's visits, in their order: “9:00 AM, 2:00 PM”."""
    return ", ".join(time_in_words(moment, zone, language) for moment in sorted(moments))


def built_in(key: str, channel: Channel, language: Language, *, sms_has_link: bool) -> Wording:
    """What is said where a facility has no words of its own."""
    if channel == Channel.EMAIL:
        answer = HOW_TO_ANSWER_BY_LINK[language] if key in ANSWERED else ""
        body = f"{GREETING[language]}{SAID_BY_EMAIL[language][key]}\n{answer}"
        return Wording(SUBJECT[language][key], body, VERSION)
    answer = HOW_TO_ANSWER[language] if key in ANSWERED else ""
    link = SMS_LINK if sms_has_link and key in ANSWERED else ""
    body = f"{SAID_BY_SMS[language][key]}{answer}{HOW_TO_STOP[language]}{link}"
    return Wording("", body, VERSION)


def message_texts(
    *,
    key: str = REMINDER,
    channel: Channel,
    language: Language,
    greeting_name: str,
    starts_at: Sequence[dt.datetime],
    zone: str,
    discreet_place: str,
    sms_has_link: bool,
    wording: Wording | None = None,
) -> tuple[str, str, str]:
    """Subject (empty for a text message), text and version, all filled but the link.

    `wording` is the facility's own, if it has any; `starts_at` are the visits of one day.
    """
    words = wording or built_in(key, channel, language, sms_has_link=sms_has_link)
    values = {
        "greeting_name": greeting_name,
        "day": day_in_words(min(starts_at), zone, language),
        "time": times_in_words(starts_at, zone, language),
        "discreet_place": discreet_place,
        "link": "{link}",
    }
    return fill(words.subject, values), fill(words.body, values), words.version
