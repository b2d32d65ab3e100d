"""A facility's own words, and the names that no message may hold."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from common.prepared import Prepared
from messaging.models import Template
from messaging.wording import Wording
from organization.models import Membership, Program

OWN = Prepared(
    lambda facilities: (
        Template.objects.filter(facility__in=facilities, retired_at=None)
        .order_by()
        .values_list(
            "facility", "key", "channel", "language", "plain", "subject", "body", "number", "pk"
        )
    )
)
NAMES = Prepared(
    lambda facilities: (
        Program.objects.filter(facility__in=facilities)
        .order_by()
        .values_list("facility", "name")
        .union(
            Membership.objects.filter(facility__in=facilities)
            .order_by()
            .values_list("facility", "user__full_name")
        )
    )
)


@dataclass
class OwnWords:
    """What one facility has others say: by key, channel, language and plainness; and whom they may not
    name."""

    wordings: dict[tuple[str, str, str, bool], Wording] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def of(
        self, keys: Collection[str], channel: str, language: str, *, plain: bool
    ) -> Wording | None:
        """The words saved under the first of these keys that has any; where they may be `plain`, those
        are said rather than the others."""
        kinds = (True, False) if plain else (False,)
        found = (
            self.wordings.get((key, channel, language, kind)) for key in keys for kind in kinds
        )
        return next(filter(None, found), None)


def own_words(facility_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, OwnWords]:
    """The words in force of each of these facilities; two statements, none for no facility."""
    found: dict[uuid.UUID, OwnWords] = defaultdict(OwnWords)
    if not facility_ids:
        return found
    for facility, *which, subject, body, number, pk in OWN.rows(facility_ids):
        key, channel, language, plain = which
        version = f"{number}:{pk}"
        found[facility].wordings[key, channel, language, plain] = Wording(subject, body, version)
    for facility, names in names_of(facility_ids).items():
        found[facility].names = tuple(names)
    return found


def names_of(facility_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[str]]:
    """The names of each facility's programs, and of everybody who works or worked there."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for facility, name in NAMES.rows(facility_ids):
        found[facility].append(name)
    return found
