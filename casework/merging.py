"""What becomes of courses of treatment when two records become one."""

from itertools import combinations

from casework.models import Episode
from clients.merging import Ledger, MergePart, Obstacle
from clients.models import Client
from common.clock import now
from organization.models import User


def _obstacles(survivor: Client, other: Client) -> list[Obstacle]:
    """One active episode a client, and courses of treatment one after another."""
    episodes = list(Episode.objects.filter(client__in=(survivor, other)))
    if sum(episode.discharged_at is None for episode in episodes) > 1:
        return [
            Obstacle(
                "two_active_episodes",
                "Both records have a course of treatment under way. Discharge one of them first.",
            )
        ]
    if any(_overlap(*pair) for pair in combinations(episodes, 2)):
        return [
            Obstacle(
                "overlapping_episodes",
                "Their courses of treatment overlap in time, which one person's don't.",
            )
        ]
    return []


def _overlap(one: Episode, other: Episode) -> bool:
    open_end = now()
    return one.admitted_at < (other.discharged_at or open_end) and other.admitted_at < (
        one.discharged_at or open_end
    )


def _move(ledger: Ledger, survivor: Client, other: Client, by: User) -> None:
    """Phases and transitions go with their episodes; each counts again how many came before it."""
    ledger.change(Episode.objects.filter(client=other), client=survivor)
    in_order = Episode.objects.filter(client=survivor).order_by("admitted_at", "pk")
    for prior, episode in enumerate(in_order):
        if episode.prior_episodes != prior:
            ledger.change(Episode.objects.filter(pk=episode.pk), prior_episodes=prior)


EPISODES = MergePart(
    moves=frozenset({"casework.Episode.client"}),
    stays={},
    obstacles=_obstacles,
    move=_move,
)
