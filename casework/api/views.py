"""The course of treatment: admission, phases, moves, discharge."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from casework import services
from casework.api.filters import EpisodeFilters
from casework.api.serializers import (
    AdmissionInput,
    DischargeInput,
    EpisodeOutput,
    GatesOutput,
    MoveConflict,
    MoveOutput,
    PhaseOutput,
    TransitionInput,
    TransitionOutput,
)
from casework.models import Episode, Phase, Transition
from casework.queries import phases_that_count, possible_moves
from clients.queries import notes_read
from common.api.serializers import Nothing
from organization.api.base import Listed, Resource, Retrieved

CREATED = status.HTTP_201_CREATED
NOT_THAT_WAY = {
    (409, "application/problem+json"): OpenApiResponse(
        MoveConflict, "`phase_not_allowed` with the phases that are, or `gate_not_met`."
    )
}


@extend_schema(tags=["episodes"])
@extend_schema_view(
    list=extend_schema(summary="Courses of treatment, the latest admission first"),
    retrieve=extend_schema(summary="One course of treatment, with its phases"),
)
class EpisodeViews(Listed, Retrieved):
    """Courses of treatment, of clients whose case you may see."""

    model = Episode
    output = EpisodeOutput
    kind = "episode"
    client_path = "client_id"
    related = ("admitted_by", "client", "facility")
    filterset_class = EpisodeFilters
    ordering = ("-admitted_at", "-id")

    def fill_in(self, rows: Sequence[Any]) -> None:
        prefetch_related_objects(rows, phases_that_count())
        read = notes_read(self.user, {row.client_id for row in rows})
        for row in rows:
            row.notes_read = row.client_id in read

    @extend_schema(request=AdmissionInput, responses={201: EpisodeOutput})
    def create(self, request: Request) -> Response:
        """Admit a client: start a course of treatment in a program's phase."""
        given = self.parse(AdmissionInput)
        return self.answer(services.admit(by=self.user, **given), code=CREATED)

    @extend_schema(request=DischargeInput, responses={200: EpisodeOutput})
    def discharge(self, request: Request, **kwargs: Any) -> Response:
        """Discharge: end the course of treatment, its phase and its care team.

        It is never reopened; coming back is a new admission.
        """
        episode = self.find()
        given = self.parse(DischargeInput)
        return self.answer(services.discharge(episode=episode, by=self.user, **given))

    @extend_schema(responses={200: GatesOutput})
    def gates(self, request: Request, **kwargs: Any) -> Response:
        """Where the client can move next.

        The phases that may follow, the reasons such a move may have, the programs, and their gates.
        """
        episode = self.find()
        self.shown([episode])
        moves: Any = possible_moves(episode)
        read = bool(notes_read(self.user, [episode.client_id]))
        told = MoveOutput(moves, many=True, context={"notes_read": read}).data
        return Response({"moves": told})


class OfEpisode(Resource):
    """What belongs to the episode that the address names."""

    def _episode(self) -> Episode:
        rows = Episode.objects.visible_to(self.user).select_related("client", "facility")
        episode: Episode = self.find(rows, self.kwargs["episode_id"])
        return episode

    def _rows(self) -> QuerySet[Any]:
        return self.get_queryset().filter(episode=self._episode())


@extend_schema(tags=["episodes"])
class PhaseViews(OfEpisode):
    """The segments of a course of treatment."""

    model = Phase
    output = PhaseOutput
    kind = "phase"
    client_path = "episode.client_id"
    related = ("episode",)
    ordering = ("started_at", "id")

    def list(self, request: Request, **kwargs: Any) -> Response:
        """An episode's phases in order, undone ones included and marked void."""
        return self.answer_list(self._rows())


@extend_schema(tags=["episodes"])
class TransitionViews(OfEpisode):
    """What closed one phase and opened the next."""

    model = Transition
    output = TransitionOutput
    kind = "transition"
    client_path = "episode.client_id"
    related = ("episode__client", "from_phase", "by", "undone_by")
    ordering = ("at", "id")

    def fill_in(self, rows: Sequence[Any]) -> None:
        read = notes_read(self.user, {row.episode.client_id for row in rows})
        for row in rows:
            row.notes_read = row.episode.client_id in read

    def list(self, request: Request, **kwargs: Any) -> Response:
        """An episode's transitions in order, from admission to discharge."""
        return self.answer_list(self._rows())

    @extend_schema(request=TransitionInput, responses={201: TransitionOutput, **NOT_THAT_WAY})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Move to the next phase.

        Closes the current phase and opens one in the program, which serves the next.
        """
        episode = self._episode()
        given = self.parse(TransitionInput)
        transition = services.move_phase(episode=episode, by=self.user, **given)
        return self.answer(transition, code=CREATED)

    @extend_schema(request=Nothing, responses={200: TransitionOutput})
    def undo(self, request: Request, transition_id: uuid.UUID, **kwargs: Any) -> Response:
        """Take back the latest move.

        Only while nothing is written on the phase it opened. The transition stays, marked undone.
        """
        transition = self.find(self._rows(), transition_id)
        self.parse(Nothing)
        return self.answer(services.undo_transition(transition=transition, by=self.user))
