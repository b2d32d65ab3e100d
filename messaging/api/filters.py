"""What lists of messages can be narrowed by."""

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

from clients.models import CareTeamMember, Channel
from common.api.filters import FilterSet, TruthFilter
from messaging.models import InboundMessage, Meaning, Message
from messaging.states import MessageState


class MessageFilters(FilterSet):
    """By client, state, channel and purpose."""

    client = filters.UUIDFilter(help_text="To this client.")
    state = filters.ChoiceFilter(choices=MessageState.choices)
    channel = filters.ChoiceFilter(choices=Channel.choices)
    purpose = filters.CharFilter(max_length=32, help_text="Such as `reminder`.")

    class Meta:
        model = Message
        fields: list[str] = []


class InboundFilters(FilterSet):
    """By client, meaning, and whether somebody read it."""

    client = filters.UUIDFilter(help_text="From this client.")
    meaning = filters.ChoiceFilter(choices=Meaning.choices)
    unread = TruthFilter(
        field_name="read_at", lookup_expr="isnull", help_text="That nobody read yet."
    )
    mine = TruthFilter(
        method="of_mine", help_text="From the clients whose primary counselor you are."
    )

    class Meta:
        model = InboundMessage
        fields: list[str] = []

    def of_mine(
        self,
        rows: QuerySet[InboundMessage],
        name: str,
        wanted: bool,  # noqa: FBT001
    ) -> QuerySet[InboundMessage]:
        """By the care team as it is now."""
        mine = CareTeamMember.objects.current().filter(user=self.request.user, primary=True)
        in_mine = Q(client__in=mine.values("client"))
        return rows.filter(in_mine) if wanted else rows.filter(~in_mine | Q(client=None))
