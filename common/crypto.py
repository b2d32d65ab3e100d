"""Encrypted columns, and the keyed index by which an exact value can still be found.

A value is AES-256-GCM under the current key, with table, column and row as associated data: a
ciphertext copied to another row, column or table does not open. Stored form:
`key id length (1 byte) | key id | nonce (12) | ciphertext and tag`.
"""

import hashlib
import hmac
import os
import uuid
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from django.db.models.expressions import Combinable

from common.keys import key_bytes


class DecryptionError(Exception):
    """The value does not open: wrong key, or it was moved here from another place."""


def _key(key_id: str) -> AESGCM:
    try:
        return AESGCM(key_bytes(settings.FIELD_KEYS[key_id]))
    except KeyError:
        raise DecryptionError(f"No key {key_id!r} in FIELD_KEYS") from None


def encrypt(plain: str, place: str) -> bytes:
    """Seal `plain` for one place (`table.column:row`) under the current (first) key."""
    key_id = next(iter(settings.FIELD_KEYS))
    nonce = os.urandom(12)
    sealed = _key(key_id).encrypt(nonce, plain.encode(), place.encode())
    return bytes([len(key_id)]) + key_id.encode() + nonce + sealed


def decrypt(stored: bytes, place: str) -> str:
    """Open what `encrypt` sealed for this very place."""
    start = 1 + stored[0]
    key_id = stored[1:start].decode()
    nonce, sealed = stored[start : start + 12], stored[start + 12 :]
    try:
        return _key(key_id).decrypt(nonce, sealed, place.encode()).decode()
    except InvalidTag:
        raise DecryptionError(f"The value at {place} does not open there") from None


def blind_index(value: str, purpose: str) -> str:
    """A keyed digest (hex, 64) by which an exact value is found without being stored in clear."""
    key = key_bytes(settings.BLIND_INDEX_KEY)
    return hmac.new(key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def token_digest(token: str) -> str:
    """The digest (hex, 64) under which a random token is kept, so that the table opens no door."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sealed:
    """A stored value without its row. It has no readable form: ask the row's attribute."""

    __slots__ = ("stored",)

    def __init__(self, stored: bytes) -> None:
        self.stored = stored

    def __repr__(self) -> str:
        return "<sealed>"

    def __str__(self) -> str:
        raise TypeError("A sealed value opens only through its row's attribute")


class _SealedAttribute:
    """Opens and seals through the row it stands on, because the row's id is part of the seal."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    def __get__(self, row: models.Model | None, owner: type | None = None) -> Any:
        if row is None:
            return self
        name = self.field.attname
        if name not in row.__dict__:
            row.refresh_from_db(fields=[name])
        held = row.__dict__[name]
        if isinstance(held, Sealed):
            return decrypt(held.stored, self.field.place(row.pk))
        return held

    def __set__(self, row: models.Model, value: str | Sealed | None) -> None:
        row.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]  # not generic at run time
    """Text that the database holds sealed. Filters, `.update()` and `.values()` on it raise."""

    def place(self, row_id: uuid.UUID) -> str:
        """What the seal is bound to."""
        return f"{self.model._meta.db_table}.{self.column}:{row_id}"

    def contribute_to_class(
        self,
        cls: type[models.Model],
        name: str,
        private_only: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _SealedAttribute(self))

    def from_db_value(self, value: Any, expression: Combinable, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:  # noqa: FBT001
        held = model_instance.__dict__.get(self.attname)
        if held is None or isinstance(held, Sealed):
            return held
        return Sealed(encrypt(held, self.place(model_instance.pk)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is sealed: set it on its row and save, or use its index")
        return super().get_db_prep_value(value and value.stored, connection, prepared)

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.name} is sealed and is not serialized")
