"""Keys as text: 32 random bytes in base64, and nothing that merely resembles them."""

import base64
import binascii
from functools import cache

KEY_BYTES = 32
FEWEST_DISTINCT_BYTES = 12
"""Of 32 random bytes about 30 are distinct; twelve or fewer come by chance in no lifetime."""


@cache
def key_bytes(text: str) -> bytes:
    """The 32 bytes that `text` stands for. Raises ValueError, whose words hold nothing of the key."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if base64.b64encode(key).decode() != text:
        raise ValueError("is not base64")
    if len(key) != KEY_BYTES:
        raise ValueError(f"has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def looks_random(key: bytes) -> bool:
    """False for a key of zeros, a repeated word and the like."""
    return len(set(key)) > FEWEST_DISTINCT_BYTES
