"""Reading a file that is the whole body of a request. It passes through memory, never a disk."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser


class CsvParser(BaseParser):
    """`text/csv`, perhaps with a `charset` (RFC 7111). How large it may be is bounded before."""

    media_type = "text/csv"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The file's bytes as `content`, and the `charset` that it is said to be in."""
        _, parameters = parse_header_parameters(media_type or "")
        return {"content": stream.read(), "charset": parameters.get("charset", "utf-8")}
