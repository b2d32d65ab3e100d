"""The clients app."""

from django.apps import AppConfig

from common.events import EpisodeDischarged, PhaseChanged, subscribe


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        from clients.merging import merge_parts
        from clients.queries import still_sees
        from clients.services.own_rows import OWN_ROWS
        from clients.services.records import shows_another_phase
        from organization.repeats import still_seen

        merge_parts.register("clients", OWN_ROWS)
        still_seen.register("clients", still_sees)
        subscribe(PhaseChanged, shows_another_phase)
        subscribe(EpisodeDischarged, shows_another_phase)
