"""Refuses a body in what Python counts among its encodings, though it is none of text.

Django makes the request, before any of its middleware, with whatever `charset` the header names; `zlib` or
`rot13` then raises where nobody answers.
"""

import codecs
import json
from collections.abc import Callable, Iterable
from email.message import Message
from typing import Any

from common.api.problems import CONTENT_TYPE, problem

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
UNFIT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})


def is_of_text(content_type: str) -> bool:
    """Whether the header names no charset, one that is unknown (Django passes it over), or a sound one."""
    header = Message()
    header["Content-Type"] = content_type
    try:
        found = codecs.lookup(str(header.get_param("charset") or "utf-8"))
    except (LookupError, ValueError):
        return True
    return found._is_text_encoding and found.name.replace("-", "_") not in UNFIT  # noqa: SLF001


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
