"""The outbox's inner statements, in SQL: the ORM costs more than the sending (`trials.md`).

Each is one statement in a transaction of its own (`enqueue` in its caller's), and each is conditional:
who lost a race gets no row back.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.database import run
from common.ids import uuid7
from messaging.models import Receipt

# Claim what is due: oldest first, rows that another drain holds are passed over. MATERIALIZED, or
# a planner may run the inner select again for the update and pass the limit. Without waiting for the
# disk at commit: lost, it is due as before, and nothing was armed.
CLAIM = """
WITH no_wait AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', TRUE)
), due AS MATERIALIZED (
    SELECT id FROM messaging_message
     WHERE channel = %(channel)s AND state = 'scheduled' AND send_at <= %(now)s
     ORDER BY send_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE messaging_message m
   SET state = 'sending', lease = %(lease)s, lease_until = %(until)s, updated_at = %(now)s
  FROM due, no_wait WHERE m.id = due.id
RETURNING m.id
"""

# Put into the outbox, and set other times where a message still waits. What is left out is empty, or
# its column's first state.
ENQUEUE = """
WITH shifted AS (
    UPDATE messaging_message m
       SET send_at = t.send_at, due_at = t.send_at, expires_at = t.expires_at, updated_at = %(now)s
      FROM unnest(%(shifted)s::uuid[], %(to_send_at)s::timestamptz[], %(to_expires_at)s::timestamptz[])
           AS t (id, send_at, expires_at)
     WHERE m.id = t.id AND m.state = 'scheduled'
)
INSERT INTO messaging_message
       (id, created_at, updated_at, purpose, about, channel, client_id, facility_id,
        contact_point_id, address_index, language, text_version, send_at, due_at, expires_at, state, reason,
        tries, armed, provider_id)
SELECT d.id, %(now)s, %(now)s, d.purpose, d.about, d.channel, d.client, d.facility,
       d.contact_point, d.address_index, d.language, '', d.send_at, d.send_at, d.expires_at, 'scheduled', '',
       0, FALSE, ''
  FROM unnest(%(ids)s::uuid[], %(purpose)s::text[], %(about)s::uuid[], %(channel)s::text[],
              %(client_id)s::uuid[], %(facility_id)s::uuid[], %(contact_point_id)s::uuid[],
              %(address_index)s::text[], %(language)s::text[], %(send_at)s::timestamptz[],
              %(expires_at)s::timestamptz[])
       AS d (id, purpose, about, channel, client, facility, contact_point, address_index, language,
             send_at, expires_at)
"""
DRAFTED = (
    "purpose", "about", "channel", "client_id", "facility_id", "contact_point_id", "address_index",
    "language", "send_at", "expires_at",
)  # fmt: skip

# The rows a lease holds, as they are now, with what the last look needs of whom they go to.
LEASED = """
SELECT m.id, m.purpose, m.about, m.channel, m.client_id, m.facility_id, m.contact_point_id,
       m.recipient, m.address_index, m.language, m.subject, m.body, m.expires_at, m.tries,
       c.zone, c.deceased_on, c.quiet_from, c.quiet_until,
       f.legal_name, f.zone, f.quiet_from, f.quiet_until, f.discreet_name, f.discreet_phone,
       f.messages_per_minute,
       p.value, p.valid_until, p.undeliverable_since,
       g.id IS NOT NULL, g.plain_words IS TRUE,
       EXISTS (SELECT FROM messaging_optout o
                WHERE o.address_index = m.address_index AND o.channel = m.channel
                  AND o.until IS NULL)
  FROM messaging_message m
  LEFT JOIN clients_client c ON c.id = m.client_id
  LEFT JOIN organization_facility f ON f.id = m.facility_id
  LEFT JOIN clients_contactpoint p ON p.id = m.contact_point_id
  LEFT JOIN clients_contactconsent g ON g.contact_point_id = m.contact_point_id
                                    AND g.channel = m.channel AND g.withdrawn_at IS NULL
 WHERE m.id = ANY(%(ids)s::uuid[]) AND m.lease = %(lease)s AND m.state = 'sending'
 ORDER BY m.id
   FOR UPDATE OF m
"""

# Arm: still ours, lease alive, not cancelled since the check -> an attempt is on record, and the page
# behind the link of those that have one. A row that does not come back must not be handed over.
ARM = """
WITH armed AS (
    UPDATE messaging_message m
       SET armed = TRUE, subject = c.subject, body = c.body, text_version = c.version,
           text_digest = c.digest, updated_at = %(now)s
      FROM unnest(%(ids)s::uuid[], %(attempts)s::uuid[], %(subjects)s::bytea[],
                  %(bodies)s::bytea[], %(versions)s::text[], %(digests)s::text[],
                  %(links)s::uuid[], %(tokens)s::text[], %(pages_until)s::timestamptz[])
           AS c (id, attempt, subject, body, version, digest, link, token, page_until)
     WHERE m.id = c.id AND m.state = 'sending' AND NOT m.armed
       AND m.lease = %(lease)s AND m.lease_until > %(now)s AND m.expires_at > %(now)s
    RETURNING m.id, GREATEST(m.expires_at, c.page_until) AS page_until, c.attempt, c.link, c.token
), linked AS (
    INSERT INTO messaging_link (id, created_at, updated_at, message_id, token_digest, good_until)
    SELECT link, %(now)s, %(now)s, id, token, page_until FROM armed WHERE token IS NOT NULL
)
INSERT INTO messaging_attempt
       (id, message_id, number, state, started_at, created_at, updated_at,
        provider_id, code, words)
SELECT attempt, armed.id,
       1 + (SELECT count(*) FROM messaging_attempt a WHERE a.message_id = armed.id),
       'in_flight', %(now)s, %(now)s, %(now)s, '', '', ''
  FROM armed
    ON CONFLICT (message_id) WHERE state IN ('in_flight', 'accepted', 'unknown') DO NOTHING
RETURNING message_id
"""

# Record what became of the hand-overs, without waiting for the disk at commit: lost, it is unknown. An attempt that a callback has settled already is left as it
# is; one that the sweep had to call unknown is settled now.
RECORD = """
WITH no_wait AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', TRUE)
), outcome AS (
    SELECT o.* FROM no_wait, unnest(%(attempts)s::uuid[], %(attempt_states)s::text[],
                         %(provider_ids)s::text[], %(codes)s::text[], %(words)s::text[],
                         %(states)s::text[], %(reasons)s::text[], %(again_at)s::timestamptz[],
                         %(tries)s::int[])
        AS o (attempt, attempt_state, provider_id, code, words, state, reason, again_at, tries)
), settled AS (
    UPDATE messaging_attempt a
       SET state = o.attempt_state, ended_at = %(now)s, provider_id = o.provider_id,
           code = o.code, words = o.words, updated_at = %(now)s
      FROM outcome o
     WHERE a.id = o.attempt AND a.state IN ('in_flight', 'unknown')
    RETURNING a.message_id, o.*
)
UPDATE messaging_message m
   SET state = s.state, reason = s.reason, lease = NULL, lease_until = NULL, armed = FALSE,
       provider_id = s.provider_id, tries = m.tries + s.tries,
       send_at = COALESCE(s.again_at, m.send_at),
       sent_at = CASE WHEN s.state IN ('sent', 'unknown') THEN %(now)s ELSE m.sent_at END,
       ended_at = CASE WHEN s.state IN ('scheduled', 'sent') THEN NULL ELSE %(now)s END,
       updated_at = %(now)s
  FROM settled s
 WHERE m.id = s.message_id AND m.state IN ('sending', 'unknown')
