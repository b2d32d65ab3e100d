"""The appointments app."""

from django.apps import AppConfig

from common.events import (
    ContactPermissionChanged,
    EpisodeDischarged,
    FacilityChanged,
    MessagesProgressed,
    OptedOut,
    OptOutLifted,
    PhaseChanged,
    subscribe,
)


class AppointmentsConfig(AppConfig):
    name = "appointments"

    def ready(self) -> None:
        from appointments.merging import CALENDAR
        from appointments.purpose import ReminderPurpose
        from appointments.queries import clients_on_the_calendar, written_during
        from appointments.queries.replanning import replanning_is_late
        from appointments.services.ledger import follow_messages
        from appointments.services.replanning import (
            address_changed,
            client_changed,
            facility_changed,
        )
        from casework.undo import written_on_phase
        from clients.access import beyond_care_teams
        from clients.merging import merge_parts
        from messaging.late import late
        from messaging.purposes import purposes

        late.register("appointments: planning anew", replanning_is_late)
        merge_parts.register("appointments", CALENDAR)
        purposes.register("reminder", ReminderPurpose())
        purposes.register("notice", ReminderPurpose())
        beyond_care_teams.register("appointments: the calendar", clients_on_the_calendar)
        written_on_phase.register("appointments: attendance", written_during)
        subscribe(ContactPermissionChanged, client_changed)
        subscribe(PhaseChanged, client_changed)
        subscribe(EpisodeDischarged, client_changed)
        subscribe(FacilityChanged, facility_changed)
        subscribe(OptedOut, address_changed)
        subscribe(OptOutLifted, address_changed)
        subscribe(MessagesProgressed, follow_messages)
