"""Records that may be of one person; making two one, and undoing it."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from audit.services import note_read
from clients import services
from clients.api.base import OfClient
from clients.api.filters import MergeFilters, PossibleDuplicateFilters
from clients.api.merging_serializers import (
    CandidatesOutput,
    MergeConflict,
    MergeInput,
    MergeOutput,
    PersonInput,
    PossibleDuplicateOutput,
    UndoConflict,
)
from clients.models import Merge, PossibleDuplicate
from common.api.problems import CONTENT_TYPE
from common.api.serializers import Nothing
from organization.api.base import Listed, Retrieved


@extend_schema(tags=["possible-duplicates"])
@extend_schema_view(
    list=extend_schema(summary="Pairs that may be one person, of which you may change both"),
    retrieve=extend_schema(summary="One such pair"),
)
class PossibleDuplicateViews(Listed, Retrieved):
    """Pairs of records that may be of one person, of which you may change both."""

    model = PossibleDuplicate
    output = PossibleDuplicateOutput
    kind = "possible_duplicate"
    related = ("first", "second", "settled_by")
    only_reads = frozenset({"check"})
    filterset_class = PossibleDuplicateFilters

    def shown(self, rows: Sequence[Any]) -> None:
        both = [pk for row in rows for pk in (row.first_id, row.second_id)]
        note_read(self.kind, [row.pk for row in rows], both)

    @extend_schema(request=PersonInput, responses={200: CandidatesOutput}, filters=False)
    def check(self, request: Request) -> Response:
        """Ask, before creating a client, whether there is a record of this person.

        Answered with those that you may see. It is a POST so that no name stands in an address.
        """
        found = services.find_duplicates(by=self.user, **self.parse(PersonInput)).candidates
        note_read("client", [c.id for c in found], [c.id for c in found])
        return Response(CandidatesOutput({"candidates": found}).data)

    @extend_schema(request=Nothing, responses={200: PossibleDuplicateOutput})
    def dismiss(self, request: Request, **kwargs: Any) -> Response:
        """Say that these are two people."""
        pair = self.find()
        self.parse(Nothing)
        return self.answer(services.dismiss_duplicate(pair=pair, by=self.user))


@extend_schema(tags=["merges"])
@extend_schema_view(
    list=extend_schema(summary="Merges into clients whose records you may merge"),
    retrieve=extend_schema(summary="One merge"),
)
class MergeViews(OfClient, Listed, Retrieved):
    """Records that were made part of another one, of those that you may merge."""

    model = Merge
    output = MergeOutput
    kind = "merge"
    related = ("survivor", "other", "by", "undone_by")
    filterset_class = MergeFilters

    def shown(self, rows: Sequence[Any]) -> None:
        both = [pk for row in rows for pk in (row.survivor_id, row.other_id)]
        note_read(self.kind, [row.pk for row in rows], both)

    @extend_schema(
        request=MergeInput,
        responses={
            201: MergeOutput,
            (409, CONTENT_TYPE): OpenApiResponse(
                MergeConflict, "`cannot_merge` with what stands in the way, or `merged`."
            ),
        },
    )
    def merge(self, request: Request, **kwargs: Any) -> Response:
        """Make another record part of this one.

        Everything of it goes to this one, both record numbers find it from now on, and it can be
        undone within thirty days.
        """
        survivor = self.client_seen()
        given = self.parse(MergeInput)
        merge = services.merge_clients(survivor=survivor, by=self.user, **given)
        return self.answer(merge, code=status.HTTP_201_CREATED)

    @extend_schema(
        request=Nothing,
        responses={
            200: MergeOutput,
            (409, CONTENT_TYPE): OpenApiResponse(
                UndoConflict, "Too late, undone already, or something was `changed_since`."
            ),
        },
    )
    def undo(self, request: Request, **kwargs: Any) -> Response:
        """Make two records of one again, everything where it was.

        Only while all of it is still as the merge left it, and within thirty days.
        """
        merge = self.find()
        self.parse(Nothing)
        return self.answer(services.undo_merge(merge=merge, by=self.user))