RETURNING m.id, m.state, m.reason
"""

# What was claimed and not armed goes back, provably unsent: `put_off` gives some a later time.
RELEASE = """
UPDATE messaging_message
   SET state = 'scheduled', lease = NULL, lease_until = NULL, updated_at = %(now)s
 WHERE lease = %(lease)s AND state = 'sending' AND NOT armed
"""

# What a provider called back with, unless the very same was handled; if it was not, that one is it.
STORE_RECEIPT = """
INSERT INTO messaging_receipt
       (id, created_at, updated_at, attempt_id, provider_id, status, code, outcome)
VALUES (%(id)s, %(now)s, %(now)s, %(attempt)s, %(provider_id)s, %(status)s, %(code)s, '')
    ON CONFLICT (attempt_id, provider_id, status, code) DO UPDATE
   SET updated_at = EXCLUDED.updated_at WHERE messaging_receipt.handled_at IS NULL
RETURNING id
"""


@dataclass(frozen=True)
class Times:
    """When a message is due, and when it is too late for it."""

    send_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True)
class Outcome:
    """What became of one hand-over: the attempt's end, and what that makes of the message."""

    attempt_id: uuid.UUID
    attempt_state: str
    state: str
    reason: str = ""
    provider_id: str = ""
    code: str = ""
    words: str = ""
    again_at: dt.datetime | None = None
    tries: int = 0


