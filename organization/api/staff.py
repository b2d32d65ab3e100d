"""Staff: colleagues for everybody; accounts and roles for who manages them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.serializers import Nothing
from organization.api.base import Listed, Resource, Retrieved
from organization.api.filters import StaffFilters
from organization.api.serializers import (
    DeactivationInput,
    InvitationInput,
    RoleInput,
    StaffMembershipOutput,
    StaffOutput,
)
from organization.models import Membership, User
from organization.queries import managed_memberships, staff_once_seen_by, staff_seen_by
from organization.services import accounts, staff
from organization.services.links import hold_account


@extend_schema(tags=["staff"])
@extend_schema_view(
    list=extend_schema(summary="Your colleagues"),
    retrieve=extend_schema(summary="One colleague"),
)
class StaffViews(Listed, Retrieved):
    """Your colleagues; where you manage accounts, also closed accounts and people who left."""

    model = User
    output = StaffOutput
    filterset_class = StaffFilters
    voided_field = "gone_at"

    def get_queryset(self) -> QuerySet[User]:
        if getattr(self, "swagger_fake_view", False):
            return User.objects.none()
        return staff_seen_by(self.user)

    def with_void(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With those who left: they are told by their id alone."""
        once = staff_once_seen_by(self.user)
        return once.filter(Q(pk__in=rows.values("pk")) | Q(gone_at__isnull=False))

    def hold(self, row: User) -> None:
        hold_account(row)

    def fill_in(self, rows: Sequence[Any]) -> None:
        prefetch_related_objects(rows, managed_memberships(self.user))

    @extend_schema(request=InvitationInput, responses={201: StaffOutput})
    def create(self, request: Request) -> Response:
        """Invite somebody: a role for them, and a mail with a link for the first sign-in.

        The link works once, within three days. Who has an account already gets the role alone.
        """
        given = self.parse(InvitationInput)
        return self.answer(staff.invite(by=self.user, **given), code=status.HTTP_201_CREATED)

    @extend_schema(request=Nothing, responses={200: StaffOutput})
    def invite_again(self, request: Request, **kwargs: Any) -> Response:
        """Mail a new link to somebody who has not chosen a password yet."""
        user = self.find()
        self.parse(Nothing)
        return self.answer(accounts.invite_again(user=user, by=self.user))

    @extend_schema(request=Nothing, responses={200: StaffOutput})
    def reset_password(self, request: Request, **kwargs: Any) -> Response:
        """End somebody's password, sessions and tokens now, and mail a link for a new one."""
        user = self.find()
        self.parse(Nothing)
        return self.answer(accounts.reset_password(user=user, by=self.user))

    @extend_schema(request=DeactivationInput, responses={200: StaffOutput})
    def deactivate(self, request: Request, **kwargs: Any) -> Response:
        """Close an account: from the next request on, no session, token or link opens anything.

        Takes managing accounts at every facility where the person works.
        """
        user = self.find()
        given = self.parse(DeactivationInput)
        return self.answer(accounts.deactivate(user=user, by=self.user, **given))

    @extend_schema(request=Nothing, responses={200: StaffOutput})
    def reactivate(self, request: Request, **kwargs: Any) -> Response:
        """Open a closed account again, and mail a link for a new password."""
        user = self.find()
        self.parse(Nothing)
        return self.answer(accounts.reactivate(user=user, by=self.user))


@extend_schema(tags=["staff"])
class MembershipViews(Resource):
    """Roles, at the facilities where you manage accounts."""

    model = Membership
    output = StaffMembershipOutput
    related = ("user",)

    def get_queryset(self) -> QuerySet[Membership]:
        if getattr(self, "swagger_fake_view", False):
            return Membership.objects.none()
        return Membership.objects.managed_by(self.user).select_related(*self.related)

    def hold(self, row: Membership) -> None:
        """The account before the role, as `end_role` does."""
        hold_account(row.user)
        super().hold(row)

    @extend_schema(request=RoleInput, responses={201: StaffMembershipOutput})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Give somebody a role at a facility, from now on."""
        user = self.find(staff_seen_by(self.user))
        given = self.parse(RoleInput)
        role = staff.give_role(user=user, by=self.user, **given)
        return self.answer(role, code=status.HTTP_201_CREATED)

    @extend_schema(request=Nothing, responses={200: StaffMembershipOutput})
    def end(self, request: Request, **kwargs: Any) -> Response:
        """End a role, and with it what it opened."""
        membership = self.find()
        self.parse(Nothing)
        return self.answer(staff.end_role(membership=membership, by=self.user))
