"""A facility's own words, for tests."""

from appointments.services.templates import Words, save_template
from clients.models import Channel
from messaging.models import Template
from organization.models import Language
from tests.people import House

SAID = "Hi {greeting_name}, see you {day} {time} at {discreet_place}. 1 confirms, 2 changes."


def own_words(house: House, body: str = SAID, **given: str) -> Template:
    """Elm St says this, from now on."""
    chosen = {"key": "reminder", "channel": Channel.SMS, "language": Language.ENGLISH} | given
    return save_template(facility=house.elm, words=Words(body=body, **chosen), by=house.manager)
