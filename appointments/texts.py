"""What a reminder says. The default texts disclose nothing; a test holds them to that.

The fields are greeting name, day, time, discreet place and link, and no others. Texts by SMS stay
within GSM-7 and one segment (day names without accents for that reason).
"""

import datetime as dt
from zoneinfo import ZoneInfo

from clients.models import Channel
from organization.models import Language

VERSION = "built-in-1"

SMS = {
    Language.ENGLISH: (
        "Hi {greeting_name}, you have an appointment {day} {time} at {discreet_place}. "
        "Reply 1 to confirm, 2 to change. STOP to opt out."
    ),
    Language.SPANISH: (
        "Hola {greeting_name}, tiene una cita {day} {time} en {discreet_place}. "
        "Responda 1 para confirmar, 2 para cambiar. STOP para no recibir."
    ),
}
SMS_LINK = {Language.ENGLISH: " {link}", Language.SPANISH: " {link}"}
SUBJECT = {
    Language.ENGLISH: "Your appointment {day}",
    Language.SPANISH: "Su cita {day}",
}
EMAIL = {
    Language.ENGLISH: (
        "Hi {greeting_name},\n\n"
        "you have an appointment {day} {time} at {discreet_place}.\n\n"
        "Confirm it, or ask for another time:\n{link}\n"
    ),
    Language.SPANISH: (
        "Hola {greeting_name}:\n\n"
        "Tiene una cita {day} {time} en {discreet_place}.\n\n"
        "Confirme o pida otra hora:\n{link}\n"
    ),
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


def reminder_texts(
    *,
    channel: Channel,
    language: Language,
    greeting_name: str,
    starts_at: dt.datetime,
    zone: str,
    discreet_place: str,
    sms_has_link: bool,
) -> tuple[str, str]:
    """Subject (empty for a text message) and text, all filled but the link."""
    fields = {
        "greeting_name": greeting_name,
        "day": day_in_words(starts_at, zone, language),
        "time": time_in_words(starts_at, zone, language),
        "discreet_place": discreet_place,
        "link": "{link}",
    }
    if channel == Channel.EMAIL:
        return SUBJECT[language].format(**fields), EMAIL[language].format(**fields)
    text = SMS[language] + (SMS_LINK[language] if sms_has_link else "")
    return "", text.format(**fields)
