"""Changing what a facility is like."""

import datetime as dt
from typing import Any, Protocol

from django.db import transaction

from audit.services import note_change
from common.discretion import names_in
from common.errors import Invalid
from common.events import FacilityChanged, announce
from common.rows import check_row
from common.text import plain_line
from organization.models import Facility, Program, User
from organization.roles import Capability

LINES = ("discreet_name", "discreet_phone", "crisis_line")


class HasQuietHours(Protocol):
    """A facility, or a client with hours of their own."""

    quiet_from: dt.time | None
    quiet_until: dt.time | None


@transaction.atomic
def update_facility(*, facility: Facility, by: User, **changes: Any) -> Facility:
    """Change what messages may say and when they go; what is pending is looked at again."""
    by.access.require(Capability.EDIT_POLICIES, facility.pk)
    if not changes:
        return facility
    facility = Facility.objects.select_for_update(no_key=True).get(pk=facility.pk)
    for name, value in changes.items():
        setattr(facility, name, plain_line(value) if name in LINES else value)
    check_row(facility)
    check_discreet(facility)
    check_quiet_hours(facility)
    facility.change(**{name: getattr(facility, name) for name in changes})
    note_change("facility.updated", facility.pk, by=by.pk)
    announce(FacilityChanged(facility.pk))
    return facility


def check_discreet(facility: Facility) -> None:
    """Raise `Invalid` where what every message says holds the facility's legal name or a program's:
    the last look at a message would refuse each of them."""
    programs = Program.objects.filter(facility=facility).values_list("name", flat=True)
    names = (facility.legal_name, *programs)
    for field in LINES:
        if names_in(getattr(facility, field), names):
            raise Invalid(
                "This names the facility or a program of it. Choose words that tell a stranger nothing.",
                code="not_discreet", field=field,
            )  # fmt: skip


def check_quiet_hours(row: HasQuietHours) -> None:
    """Raise `Invalid` unless there are none, or both a beginning and another end."""
    if (row.quiet_from is None) != (row.quiet_until is None):
        raise Invalid(
            "Quiet hours have a beginning and an end. Give both, or leave both empty.",
            code="required",
            field="quiet_from" if row.quiet_from is None else "quiet_until",
        )
    if row.quiet_from is not None and row.quiet_from == row.quiet_until:
        raise Invalid(
            "Quiet hours end at another time than they begin.",
            code="out_of_range",
            field="quiet_until",
        )
