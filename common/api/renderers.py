"""Answers as JSON, by orjson: it writes identifiers, times and dates itself."""

from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_other = JSONEncoder().default


def to_json(data: Any) -> bytes:
    """As REST framework's encoder writes it, compact and in UTF-8."""
    return orjson.dumps(data, default=_other, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class QuickJSONRenderer(JSONRenderer):
    """REST framework's own but for who writes."""

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> bytes:
        """Nothing for None, which says that there is no body."""
        return b"" if data is None else to_json(data)
