"""How a log line looks: nothing in it may tell who a client is or what was said to them."""

import copy
import logging
import re
import traceback
from types import TracebackType

LINK = re.compile(r"(/a/|/password/reset/key/|/accounts/link/)[\w-]+")


class DiscreetFormatter(logging.Formatter):
    """Says where a fault happened and of what type it was, not in which words.

    A database's words quote the row, a parser's quote the text. The token in the address of a
    client's own page opens it, so it is left out as well.
    """

    def format(self, record: logging.LogRecord) -> str:
        args = record.args
        if isinstance(args, dict) and "exc" in args:  # Celery writes an error's words out
            record = copy.copy(record)
            record.args = {**args, "exc": "(its words are left out)", "traceback": ""}
        return LINK.sub(r"\1…", super().format(record))

    def formatException(  # noqa: N802 (logging's name)
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        kind, _, trace = ei
        where = "".join(traceback.format_tb(trace)).rstrip()
        return f"{where}\n{kind.__name__ if kind else ''} (its words are left out)"
