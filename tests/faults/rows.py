"""The rows that a run is about: which messages, when they fall due, and all as before."""

from collections.abc import Sequence
from typing import Any

import psycopg

# Nobody's quiet hours may hold while this runs, yet every message is checked against them.
AWAKE = """
UPDATE organization_facility
   SET quiet_from = ((now() AT TIME ZONE zone) + interval '8 hours')::time(0),
       quiet_until = ((now() AT TIME ZONE zone) + interval '16 hours')::time(0)
"""
# What an earlier run left, taken back: each chosen message waits again, far off, never attempted.
CLEAN = (
    "CREATE TABLE IF NOT EXISTS faults_chosen (id uuid PRIMARY KEY)",
    """TRUNCATE messaging_attempt, messaging_receipt, messaging_link, messaging_optout,
                messaging_channelstate, messaging_heartbeat, messaging_inboundmessage CASCADE""",
    "DELETE FROM worklist_task WHERE source LIKE 'message:%' OR source LIKE 'channel:%'",
    """UPDATE clients_contactpoint SET undeliverable_since = NULL
        WHERE undeliverable_since IS NOT NULL""",
    """UPDATE appointments_reminder SET state = 'planned', reason = ''
        WHERE message_id IN (SELECT id FROM faults_chosen)""",
    """UPDATE messaging_message
          SET state = 'scheduled', reason = '', sent_at = NULL, delivered_at = NULL,
              ended_at = NULL, provider_id = '', tries = 0, lease = NULL, lease_until = NULL,
              armed = FALSE, send_at = now() + interval '1 day'
        WHERE id IN (SELECT id FROM faults_chosen)""",
    # The bad rows of a run stay bad for that run alone; an address that no key opens is not chosen again.
    "UPDATE clients_client SET zone = '' WHERE zone = 'Mars/Olympus'",
    "UPDATE messaging_message SET purpose = 'reminder' WHERE purpose = 'from_another_world'",
    "TRUNCATE faults_chosen",
)
# The last reminder of each visit that is days ahead: nothing later overtakes it.
CHOOSE = """
INSERT INTO faults_chosen
SELECT id FROM (
    SELECT DISTINCT ON (m.about) m.id, m.channel
      FROM messaging_message m JOIN appointments_reminder r ON r.message_id = m.id
     WHERE m.state = 'scheduled' AND m.purpose = 'reminder'
       AND m.send_at > now() + interval '4 hours'
       AND NOT EXISTS (SELECT FROM clients_contactpoint p
                        WHERE p.client_id = m.client_id AND p.value = '\\x00ff'::bytea)
     ORDER BY m.about, m.send_at DESC) last
 WHERE channel = ANY(%s) ORDER BY id LIMIT %s
"""
DUE = """
UPDATE messaging_message m
   SET send_at = due.at, due_at = due.at
  FROM (SELECT id, now() + random() * %s * interval '1 second' AS at FROM faults_chosen) due
 WHERE due.id = m.id
"""
SETTLED = """
SELECT count(*) FROM messaging_message m JOIN faults_chosen c ON c.id = m.id
 WHERE m.state = 'sending' OR (m.state = 'scheduled' AND m.send_at <= now() + interval '1 minute')
"""
DROP_INDEX = "DROP INDEX IF EXISTS one_live_attempt"
RESTORE_INDEX = (
    "CREATE UNIQUE INDEX IF NOT EXISTS one_live_attempt ON messaging_attempt (message_id) "
    "WHERE state IN ('in_flight', 'accepted', 'unknown')"
)
NEEDS_NO_INDEX = {"skip_locked", "live_attempt_index"}
"""These need the index dropped by the owner, before the workers start."""


def choose(link: "psycopg.Connection[Any]", due: int, channels: Sequence[str]) -> int:
    """Choose so many; how many there were."""
    with link:
        return link.execute(CHOOSE, [list(channels), due]).rowcount


def make_due(link: "psycopg.Connection[Any]", seconds: float) -> None:
    """Due one after the other within these seconds."""
    with link:
        link.execute(DUE, [seconds])
