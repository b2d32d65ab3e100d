"""The casework app."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "casework"

    def ready(self) -> None:
        from casework.queries import clients_now_in, clients_on_the_unit, current_phases
        from clients.access import beyond_care_teams
        from clients.phases import clients_in_phase, phases_now

        beyond_care_teams.register("casework: the nurse's unit", clients_on_the_unit)
        clients_in_phase.register("casework", clients_now_in)
        phases_now.register("casework", current_phases)
