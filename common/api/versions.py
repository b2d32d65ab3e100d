"""Versions of a resource as HTTP names them (RFC 9110, 8.8 and 13): `ETag`, `If-Match`, `If-None-Match`."""

import hashlib
from typing import Any

from common.api.renderers import to_json


def version_of(shown: Any) -> str:
    """The entity tag of what is shown. Who sees other fields of a resource has other tags."""
    return f'"{hashlib.sha256(to_json(shown)).hexdigest()[:32]}"'


def names(header: str, version: str) -> bool:
    """Whether the header's list has this version, or `*`. A proxy may have made the tag weak."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or version in tags
