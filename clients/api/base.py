"""What the resources of clients have in common: the client that the address names."""

import uuid
from typing import Any

from django.db.models import QuerySet

from clients.models import Client
from clients.services import Merged
from organization.api.base import Resource
from organization.roles import Capability


class OfClient(Resource):
    """A client, or what belongs to the client that the address names."""

    def look_up(self, rows: QuerySet[Any] | None, pk: uuid.UUID | None) -> Any:
        """As everywhere; of a record that was merged into one that this person sees, that is told."""
        row = super().look_up(rows, pk)
        if row is None:
            self._tell_if_merged(pk or self.kwargs["pk"])
        return row

    def _tell_if_merged(self, client_id: uuid.UUID) -> None:
        merged = Client.objects.merged_into_visible(self.user).filter(pk=client_id)
        record = merged.select_related("merged_into").first()
        if record is not None and record.merged_into is not None:
            raise Merged(
                f"This record is part of {record.merged_into.record_number} now.",
                extra={
                    "merged_into": str(record.merged_into.pk),
                    "record_number": record.merged_into.record_number,
                },
            )

    def client_seen(self, capability: Capability = Capability.VIEW_CLIENT) -> Client:
        """That client, if this person may see such things of them."""
        rows = Client.objects.visible_to(self.user, capability)
        client: Client = self.find(rows, self.kwargs["client_id"])
        return client