def enqueue(
    drafts: Sequence[Mapping[str, Any]], shifted: Mapping[uuid.UUID, Times], *, now: dt.datetime
) -> list[uuid.UUID]:
    """Have these wait for their time; their ids, in the same order. `shifted` wait for another one."""
    ids = [uuid7() for _ in drafts]
    values: dict[str, Any] = {name: [draft[name] for draft in drafts] for name in DRAFTED}
    values |= {
        "ids": ids,
        "now": now,
        "shifted": list(shifted),
        "to_send_at": [times.send_at for times in shifted.values()],
        "to_expires_at": [times.expires_at for times in shifted.values()],
    }
    run(ENQUEUE, values)
    return ids


def claim(
    *, channel: str, limit: int, lease: uuid.UUID, until: dt.datetime, now: dt.datetime
) -> list[uuid.UUID]:
    """Claim up to `limit` due messages of a channel until the lease ends."""
    values = {"channel": channel, "limit": limit, "lease": lease, "until": until, "now": now}
    return [row[0] for row in run(CLAIM, values)]


def leased(ids: Sequence[uuid.UUID], *, lease: uuid.UUID) -> list[tuple[Any, ...]]:
    """The rows of `LEASED`, locked."""
    return run(LEASED, {"ids": list(ids), "lease": lease})


def arm(
    *,
    lease: uuid.UUID,
    now: dt.datetime,
    ids: Sequence[uuid.UUID],
    attempts: Sequence[uuid.UUID],
    subjects: Sequence[bytes | None],
    bodies: Sequence[bytes],
    versions: Sequence[str],
    digests: Sequence[str],
    tokens: Sequence[str | None],
    pages_until: Sequence[dt.datetime | None],
) -> set[uuid.UUID]:
    """Put an attempt on record for each message that may still go; the ids of those. `tokens`: the
    digest of the one in its page's address, for those that name a page; `pages_until`: how long that
    is there, if longer than the message lives."""
    values = {
        "lease": lease,
        "now": now,
        "ids": list(ids),
        "attempts": list(attempts),
        "subjects": list(subjects),
        "bodies": list(bodies),
        "versions": list(versions),
        "digests": list(digests),
        "links": [uuid7() for _ in tokens],
        "tokens": list(tokens),
        "pages_until": list(pages_until),
    }
    return {row[0] for row in run(ARM, values)}


def record(outcomes: Sequence[Outcome], *, now: dt.datetime) -> list[tuple[uuid.UUID, str, str]]:
    """Record outcomes; for each message that this settled: id, state, reason."""
    values = {
        "now": now,
        "attempts": [o.attempt_id for o in outcomes],
        "attempt_states": [o.attempt_state for o in outcomes],
        "provider_ids": [o.provider_id for o in outcomes],
        "codes": [o.code[:40] for o in outcomes],
        "words": [o.words[:200] for o in outcomes],
        "states": [o.state for o in outcomes],
        "reasons": [o.reason for o in outcomes],
        "again_at": [o.again_at for o in outcomes],
        "tries": [o.tries for o in outcomes],
    }
    return [(row[0], row[1], row[2]) for row in run(RECORD, values)]


def release(*, lease: uuid.UUID, now: dt.datetime) -> None:
    """Give back what was claimed under this lease and not armed."""
    run(RELEASE, {"lease": lease, "now": now})


def store_receipt(receipt: Receipt, *, now: dt.datetime) -> uuid.UUID | None:
    """Keep it; the id of the row to be handled, if one is."""
    values = {
        "id": receipt.pk,
        "now": now,
        "attempt": receipt.attempt_id,
        "provider_id": receipt.provider_id,
        "status": receipt.status,
        "code": receipt.code,
    }
    found = run(STORE_RECEIPT, values)
    return found[0][0] if found else None
