"""(b) The same 25 clients by psycopg and json in a bare WSGI application: no framework at all."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from psycopg.rows import dict_row

Start = Callable[[str, list[tuple[str, str]]], Any]
NEWEST = "SELECT * FROM clients_client ORDER BY created_at DESC, id DESC LIMIT 25"


class _Held:
    """One connection a process, opened at the first request: after gunicorn's fork."""

    link: "psycopg.Connection[dict[str, Any]] | None" = None


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """Answer every request with the list."""
    if _Held.link is None:
        _Held.link = psycopg.connect(
            os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row
        )
    rows = _Held.link.execute(NEWEST, prepare=True).fetchall()
    body = json.dumps({"results": rows}, default=str).encode()
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    )
    return [body]
