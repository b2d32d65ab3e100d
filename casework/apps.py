"""The casework app."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "casework"

    def ready(self) -> None:
        from casework.merging import EPISODES
        from casework.queries import clients_now_in, clients_on_the_unit, phases_told
        from clients.access import beyond_care_teams
        from clients.merging import merge_parts
        from clients.phases import clients_in_phase, phases_now

        merge_parts.register("casework", EPISODES)
        beyond_care_teams.register("casework: the nurse's unit", clients_on_the_unit)
        clients_in_phase.register("casework", clients_now_in)
        phases_now.register("casework", phases_told)
