"""Reads of the outbox: how the engine is doing, and who opted out."""

from messaging.queries.health import (
    HEART,
    ChannelHealth,
    EngineHealth,
    Status,
    due_count,
    engine_health,
    engine_status,
)
from messaging.queries.lateness import Lateness, lateness
from messaging.queries.optouts import (
    clients_with_address,
    ever_opted_out_points,
    opted_out_points,
)
from messaging.queries.outcomes import Doubt, Outcomes, doubt, outcomes

__all__ = [
    "HEART",
    "ChannelHealth",
    "Doubt",
    "EngineHealth",
    "Lateness",
    "Outcomes",
    "Status",
    "clients_with_address",
    "doubt",
    "due_count",
    "engine_health",
    "engine_status",
    "ever_opted_out_points",
    "lateness",
    "opted_out_points",
    "outcomes",
]
