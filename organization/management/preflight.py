"""What has to be in order before anybody signs in: each thing looked at, with the way out."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from common.cache import redis_answers

SECONDS = 3

PRIVILEGES = """
SELECT rolsuper OR has_table_privilege(current_user, 'audit_auditevent', 'UPDATE')
FROM pg_roles WHERE rolname = current_user
"""


class Verdict(Enum):
    WELL = "ok"
    DOUBT = "note"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. A fault stops the set-up, a doubt doesn't."""

    verdict: Verdict
    words: str


def findings() -> Iterator[Finding]:
    """Look at the settings, the database, Redis and the mail server."""
    yield from _settings()
    yield from _database()
    yield _redis()
    yield _mail()


def _settings() -> Iterator[Finding]:
    """Django's own checks and ours; for a deployment, unless this is a development machine."""
    said = run_checks(include_deployment_checks=not settings.DEVELOPMENT)
    serious = [one for one in said if one.level >= WARNING and not one.is_silenced()]
    for message in serious:
        verdict = Verdict.FAULT if message.level >= ERROR else Verdict.DOUBT
        yield Finding(verdict, f"settings: {message.msg} ({message.id})")
    if not serious:
        yield Finding(Verdict.WELL, "settings")


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError:
        yield Finding(Verdict.FAULT, "database: it doesn't answer. Look at DATABASE_URL.")
        return
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield Finding(
            Verdict.FAULT,
            f"database: migrations to be applied: {missing}. Run `manage.py migrate`.",
        )
        return
    yield Finding(Verdict.WELL, "database")
    yield _roles()


def _roles() -> Finding:
    """Whether the application's role could rewrite the audit trail."""
    with connection.cursor() as cursor:
        cursor.execute(PRIVILEGES)
        (could_rewrite,) = cursor.fetchone()
    if not could_rewrite:
        return Finding(Verdict.WELL, "database roles")
    return Finding(
        Verdict.DOUBT if settings.DEVELOPMENT else Verdict.FAULT,
        "database roles: the application could rewrite the audit trail. Give DATABASE_URL a role of "
        "its own, and name the owner's in MIGRATION_DATABASE_URL.",
    )


def _redis() -> Finding:
    if redis_answers():
        return Finding(Verdict.WELL, "Redis")
    return Finding(
        Verdict.DOUBT, "Redis: it doesn't answer. Pages work; nothing is sent. Look at REDIS_URL."
    )


def _mail() -> Finding:
    server = (settings.EMAIL_HOST, settings.EMAIL_PORT)
    try:
        socket.create_connection(server, timeout=SECONDS).close()
    except OSError:
        return Finding(
            Verdict.DOUBT,
            "mail server: it doesn't answer, so invitations can't be sent. Look at EMAIL_HOST and "
            "EMAIL_PORT.",
        )
    return Finding(Verdict.WELL, "mail server")
