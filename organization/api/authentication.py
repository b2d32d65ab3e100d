"""Signing in by token: knox's tokens, read in one statement with who holds them and what they may do."""

import binascii
import datetime as dt
import json
import uuid
from secrets import compare_digest
from typing import Any

from django.db import connection
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from common.clock import now
from common.database import run
from organization.access import Access
from organization.models import User

SIGNED_IN = """
SELECT t.digest, t.created, t.expiry, u.id, u.email, u.full_name, u.languages, u.created_at, u.updated_at,
       ARRAY(SELECT jsonb_build_array(m.facility_id, m.role)
               FROM organization_membership m
              WHERE m.user_id = u.id AND m.since <= %(now)s
                AND (m.until IS NULL OR m.until > %(now)s))
  FROM knox_authtoken t
  JOIN organization_user u ON u.id = t.user_id
 WHERE t.token_key = %(key)s AND t.expiry > %(now)s AND u.is_active
"""
"""Every request of a program begins with it: written by hand, it takes a fifth of the ORM's time."""


class TokenAuthentication(KnoxTokenAuthentication):  # type: ignore[misc]  # knox has no types
    """As knox's own, which needs two statements more and removes old tokens on the way.

    Here they go when their user is given a new one (`services.accounts.forget_ended_tokens`). The
    user comes with their access, and without the password's hash.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        """The user and the token; the user's access comes with them."""
        text = token.decode("latin-1")
        key = text[: CONSTANTS.TOKEN_KEY_LENGTH]
        if "\x00" not in key:
            alike = run(SIGNED_IN, {"key": key, "now": now()})
            digest = _digest(text)
            for row in alike:
                if compare_digest(digest, row[0]):
                    return _signed_in(key, *row)
        raise AuthenticationFailed("Sign in anew: this token has ended or never was.")


def _signed_in(
    key: str, digest: str, created: dt.datetime, expiry: dt.datetime, user_id: uuid.UUID,
    email: str, full_name: str, languages: list[str], made_at: dt.datetime,
    changed_at: dt.datetime, held: list[Any],
) -> tuple[User, AuthToken]:  # fmt: skip
    names = ("id", "email", "full_name", "languages", "is_active", "created_at", "updated_at")
    values = (user_id, email, full_name, languages, True, made_at, changed_at)
    user = User.from_db(connection.alias, names, values)
    roles = (json.loads(each) if isinstance(each, str) else each for each in held)
    user.access = Access.of(user.pk, [(uuid.UUID(facility), role) for facility, role in roles])
    token = AuthToken(digest=digest, token_key=key, user=user, created=created, expiry=expiry)
    token._state.adding = False  # noqa: SLF001 (it was read, not made)
    return user, token


def _digest(text: str) -> str:
    try:
        return str(hash_token(text))
    except (TypeError, binascii.Error):
        return ""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How the token is described."""

    target_class = "organization.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, from `POST /api/v1/auth/token/`.",
        }
