"""F6 and R1: reminders by e-mail, from due to recorded, through beat, Redis, drains, attempts and outcomes."""

import select
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Collection

from django.db import connection

from benchmarks.ceiling.claims import claims_a_second
from benchmarks.results import Measured
from benchmarks.stack import Stack
from dev.console import Trouble
from dev.places import ROOT
from organization.models import Facility

PROCESSES = 2
LONGEST_SECONDS = 300.0
# The last reminder of each visit that is two days ahead: nothing later overtakes it.
CHOOSE = """
CREATE TABLE benchmarks_chosen AS
SELECT DISTINCT ON (m.about) m.id, m.send_at
  FROM messaging_message m JOIN appointments_reminder r ON r.message_id = m.id
 WHERE m.channel = %s AND m.state = 'scheduled' AND m.purpose = 'reminder'
   AND m.send_at > now() + interval '4 hours' AND m.facility_id = ANY(%s)
 ORDER BY m.about, m.send_at DESC
 LIMIT %s
"""
# What waits as a text goes by e-mail instead, where the client may be written to: R1 wants more e-mails
# than this size has, and even so there are some 16,000.
BY_EMAIL = (
    """
UPDATE messaging_message m
   SET channel = 'email', contact_point_id = p.id, address_index = p.address_index
  FROM clients_contactpoint p JOIN clients_contactconsent g
    ON g.contact_point_id = p.id AND g.channel = 'email' AND g.withdrawn_at IS NULL
 WHERE m.channel = 'sms' AND m.state = 'scheduled' AND m.purpose = 'reminder'
   AND p.client_id = m.client_id AND p.kind = 'email' AND p.undeliverable_since IS NULL
   AND NOT EXISTS (SELECT FROM messaging_optout o
                    WHERE o.address_index = p.address_index AND o.channel = 'email'
                      AND o.until IS NULL)
""",
    """
UPDATE appointments_reminder r SET channel = m.channel, contact_point_id = m.contact_point_id
  FROM messaging_message m WHERE m.id = r.message_id AND m.channel <> r.channel
""",
    "VACUUM (ANALYZE) messaging_message, appointments_reminder",
)
# Nobody's quiet hours may hold while this runs, yet every message is checked against them.
AWAKE = """
UPDATE organization_facility
   SET quiet_from = ((now() AT TIME ZONE zone) + interval '8 hours')::time(0),
       quiet_until = ((now() AT TIME ZONE zone) + interval '16 hours')::time(0)
"""
DUE = "UPDATE messaging_message SET send_at = now() WHERE id IN (SELECT id FROM benchmarks_chosen)"
# By the indexes of what is due and of what is claimed: asked twenty times a second, it must cost nothing.
WAITING = """
SELECT (EXISTS (SELECT FROM messaging_message
                 WHERE state = 'scheduled' AND channel = %s AND send_at <= now())
     OR EXISTS (SELECT FROM messaging_message WHERE state = 'sending'))::int
"""
SENT = """
SELECT count(*) FROM messaging_message m
 WHERE id IN (SELECT id FROM benchmarks_chosen) AND state = 'sent'
   AND EXISTS (SELECT FROM messaging_attempt a WHERE a.message_id = m.id AND a.state = 'accepted')
   AND EXISTS (SELECT FROM appointments_reminder r WHERE r.message_id = m.id AND r.state = 'sent')
"""
ENDS = """
SELECT count(*), state, reason FROM messaging_message
 WHERE id IN (SELECT id FROM benchmarks_chosen) GROUP BY 2, 3
"""
# As they were, for the next run: what was sent becomes due once more.
AGAIN = (
    "DELETE FROM messaging_link WHERE message_id IN (SELECT id FROM benchmarks_chosen)",
    "DELETE FROM messaging_attempt WHERE message_id IN (SELECT id FROM benchmarks_chosen)",
    """UPDATE appointments_reminder SET state = 'planned', reason = ''
        WHERE message_id IN (SELECT id FROM benchmarks_chosen)""",
    """UPDATE messaging_message m
          SET state = 'scheduled', reason = '', sent_at = NULL, ended_at = NULL, provider_id = '',
              tries = 0, send_at = c.send_at
         FROM benchmarks_chosen c WHERE c.id = m.id""",
    "VACUUM (ANALYZE) messaging_message, messaging_attempt, messaging_link, appointments_reminder",
)


