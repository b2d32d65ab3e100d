"""The casework app."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "casework"

    def ready(self) -> None:
        from casework.queries import clients_on_the_unit
        from clients.access import beyond_care_teams

        beyond_care_teams.register("casework: the nurse's unit", clients_on_the_unit)
