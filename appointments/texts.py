"""What a reminder says. The default texts disclose nothing; a test holds them to that.

The fields are greeting name, day, time, discreet place and link, and no others. Texts by SMS stay
within GSM-7 and one segment (day names without accents for that reason).
"""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from clients.models import Channel
from organization.models import Language

VERSION = "built-in-2"

ENGLISH, SPANISH = Language.ENGLISH, Language.SPANISH
ANSWER = {
    ENGLISH: "Reply 1 to confirm, 2 to change. STOP to opt out.",
    SPANISH: "Responda 1 para confirmar, 2 para cambiar. STOP para no recibir.",
}
ANEW = {
    ENGLISH: "Reply 2 for a new time. STOP to opt out.",
    SPANISH: "Responda 2 para otra hora. STOP para no recibir.",
}
SMS = {
    (
        "reminder",
        ENGLISH,
    ): "Hi {greeting_name}, you have an appointment {day} {time} at {discreet_place}. "
    + ANSWER[ENGLISH],
    ("reminder", SPANISH): "Hola {greeting_name}, tiene una cita {day} {time} en {discreet_place}. "
    + ANSWER[SPANISH],
    ("booked", ENGLISH): "Hi {greeting_name}, you are booked for {day} {time} at {discreet_place}. "
    + ANSWER[ENGLISH],
    ("booked", SPANISH): "Hola {greeting_name}, su cita es el {day} {time} en {discreet_place}. "
    + ANSWER[SPANISH],
    (
        "moved",
        ENGLISH,
    ): "Hi {greeting_name}, your appointment is now {day} {time} at {discreet_place}. "
    + ANSWER[ENGLISH],
    ("moved", SPANISH): "Hola {greeting_name}, su cita es ahora {day} {time} en {discreet_place}. "
    + ANSWER[SPANISH],
    (
        "cancelled",
        ENGLISH,
    ): "Hi {greeting_name}, your appointment {day} {time} at {discreet_place} is"
    " cancelled. " + ANEW[ENGLISH],
    ("cancelled", SPANISH): "Hola {greeting_name}, su cita {day} {time} en {discreet_place} fue"
    " cancelada. " + ANEW[SPANISH],
    ("no_show", ENGLISH): "Hi {greeting_name}, we missed you {day} {time} at {discreet_place}. "
    + ANEW[ENGLISH],
    ("no_show", SPANISH): "Hola {greeting_name}, no le vimos {day} {time} en {discreet_place}. "
    + ANEW[SPANISH],
}
SMS_LINK = " {link}"
SUBJECT = {
    ("reminder", ENGLISH): "Your appointment {day}",
    ("reminder", SPANISH): "Su cita {day}",
    ("booked", ENGLISH): "Your appointment {day}",
    ("booked", SPANISH): "Su cita {day}",
    ("moved", ENGLISH): "Your appointment is now {day}",
    ("moved", SPANISH): "Su cita es ahora {day}",
    ("cancelled", ENGLISH): "Your appointment {day} is cancelled",
    ("cancelled", SPANISH): "Su cita {day} fue cancelada",
    ("no_show", ENGLISH): "We missed you {day}",
    ("no_show", SPANISH): "No le vimos {day}",
}
GREETING = {ENGLISH: "Hi {greeting_name},", SPANISH: "Hola {greeting_name}:"}
CONFIRM_BY_LINK = {
    ENGLISH: "Confirm it, or ask for another time:",
    SPANISH: "Confirme o pida otra hora:",
}
CALL_BY_LINK = {
    ENGLISH: "How to reach us for a new time:",
    SPANISH: "Así nos encuentra para otra hora:",
}
SAYS = {
    ("reminder", ENGLISH): "you have an appointment {day} {time} at {discreet_place}.",
    ("reminder", SPANISH): "Tiene una cita {day} {time} en {discreet_place}.",
    ("booked", ENGLISH): "you are booked for {day} {time} at {discreet_place}.",
    ("booked", SPANISH): "Su cita es el {day} {time} en {discreet_place}.",
    ("moved", ENGLISH): "your appointment is now {day} {time} at {discreet_place}.",
    ("moved", SPANISH): "Su cita es ahora {day} {time} en {discreet_place}.",
    ("cancelled", ENGLISH): "your appointment {day} {time} at {discreet_place} is cancelled.",
    ("cancelled", SPANISH): "Su cita {day} {time} en {discreet_place} fue cancelada.",
    ("no_show", ENGLISH): "we missed you {day} {time} at {discreet_place}.",
    ("no_show", SPANISH): "No le vimos {day} {time} en {discreet_place}.",
}
KEYS = ("reminder", "booked", "moved", "cancelled", "no_show")
NOT_ANY_MORE = ("cancelled", "no_show")
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


def message_texts(
    *,
    key: str = "reminder",
    channel: Channel,
    language: Language,
    greeting_name: str,
    starts_at: Sequence[dt.datetime],
    zone: str,
    discreet_place: str,
    sms_has_link: bool,
) -> tuple[str, str]:
    """Subject (empty for a text message) and text, all filled but the link.

    `key` says what it is about. `starts_at`: the visits that it tells of, all on one day.
    """
    fields = {
        "greeting_name": greeting_name,
        "day": day_in_words(starts_at[0], zone, language),
        "time": ", ".join(time_in_words(at, zone, language) for at in starts_at),
        "discreet_place": discreet_place,
        "link": "{link}",
    }
    if channel == Channel.EMAIL:
        how = (CALL_BY_LINK if key in NOT_ANY_MORE else CONFIRM_BY_LINK)[language]
        text = f"{GREETING[language]}\n\n{SAYS[key, language]}\n\n{how}\n{{link}}\n"
        return SUBJECT[key, language].format(**fields), text.format(**fields)
    text = SMS[key, language] + (SMS_LINK if sms_has_link else "")
    return "", text.format(**fields)