def emails(stack: Stack, *, runs: int, messages: int, figure: str = "F6") -> Measured:
    """Two worker processes against two bare loops, by turns, to the same sink."""
    if figure == "R1":
        all_by_email()
    found = choose(messages, "email")
    ours, theirs = [], []
    for _ in range(runs):
        theirs.append(bare_loops(stack, found))
        ours.append(drained(found, "email"))
    undo()
    return Measured(
        figure,
        [mine / bare for mine, bare in zip(ours, theirs, strict=True)],
        f"(c) two bare SMTP loops: {statistics.median(theirs):.0f} a second",
        [
            f"Casework {statistics.median(ours):.0f} a second; {found} e-mails a run.",
            f"Reference (d), claims alone by 500s: {claims_a_second(_url(stack), found):.0f} a second.",
        ],
    )


def all_by_email() -> None:
    """Have e-mail carry all that waits, as far as it may."""
    with connection.cursor() as cursor:
        for statement in BY_EMAIL:
            cursor.execute(statement)


def choose(messages: int, channel: str, facilities: Collection[uuid.UUID] | None = None) -> int:
    """Choose what is to be sent, perhaps of these facilities alone; nobody's quiet hours hold."""
    of = list(Facility.objects.values_list("pk", flat=True)) if facilities is None else facilities
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS benchmarks_chosen")
        cursor.execute(CHOOSE, [channel, list(of), messages])
        cursor.execute("SELECT count(*) FROM benchmarks_chosen")
        found = int(cursor.fetchone()[0])
        cursor.execute(AWAKE)
    if found < messages:
        raise Trouble(f"Only {found} reminders by {channel} are ahead: take a larger size.")
    return found


def undo() -> None:
    """As they were before they were sent."""
    with connection.cursor() as cursor:
        for statement in AGAIN:
            cursor.execute(statement)


def drained(messages: int, channel: str) -> float:
    """Messages a second, from the moment they are due until the last outcome is recorded."""
    undo()
    with connection.cursor() as cursor:
        cursor.execute(DUE)
        begun = time.monotonic()
        while _number(WAITING, channel):
            if time.monotonic() - begun > LONGEST_SECONDS:
                raise Trouble(f"After {LONGEST_SECONDS:.0f} s some still wait: {_ends()}.")
            time.sleep(0.05)
        took = time.monotonic() - begun
    if (sent := sent_so_far()) != messages:
        raise Trouble(f"Of {messages} messages {sent} were sent and recorded: {_ends()}.")
    return messages / took


def sent_so_far() -> int:
    """How many of the chosen were sent, with their attempt and the ledger saying so."""
    return _number(SENT)


def _ends() -> str:
    """How many came to which end."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS)
        return ", ".join(f"{count} {state} {reason}".strip() for count, state, reason in cursor)


def _url(stack: Stack) -> str:
    return stack.env["MIGRATION_DATABASE_URL"]


def _number(query: str, *values: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.fetchone()[0])


def bare_loops(stack: Stack, messages: int) -> float:
    """Reference (c): messages a second of two processes."""
    each = messages // PROCESSES
    command = [sys.executable, "-m", "benchmarks.ceiling.smtp"]
    command += [str(stack.ports["smtp_port"]), str(each)]
    loops = [
        subprocess.Popen(
            command, cwd=ROOT, env=stack.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(PROCESSES)
    ]
    for loop in loops:
        assert loop.stdout is not None
        select.select([loop.stdout], [], [], 20)
        loop.stdout.readline()
    begun = time.monotonic()
    for loop in loops:
        assert loop.stdin is not None
        loop.stdin.write(b"go\n")
        loop.stdin.close()
    for loop in loops:
        loop.wait()
    return each * PROCESSES / (time.monotonic() - begun)
