"""Refuses a body in an encoding that is none of text, or that nobody needs here.

Django makes the request, before any of its middleware, with whatever `charset` the header names: `zlib` or
`rot13` then raises where nobody answers, and Python keeps every unknown name that it is asked about for
ever. So a name is compared with a short list, and never looked up.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from common.api.problems import CONTENT_TYPE, problem

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
CHARSETS = frozenset(
    {
        *("utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be"),
        *("iso-8859-1", "iso-8859-15", "latin-1", "latin1", "windows-1252", "cp1252"),
    }
)
NAMED = re.compile(r"charset(\*?)\s*=\s*\"?([^\";,\s]*)", re.IGNORECASE)


def is_of_text(content_type: str) -> bool:
    """Whether every charset that the header names, if any, is one of those read here."""
    return all(
        not extended and (not name or name.lower() in CHARSETS)
        for extended, name in NAMED.findall(content_type)
    )


class SoundCharsets:
    """Stands before Django's application."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if is_of_text(environ.get("CONTENT_TYPE", "")):
            return self.application(environ, start)
        words = "Send text as UTF-8."
        body = json.dumps(problem(status=415, code="unknown_charset", detail=words)).encode()
        headers = [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(body)))]
        start("415 Unsupported Media Type", headers)
        return [body]
