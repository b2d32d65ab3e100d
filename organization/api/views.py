"""Facilities, programs, rooms; who I am; signing in for a token."""

from typing import Any

from django.contrib.auth import authenticate
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle
from rest_framework.views import APIView

from common.crypto import token_digest
from organization.api.base import Listed, Resource, Retrieved
from organization.api.filters import ProgramFilters, RoomFilters
from organization.api.serializers import (
    FacilityChanges,
    FacilityOutput,
    MeOutput,
    ProgramOutput,
    RoomOutput,
    SignInInput,
    TokenOutput,
)
from organization.models import Facility, Membership, Program, Room, User
from organization.services.accounts import forget_ended_tokens, holds_still
from organization.services.places import update_facility


class FacilityViews(Listed, Retrieved):
    """The facilities where you work."""

    model = Facility
    output = FacilityOutput

    @extend_schema(request=FacilityChanges, responses={200: FacilityOutput})
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change what messages say of the facility and when they go; what is pending follows."""
        facility = self.find()
        given = self.parse(FacilityChanges)
        return self.answer(update_facility(facility=facility, by=self.user, **given))


class ProgramViews(Listed, Retrieved):
    """The programs of those facilities."""

    model = Program
    output = ProgramOutput
    filterset_class = ProgramFilters


class RoomViews(Listed, Retrieved):
    """The rooms of those facilities."""

    model = Room
    output = RoomOutput
    filterset_class = RoomFilters


class MeView(Resource):
    """Who is signed in, and what they may do where."""

    model = User
    output = MeOutput

    @extend_schema(responses=MeOutput)
    def retrieve(self, request: Request) -> Response:
        current = Prefetch("memberships", Membership.objects.current())
        return self.answer(User.objects.prefetch_related(current).get(pk=self.user.pk))


class AccountThrottle(SimpleRateThrottle):
    """Tries at one account, wherever they come from."""

    scope = "account"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        email = request.data.get("email", "") if isinstance(request.data, dict) else ""
        return f"account-{token_digest(str(email).lower())}"


class TokenView(APIView):
    """Tokens for programs: expiring, revocable, kept as a hash."""

    throttle_scope = "token"

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.request.method == "POST" else [*super().get_permissions()]

    def get_authenticators(self) -> list[Any]:
        # Who signs in anew is not judged by a token or cookie that has run out.
        method = getattr(self.request, "method", "")  # the schema asks without a request
        return [] if method == "POST" else super().get_authenticators()

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"

    def get_throttles(self) -> list[Any]:
        return [ScopedRateThrottle(), AccountThrottle()] if self.request.method == "POST" else []

    @extend_schema(request=SignInInput, responses={201: TokenOutput}, auth=[])
    def post(self, request: Request) -> Response:
        form = SignInInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = authenticate(
            request._request,  # noqa: SLF001 (Django's backends want Django's request)
            email=form.validated_data["email"].lower(),
            password=form.validated_data["password"],
        )
        if user is None or not holds_still(user):
            raise AuthenticationFailed("E-mail and password don't match.", "wrong_credentials")
        forget_ended_tokens(user)
        stored, token = AuthToken.objects.create(user=user)
        body = TokenOutput({"token": token, "expires_at": stored.expiry}).data
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Revoke the token that this request carries."""
        token = request.auth
        if isinstance(token, AuthToken):
            token.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
