"""Clients, how they are reached, what they agreed to, and who is on the case."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from clients import services
from clients.api.base import OfClient
from clients.api.filters import ClientFilters
from clients.api.merging_serializers import MergedProblem, PossibleDuplicatesProblem
from clients.api.serializers import (
    CareTeamInput,
    CareTeamOutput,
    ClientChanges,
    ClientInput,
    ClientOutput,
    ConsentInput,
    ConsentOutput,
    ContactPointDetails,
    ContactPointInput,
    ContactPointOutput,
    DepartureInput,
    PrimaryCounselorInput,
    SearchInput,
    SearchOutput,
)
from clients.models import CareTeamMember, Client, ContactConsent, ContactPoint
from clients.queries import beside, cases_seen, consents_in_force, current_phases
from clients.search import search_clients
from common.api.problems import CONTENT_TYPE
from common.api.serializers import Nothing
from organization.api.base import Listed, Resource, Retrieved
from organization.roles import Capability

CREATED = status.HTTP_201_CREATED


MAY_BE_THERE = {
    (409, CONTENT_TYPE): OpenApiResponse(
        PossibleDuplicatesProblem, "`possible_duplicates` with the records that are meant."
    )
}
PART_OF_ANOTHER = {
    (409, CONTENT_TYPE): OpenApiResponse(
        MergedProblem, "`merged`: the record is part of another one."
    )
}


@extend_schema(tags=["clients"])
@extend_schema_view(
    list=extend_schema(summary="The clients you may see, newest first"),
    retrieve=extend_schema(summary="One client", responses={200: ClientOutput, **PART_OF_ANOTHER}),
)
class ClientViews(OfClient, Listed, Retrieved):
    """Clients' records, of those clients whom you may see."""

    model = Client
    output = ClientOutput
    kind = "client"
    client_path = "pk"
    only_reads = frozenset({"search"})
    filterset_class = ClientFilters
    voided_field = "merged_at"
    # By time only: a cursor holds the value it stands at, and a name must not be in an address.
    orderings = {
        "created_at": ("created_at", "id"),
        "-created_at": ("-created_at", "-id"),
        "updated_at": ("updated_at", "id"),
        "-updated_at": ("-updated_at", "-id"),
    }

    def with_void(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of a merged record it is told that it is gone to whoever sees what it became part of."""
        gone = Client.objects.merged_into_visible(self.user)
        return Client.objects.filter(Q(pk__in=rows.values("pk")) | Q(pk__in=gone.values("pk")))

    def fill_in(self, rows: Sequence[Any]) -> None:
        ids = [row.pk for row in rows]
        seen = cases_seen(self.user, ids)
        shown, phases = beside(ids), current_phases(seen)
        for row in rows:
            row.beside = shown[row.pk]
            if row.pk in seen:
                row.phase_now = phases.get(row.pk)

    @extend_schema(request=ClientInput, responses={201: ClientOutput, **MAY_BE_THERE})
    def create(self, request: Request) -> Response:
        """Make a client's record.

        A counselor becomes its primary counselor; who isn't one names one. Where a record that you
        may see may be of the same person, it is refused until you say that it is somebody else.
        """
        given = self.parse(ClientInput)
        return self.answer(services.register_client(by=self.user, **given), code=CREATED)

    @extend_schema(request=ClientChanges, responses={200: ClientOutput})
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change names, language, zone and the like."""
        client = self.find()
        given = self.parse(ClientChanges, partial=True)
        return self.answer(services.update_client(client=client, by=self.user, **given))

    @extend_schema(request=SearchInput, responses={200: SearchOutput}, filters=False)
    def search(self, request: Request) -> Response:
        """Find clients by name, record number, telephone number or e-mail address.

        Parts of names and the last digits of a number will do; an address must be whole. At most 25
        clients are answered, those that fit best at the front.
        """
        found = search_clients(self.user, self.parse(SearchInput)["text"])
        self.fill_in(found.clients)
        self.shown(found.clients)
        rows = self.output(found.clients, many=True, context=self.get_serializer_context())
        return Response({"results": rows.data, "more": found.more})


@extend_schema(tags=["contact-points"])
@extend_schema_view(retrieve=extend_schema(summary="One contact point"))
class ContactPointViews(OfClient, Retrieved):
    """Telephones and mailboxes, of clients whose contact points you may see."""

    model = ContactPoint
    output = ContactPointOutput
    kind = "contact_point"
    client_path = "client_id"
    related = ("client",)
    ordering = ("position", "created_at", "id")

    def fill_in(self, rows: Sequence[Any]) -> None:
        prefetch_related_objects(rows, consents_in_force())

    def list(self, request: Request, **kwargs: Any) -> Response:
        """A client's contact points, in the order in which they are tried."""
        client = self.client_seen(Capability.VIEW_CONTACTS)
        return self.answer_list(self.get_queryset().filter(client=client))

    @extend_schema(request=ContactPointInput, responses={201: ContactPointOutput})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add a telephone or mailbox.

        Nothing is sent there until a consent is recorded.
        """
        client = self.client_seen()
        given = self.parse(ContactPointInput)
        point = services.add_contact_point(client=client, by=self.user, **given)
        return self.answer(point, code=CREATED)

    @extend_schema(request=ContactPointDetails, responses={200: ContactPointOutput})
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change a contact point's order, validity or voicemail.

        Another address is another contact point.
        """
        point = self.find()
        given = self.parse(ContactPointDetails, partial=True)
        return self.answer(services.update_contact_point(point=point, by=self.user, **given))


@extend_schema(tags=["contact-points"])
class ConsentViews(Resource):
    """What clients agreed to: to be messaged at a contact point."""

    model = ContactConsent
    output = ConsentOutput
    kind = "contact_consent"
    client_path = "contact_point.client_id"
    related = ("contact_point", "granted_by", "withdrawn_by")
    ordering = ("-granted_at", "-id")

    def list(self, request: Request, **kwargs: Any) -> Response:
        """Every consent ever given for a contact point, the newest first."""
        return self.answer_list(self.get_queryset().filter(contact_point=self._point()))

    @extend_schema(request=ConsentInput, responses={201: ConsentOutput})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Record that the client agreed to be messaged there.

        A consent that is in force already stays as it is, and is answered.
        """
        point = self._point()
        given = self.parse(ConsentInput)
        consent = services.grant_consent(point=point, by=self.user, **given)
        return self.answer(consent, code=CREATED)

    @extend_schema(request=Nothing, responses={200: ConsentOutput})
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        """Record that the client agrees no longer.

        Nothing more is sent there from this moment on.
        """
        point = self._point()
        self.parse(Nothing)
        return self.answer(services.withdraw_consent(point=point, by=self.user))

    def _point(self) -> ContactPoint:
        rows = ContactPoint.objects.visible_to(self.user).select_related("client")
        point: ContactPoint = self.find(rows, self.kwargs["pk"])
        return point


@extend_schema(tags=["care-team"])
class CareTeamViews(OfClient):
    """Who is, and was, on a client's case."""

    model = CareTeamMember
    output = CareTeamOutput
    kind = "care_team_member"
    client_path = "client_id"
    related = ("user", "client")
    ordering = ("-since", "-id")

    def fill_in(self, rows: Sequence[Any]) -> None:
        seen = cases_seen(self.user, {row.client_id for row in rows})
        for row in rows:
            row.case_seen = row.client_id in seen

    def list(self, request: Request, **kwargs: Any) -> Response:
        """Who is on a client's case and who was, the latest first."""
        return self.answer_list(self.get_queryset().filter(client=self.client_seen()))

    @extend_schema(request=CareTeamInput, responses={201: CareTeamOutput})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Put somebody on the case; they see the record from now on."""
        client = self.client_seen()
        given = self.parse(CareTeamInput)
        member = services.join_care_team(client=client, by=self.user, **given)
        return self.answer(member, code=CREATED)

    @extend_schema(request=DepartureInput, responses={200: CareTeamOutput})
    def depart(self, request: Request, **kwargs: Any) -> Response:
        """End somebody's time on the case, and with it their access."""
        member = self.find()
        given = self.parse(DepartureInput)
        return self.answer(services.leave_care_team(member=member, by=self.user, **given))

    @extend_schema(request=PrimaryCounselorInput, responses={200: CareTeamOutput})
    def name_primary(self, request: Request, **kwargs: Any) -> Response:
        """Name the primary counselor, in one act with ending the one before."""
        client = self.client_seen()
        given = self.parse(PrimaryCounselorInput)
        member = services.name_primary_counselor(client=client, by=self.user, **given)
        return self.answer(member)
