"""Episodes, phases, transitions. The database keeps a course of treatment whole.

An episode's phases (those not void) follow one another without overlap or gap, from admission to
discharge; a deferred trigger checks that when a transaction ends. History is append-only.
"""

from typing import Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary
from django.db import models
from django.db.models import Case, F, Func, Q, UUIDField, When

from casework.moves import (
    ALLOWED_MOVES,
    DischargeReason,
    NaloxoneOffer,
    ReferralSource,
    TransitionReason,
)
from clients.models import Client
from common.rows import Row
from organization.models import AsamEdition, Facility, PhaseKind, Program, User
from organization.roles import Capability

# The phases of one episode must cover it: the first starts at admission, each next one starts when
# the one before ended, the last ends at discharge (and is open while the episode is).
COVERAGE_CHECK = """
    SELECT admitted_at, discharged_at INTO edge FROM casework_episode WHERE id = episode;
    SELECT bool_and(started_at = expected_start) AND bool_or(TRUE)
           AND bool_and(is_last = FALSE OR ended_at IS NOT DISTINCT FROM edge.discharged_at)
      INTO covered
      FROM (SELECT p.started_at, p.ended_at,
                   lag(p.ended_at, 1, edge.admitted_at) OVER w AS expected_start,
                   lead(p.id) OVER w IS NULL AS is_last
              FROM casework_phase p WHERE p.episode_id = episode AND NOT p.void
            WINDOW w AS (ORDER BY p.started_at, p.id)) AS chain;
    IF covered IS DISTINCT FROM TRUE THEN
        RAISE EXCEPTION 'the phases of episode % do not cover it', episode
            USING ERRCODE = '23514', CONSTRAINT = 'phases_cover_episode';
    END IF;
    RETURN NULL;
"""

NEVER_REOPENED = """
    IF OLD.discharged_at IS NOT NULL THEN
        RAISE EXCEPTION 'episode % has ended and cannot change', OLD.id;
    END IF;
    RETURN NEW;
"""


def _coverage_trigger(episode: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="phases_cover_episode",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update,
        timing=pgtrigger.Deferred,
        declare=[("episode", "uuid"), ("edge", "record"), ("covered", "boolean")],
        func=f"episode := {episode};{COVERAGE_CHECK}",
    )


class EpisodeQuerySet(models.QuerySet["Episode"]):
    def active(self) -> Self:
        return self.filter(discharged_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        """The episodes of clients whose case this person sees."""
        return self.filter(client__in=Client.objects.visible_to(user, Capability.VIEW_CASE))


class Episode(Row):
    """One course of treatment, from admission to discharge. Never reopened: a new one starts."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="episodes")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="episodes")
    admitted_at = models.DateTimeField()
    admitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    referral_source = models.PositiveSmallIntegerField(choices=ReferralSource.choices)
    prior_episodes = models.PositiveSmallIntegerField(default=0)
    discharged_at = models.DateTimeField(null=True, blank=True)
    discharge_reason = models.CharField(max_length=24, choices=DischargeReason.choices, blank=True)
    discharge_detail = models.CharField(max_length=500, blank=True)
    last_contact_on = models.DateField(null=True, blank=True)
    naloxone_offered = models.CharField(max_length=8, choices=NaloxoneOffer.choices, blank=True)
    follow_up_consent = models.BooleanField(null=True, blank=True)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        ordering = ["-admitted_at", "-id"]
        indexes = [
            # Serves lists, the latest admission first.
            models.Index(fields=["-admitted_at", "-id"], name="episode_newest"),
            # Serves `updated_after`.
            models.Index(fields=["updated_at", "id"], name="episode_changes"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(discharged_at__isnull=True),
                name="one_active_episode",
            ),
            models.CheckConstraint(
                name="episode_discharge_complete",
                condition=Q(discharged_at__isnull=True, discharge_reason="")
                | (
                    Q(discharged_at__gte=F("admitted_at"), last_contact_on__isnull=False)
                    & Q(follow_up_consent__isnull=False)
                    & ~Q(discharge_reason="")
                    & ~Q(naloxone_offered="")
                ),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="never_reopened",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                # When records are merged it goes to the survivor, and is counted anew.
                condition=pgtrigger.AnyChange(exclude=["client", "prior_episodes", "updated_at"]),
                func=NEVER_REOPENED,
            ),
            _coverage_trigger("NEW.id"),
        ]

    def __str__(self) -> str:
        return f"Episode {self.pk}"

    def current_phase(self) -> "Phase | None":
        """The open phase; none after discharge."""
        return self.phases.current().select_related("program").first()


class PhaseQuerySet(models.QuerySet["Phase"]):
    def current(self) -> Self:
        """The open phases: at most one an episode."""
        return self.filter(ended_at__isnull=True, void=False)

    def visible_to(self, user: User) -> Self:
        """The phases of clients whose case this person sees."""
        return self.filter(
            episode__client__in=Client.objects.visible_to(user, Capability.VIEW_CASE)
        )


class Phase(Row):
    """A segment of an episode. A void one was undone: it counts for nothing but stays."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="phases")
    kind = models.CharField(max_length=16, choices=PhaseKind.choices)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="phases")
    level_of_care = models.CharField(max_length=16)
    level_of_care_edition = models.CharField(max_length=2, choices=AsamEdition.choices)
    started_at = models.DateTimeField()
    planned_end = models.DateField()
    ended_at = models.DateTimeField(null=True, blank=True)
    void = models.BooleanField(default=False)

    objects = PhaseQuerySet.as_manager()

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [
            ExclusionConstraint(
                name="phases_do_not_overlap",
                expressions=[
                    (
                        Func(
                            F("started_at"),
                            F("ended_at"),
                            RangeBoundary(),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                    # As an expression, lest PostgreSQL take this index for looking phases up, which
                    # it holds as cheap as the plain one (docs/decisions/0019-prepared-and-kept.md).
                    (Case(When(void=False, then=F("episode_id")), output_field=UUIDField()), "="),
                ],
                condition=Q(void=False),
            ),
            models.CheckConstraint(
                name="phase_ends_after_it_starts",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("started_at")),
            ),
        ]
        indexes = [
            # Serves "who is on the unit now?" and the current phase of a list of clients.
            models.Index(
                fields=["program", "episode"],
                condition=Q(ended_at__isnull=True, void=False),
                name="phase_current",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="only_ends_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "episode",
                    "kind",
                    "program",
                    "level_of_care",
                    "level_of_care_edition",
                    "started_at",
                ),
            ),
            _coverage_trigger("NEW.episode_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.started_at:%Y-%m-%d}"

    def allowed_moves(self) -> tuple[PhaseKind, ...]:
        """The phases that may follow."""
        return ALLOWED_MOVES[PhaseKind(self.kind)]


class TransitionQuerySet(models.QuerySet["Transition"]):
    def visible_to(self, user: User) -> Self:
        """The transitions of clients whose case this person sees."""
        return self.filter(
            episode__client__in=Client.objects.visible_to(user, Capability.VIEW_CASE)
        )


class Transition(Row):
    """What closed one phase and opened the next: admission has no former, discharge no next."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="transitions")
    from_phase = models.ForeignKey(
        Phase, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    to_phase = models.OneToOneField(
        Phase, on_delete=models.PROTECT, null=True, blank=True, related_name="entered_by"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=TransitionReason.choices)
    note = models.CharField(max_length=500, blank=True)
    gates = models.JSONField(default=dict, help_text="Each gate that was asked, and what it said.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = TransitionQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="only_undone",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["undone_at", "undone_by", "updated_at"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.at:%Y-%m-%d}"
