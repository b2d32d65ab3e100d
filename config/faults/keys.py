"""The keys: without good ones nothing that is sealed or signed is worth anything."""

import re
from collections.abc import Iterator

from common.keys import key_bytes, looks_random
from config.faults.fault import Fault, Values

MAKE_ONE = "make one: python3 deploy/make_secrets.py"
SHORTEST_SECRET, FEWEST_DISTINCT = 50, 16
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


def missing(values: Values) -> Iterator[Fault]:
    """Keys that aren't given, in whatever environment."""
    for name in ("SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY"):
        if name not in values:
            yield Fault(name, f"is not set (nor {name}_FILE); {MAKE_ONE}")


def malformed(values: Values) -> Iterator[Fault]:
    """Keys of sealed columns that don't hold 32 bytes, or can't be told apart."""
    if "FIELD_KEYS" in values:
        yield from _field_keys(values["FIELD_KEYS"])
    if "BLIND_INDEX_KEY" in values:
        yield from _key("BLIND_INDEX_KEY", "", values["BLIND_INDEX_KEY"])


def _field_keys(text: str) -> Iterator[Fault]:
    pairs = [pair.partition(":") for pair in text.split(",")]
    if not all(colon and KEY_ID.fullmatch(key_id) for key_id, colon, _ in pairs):
        yield Fault("FIELD_KEYS", "is not written as id:key,id:key (ids of letters, digits, ._-)")
        return
    if len({key_id for key_id, _, _ in pairs}) < len(pairs):
        yield Fault("FIELD_KEYS", "has two keys of one id: only one of them would be used")
    for place, (_, _, key) in enumerate(pairs, 1):
        yield from _key("FIELD_KEYS", f"(key {place}) ", key)


def _key(name: str, which: str, text: str) -> Iterator[Fault]:
    try:
        key = key_bytes(text)
    except ValueError as error:
        yield Fault(name, f"{which}{error}; {MAKE_ONE}")
        return
    if not looks_random(key):
        yield Fault(name, f"{which}is not random; {MAKE_ONE}")


def weak(values: Values) -> Iterator[Fault]:
    """Keys that can be guessed, or that open more than one door."""
    secret = values.get("SECRET_KEY")
    if secret is not None:
        if secret.startswith("django-insecure"):
            yield Fault("SECRET_KEY", f"was made for development (django-insecure); {MAKE_ONE}")
        elif len(secret) < SHORTEST_SECRET:
            yield Fault("SECRET_KEY", f"is shorter than {SHORTEST_SECRET} characters; {MAKE_ONE}")
        elif len(set(secret)) < FEWEST_DISTINCT:
            yield Fault(
                "SECRET_KEY",
                f"has fewer than {FEWEST_DISTINCT} different characters; {MAKE_ONE}",
            )
    blind = values.get("BLIND_INDEX_KEY")
    if blind and blind in {
        pair.partition(":")[2] for pair in values.get("FIELD_KEYS", "").split(",")
    }:
        yield Fault("BLIND_INDEX_KEY", f"is also one of FIELD_KEYS; {MAKE_ONE}")
