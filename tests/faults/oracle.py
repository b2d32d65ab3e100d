"""At the end: what the providers accepted, against what the rows say. Lists, not only counts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.faults.ledger import Asked

ROWS = """
SELECT m.id::text, m.channel, m.state, m.reason, m.send_at <= now(),
       EXISTS (SELECT FROM worklist_task t WHERE t.source = 'message:' || m.id AND t.state = 'open'
                  AND t.kind = 'call_client'),
       ARRAY(SELECT r.state FROM appointments_reminder r WHERE r.message_id = m.id)
  FROM messaging_message m JOIN faults_chosen c ON c.id = m.id
"""
ATTEMPTS = """
SELECT a.id::text, a.message_id::text, a.state, a.started_at FROM messaging_attempt a
"""
WAITING = ("scheduled", "sending")
ARRIVED = ("sent", "delivered")
NOT_SENT = ("failed", "skipped", "expired", "cancelled")


@dataclass
class Verdict:
    """Message ids by what is wrong with them; and how many came to which end."""

    due: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    wrong_state: list[str] = field(default_factory=list)
    unknown_without_task: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)

    @property
    def well(self) -> bool:
        return not (
            self.lost
            or self.doubled
            or self.forbidden
            or self.wrong_state
            or self.unknown_without_task
            or self.unexplained
        )

    def figures(self) -> dict[str, Any]:
        """For the evidence: counts, and the first ids of what is wrong."""
        wrong = {
            name: getattr(self, name)[:20]
            for name in (
                "lost", "doubled", "forbidden", "wrong_state", "unknown_without_task",
                "unexplained",
            )
            if getattr(self, name)
        }  # fmt: skip
        return {
            "due": self.due,
            "lost": len(self.lost),
            "doubled": len(self.doubled),
            "ends": dict(self.ends.most_common()),
            "provider_modes": dict(self.modes.most_common()),
            "wrong": wrong,
        }


def compare(
    link: "psycopg.Connection[Any]", ledger: list[Asked], forbidden_since: dict[str, Any]
) -> Verdict:
    """Rows against ledger. `forbidden_since`: per message, the commit after which it may not go."""
    attempts = {row[0]: row[1:] for row in link.execute(ATTEMPTS)}
    accepted: Counter[str] = Counter()
    verdict = Verdict(modes=Counter(f"{asked.channel}: {asked.mode}" for asked in ledger))
    for asked in ledger:
        if not asked.accepted:
            continue
        if asked.channel == "email":
            accepted[asked.key] += 1
        elif asked.key in attempts:
            accepted[attempts[asked.key][0]] += 1
        else:  # handed over with no attempt on record
            verdict.unexplained.append(asked.key)
    verdict.doubled = sorted(pk for pk, times in accepted.items() if times > 1)
    live = {
        message: started
        for message, state, started in attempts.values()
        if state in ("in_flight", "accepted", "unknown")
    }
    for pk, _channel, state, reason, is_due, has_task, reminders in link.execute(ROWS):
        verdict.due += 1
        verdict.ends[f"{state} {reason}".strip()] += 1
        _judge(verdict, pk, state, reason, is_due, has_task, bool(accepted[pk]))
        if reminders and state in ARRIVED and set(reminders) <= {"planned", "bundled"}:
            verdict.wrong_state.append(pk)
        if (
            pk in forbidden_since
            and accepted[pk]
            and live.get(pk, forbidden_since[pk]) > forbidden_since[pk]
        ):
            verdict.forbidden.append(pk)
    return verdict


def _judge(
    verdict: Verdict, pk: str, state: str, reason: str, is_due: bool, has_task: bool, accepted: bool
) -> None:
    if (
        (state in WAITING and is_due)
        or (state in ARRIVED and not accepted)
        or (state in NOT_SENT and not reason)
    ):
        verdict.lost.append(pk)
    elif state == "unknown" and not has_task:
        verdict.unknown_without_task.append(pk)
        if not accepted:
            verdict.lost.append(pk)
    elif state in NOT_SENT and accepted and reason != "not_delivered":
        verdict.wrong_state.append(pk)
