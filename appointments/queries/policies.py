"""Reads of the facilities' reminder policies."""

from django.db.models import F, Prefetch, QuerySet

from appointments.models import ReminderPolicy, ReminderRule
from appointments.policies import DEFAULT_RULES
from organization.models import Facility, User
from organization.roles import Capability


def facilities_with_policy(user: User) -> QuerySet[Facility]:
    """The facilities whose reminder policy this person reads, with it and its rules in force."""
    earliest_first = (F("minutes_before").desc(nulls_last=True), "channel", "id")
    in_force = ReminderRule.objects.filter(retired_at=None).order_by(*earliest_first)
    return Facility.objects.filter(
        pk__in=user.access.where(Capability.VIEW_POLICIES)
    ).prefetch_related(
        Prefetch(
            "reminder_policies",
            ReminderPolicy.objects.filter(ended_at=None),
            to_attr="policies_in_force",
        ),
        Prefetch("policies_in_force__rules", in_force, to_attr="rules_in_force"),
    )


def policy_in_force(facility: Facility) -> tuple[ReminderPolicy, list[ReminderRule]]:
    """A facility's policy and its rules; the default ones, unsaved, while it has none of its own.

    Of a facility from `facilities_with_policy`. An unsaved policy has the id that
    `services.planning.policy_of` will give it.
    """
    found: list[ReminderPolicy] = facility.policies_in_force  # type: ignore[attr-defined]  # prefetched
    policy = next((each for each in found if not each.kind and not each.phase), None)
    if policy is not None:
        return policy, policy.rules_in_force  # type: ignore[attr-defined]  # prefetched
    policy = ReminderPolicy(id=facility.pk, facility=facility)
    return policy, default_rules(policy)


def default_rules(policy: ReminderPolicy) -> list[ReminderRule]:
    """The rules that a policy starts with, unsaved; in force since the facility exists."""
    return [
        ReminderRule(
            policy=policy, when=when, minutes_before=minutes, channel=channel,
            since=policy.facility.created_at,
        )
        for when, minutes, channel in DEFAULT_RULES
    ]  # fmt: skip
