"""What the client's own page says, in English and Spanish. It discloses nothing."""

import datetime as dt
from zoneinfo import ZoneInfo

from organization.models import Language

TEXTS: dict[Language, dict[str, str]] = {
    Language.ENGLISH: {
        "title": "Your appointment",
        "greeting": "Hi {name}, can you make it?",
        "hello": "Hi {name}",
        "length": "About {minutes} minutes",
        "yes": "Yes, I'll be there",
        "another": "Ask for another time",
        "no": "I can't come",
        "calendar": "Add to my calendar",
        "talk": "Need to talk?",
        "until": "This link stops working when your visit begins.",
        "confirmed": "Thank you. You're confirmed.",
        "asked": "Thank you. Someone will call you about another time.",
        "asked_more": "Until then your appointment stays as it is.",
        "declined": "Thank you for telling us. Someone will call you.",
        "back": "Change my answer",
        "gone": "This link no longer works.",
        "gone_more": "If you have a question, use the number in your message.",
        "ended": "This appointment no longer stands.",
        "call": "Call",
        "summary": "Appointment",
        "language": "Language",
        "stop_title": "Your messages",
        "stop_ask": "No more messages to this address?",
        "stop_more": "Your appointments stay as they are.",
        "stop_yes": "Stop the messages",
        "stopped": "Done. You'll get no more messages at this address.",
    },
    Language.SPANISH: {
        "title": "Su cita",
        "greeting": "Hola {name}, ¿puede venir?",
        "hello": "Hola {name}",
        "length": "Unos {minutes} minutos",
        "yes": "Sí, voy a estar",
        "another": "Pedir otra hora",
        "no": "No puedo ir",
        "calendar": "Añadir a mi calendario",
        "talk": "¿Necesita hablar?",
        "until": "Este enlace deja de funcionar cuando empieza su cita.",
        "confirmed": "Gracias. Su cita está confirmada.",
        "asked": "Gracias. Alguien le llamará para acordar otra hora.",
        "asked_more": "Hasta entonces su cita sigue como está.",
        "declined": "Gracias por avisar. Alguien le llamará.",
        "back": "Cambiar mi respuesta",
        "gone": "Este enlace ya no funciona.",
        "gone_more": "Si tiene una pregunta, use el número de su mensaje.",
        "ended": "Esta cita ya no está en pie.",
        "call": "Llame al",
        "summary": "Cita",
        "language": "Idioma",
        "stop_title": "Sus mensajes",
        "stop_ask": "¿No quiere más mensajes en esta dirección?",
        "stop_more": "Sus citas siguen como están.",
        "stop_yes": "No enviar más",
        "stopped": "Listo. No va a recibir más mensajes en esta dirección.",
    },
}
DAYS = {
    Language.ENGLISH: (
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ),
    Language.SPANISH: (
        "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo",
    ),
}  # fmt: skip
MONTHS = {
    Language.ENGLISH: (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    Language.SPANISH: (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip


def day_and_date(moment: dt.datetime, zone: str, language: Language) -> str:
    """“Tuesday, November 24”, “martes, 24 de noviembre”."""
    local = moment.astimezone(ZoneInfo(zone))
    day, month = DAYS[language][local.weekday()], MONTHS[language][local.month - 1]
    if language == Language.SPANISH:
        return f"{day}, {local.day} de {month}"
    return f"{day}, {month} {local.day}"
