"""Reads of the facilities' reminder policies."""

from django.db.models import F, Prefetch, QuerySet

from appointments.models import ReminderPolicy, ReminderRule
from appointments.policies import DEFAULT_RULES
from appointments.states import RuleChannel
from organization.models import Facility, User
from organization.roles import Capability


def facilities_with_policy(user: User) -> QuerySet[Facility]:
    """The facilities whose reminder policy this person reads, with it and its rules in force."""
    earliest_first = (
        F("minutes_before").desc(nulls_last=True), F("days_before").desc(nulls_last=True),
        "channel", "created_at", "id",
    )  # fmt: skip
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


def narrowed_in_force(facility: Facility) -> list[ReminderPolicy]:
    """A facility's policies for a kind of appointment, a phase or both; with their rules.

    Of a facility from `facilities_with_policy`.
    """
    found: list[ReminderPolicy] = facility.policies_in_force  # type: ignore[attr-defined]  # prefetched
    return [policy for policy in found if policy.kind or policy.phase]


def default_rules(policy: ReminderPolicy) -> list[ReminderRule]:
    """The rules that a policy starts with, unsaved; in force since the facility exists."""
    return [
        ReminderRule(
            policy=policy, when=when, minutes_before=minutes, channel=RuleChannel.PREFERRED,
            only_if=only_if, since=policy.facility.created_at,
        )
        for when, minutes, only_if in DEFAULT_RULES
    ]  # fmt: skip
