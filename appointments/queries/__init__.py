"""Page-shaped reads of the calendar, and the facts that planning needs."""

from appointments.queries.calendar import (
    attendances_seen_by,
    clients_on_the_calendar,
    seen_with_reminders,
    tell_reminders,
    with_people,
    written_during,
)
from appointments.queries.explain import Why, why
from appointments.queries.facts import (
    Policies,
    ended_because,
    facts_of,
    policies_in_force,
    recipients,
    rule_facts,
)
from appointments.queries.forecast import Forecast, forecast
from appointments.queries.free_times import near_free_slots
from appointments.queries.ledger import Carried, carried_by, reminders_of, with_reasons
from appointments.queries.people import fetch_people
from appointments.queries.policies import (
    default_rules,
    facilities_with_policy,
    narrowed_in_force,
    policy_in_force,
)
from appointments.queries.visits import Visit, attendances_told_by, visits_behind
from appointments.queries.words import OwnWords, names_of, own_words

__all__ = [
    "Carried",
    "Forecast",
    "OwnWords",
    "Policies",
    "Visit",
    "Why",
    "attendances_seen_by",
    "attendances_told_by",
    "carried_by",
    "clients_on_the_calendar",
    "default_rules",
    "ended_because",
    "facilities_with_policy",
    "facts_of",
    "fetch_people",
    "forecast",
    "names_of",
    "narrowed_in_force",
    "near_free_slots",
    "own_words",
    "policies_in_force",
    "policy_in_force",
    "recipients",
    "reminders_of",
    "rule_facts",
    "seen_with_reminders",
    "tell_reminders",
    "visits_behind",
    "why",
    "with_people",
    "with_reasons",
    "written_during",
]
