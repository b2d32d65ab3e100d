"""Signing in by token: knox's tokens, read in one statement with who holds them and what they may do."""

import binascii
import uuid
from secrets import compare_digest
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from common.clock import now
from organization.access import Access
from organization.models import Membership, User


class TokenAuthentication(KnoxTokenAuthentication):  # type: ignore[misc]  # knox has no types
    """As knox's own, which needs two statements more and removes old tokens on the way.

    Here they go when their user is given a new one (`services.accounts.forget_ended_tokens`).
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        """The user and the token; the user's access comes with them."""
        text = token.decode("latin-1")
        held = Membership.objects.current().filter(user=OuterRef("user"))
        pair = JSONObject(facility="facility_id", role="role")
        alike = AuthToken.objects.filter(
            token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH], expiry__gt=now(), user__is_active=True
        )
        for stored in alike.select_related("user").annotate(
            held=ArraySubquery(held.values(p=pair))
        ):
            if compare_digest(_digest(text), stored.digest):
                user: User = stored.user
                roles = [(uuid.UUID(each["facility"]), each["role"]) for each in stored.held]
                user.access = Access.of(user.pk, roles)
                return user, stored
        raise AuthenticationFailed("Sign in anew: this token has ended or never was.")


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
