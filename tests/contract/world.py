"""A small world for generated requests: somebody in each role, and real ids to ask for."""

import datetime as dt
import zlib
from dataclasses import dataclass

from django.apps import apps
from knox.models import AuthToken

from clients.services import merge_clients
from clients.services.duplicates import look_for_duplicates
from common.clock import now
from interop.services.submitting import submit_import
from interop.states import ImportKind
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.services.optout import opt_out
from tests.appointments.words import own_words
from tests.clients.access import Scene
from tests.people import House

ROLES = (
    "ana",
    "front_desk",
    "supervisor",
    "ana",
    "intake",
    "administrator",
    "ana",
    "oak_counselor",
)
FILE = (
    b"external_ref,legal_first_name,legal_last_name,birth_date,primary_counselor\r\n"
    b"4711,Robin,Ash,1988-02-29,ana@casework.example\r\n"
)
BY_ADDRESS = {
    "appointments": "appointments.Appointment",
    "care-team": "clients.CareTeamMember",
    "clients": "clients.Client",
    "contact-points": "clients.ContactPoint",
    "episodes": "casework.Episode",
    "facilities": "organization.Facility",
    "imports": "interop.Import",
    "inbound-messages": "messaging.InboundMessage",
    "memberships": "organization.Membership",
    "merges": "clients.Merge",
    "message-templates": "messaging.Template",
    "messages": "messaging.Message",
    "possible-duplicates": "clients.PossibleDuplicate",
    "programs": "organization.Program",
    "reminder-policies": "organization.Facility",
    "rooms": "organization.Room",
    "staff": "organization.User",
    "tasks": "worklist.Task",
}
BY_NAME = {
    "assignee": "organization.User",
    "attendance": "appointments.Attendance",
    "attendance_id": "appointments.Attendance",
    "client": "clients.Client",
    "client_id": "clients.Client",
    "clients": "clients.Client",
    "counselor": "organization.User",
    "episode_id": "casework.Episode",
    "facility": "organization.Facility",
    "import_id": "interop.Import",
    "other": "clients.Client",
    "primary_counselor": "organization.User",
    "program": "organization.Program",
    "room": "organization.Room",
    "staff": "organization.User",
    "supervisor": "organization.User",
    "transition_id": "casework.Transition",
    "user": "organization.User",
}


@dataclass
class World:
    """Who may ask, with a token each, and which rows there are to ask for."""

    tokens: dict[str, str]
    ids: dict[str, list[str]]

    @classmethod
    def build(cls) -> "World":
        house = House.build()
        later = now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=2)
        scene = Scene.build(house, later)
        texted = store_inbound(provider_id="SM1", sender="+12175550134", body="see you")
        handle_inbound(texted.pk)
        gone = house.client(name="Lee", email="lee@example.org")
        opt_out(address_index=gone.contact_points.get().address_index, channel="email")
        look_for_duplicates(house.client(name="Kim"))
        merge_clients(
            survivor=scene.kim, other=house.client(name="Kimberly"), reason="one birth date",
            by=house.supervisor,
        )  # fmt: skip
        submit_import(
            kind=ImportKind.CLIENTS, facility=house.elm, content=FILE, charset="utf-8",
            system="previous", dry_run=True, by=house.intake,
        )  # fmt: skip
        own_words(house)
        tokens = {name: AuthToken.objects.create(user=getattr(house, name))[1] for name in ROLES}
        ids = {model: _ids(model) for model in {*BY_ADDRESS.values(), *BY_NAME.values()}}
        # Mostly where they all work, with her who has the case: else little would be carried out.
        for model, row in (("organization.Facility", house.elm), ("organization.User", house.ana)):
            ids[model] += [str(row.pk)] * 2 * len(ids[model])
        return cls(tokens, ids)

    def choose(self, model: str, instead_of: str) -> str:
        """A real id for most of those that were made up, the same one for the same."""
        ids, number = self.ids[model], zlib.crc32(instead_of.encode())
        return instead_of if number % 5 == 0 else ids[number % len(ids)]


def _ids(model: str) -> list[str]:
    found = [str(pk) for pk in apps.get_model(model)._default_manager.values_list("pk", flat=True)]
    assert found, f"the world has no {model}"
    return found
