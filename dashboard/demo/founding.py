"""The demo's facilities, programs, rooms, policies and staff, as they were set up years ago."""

from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from appointments.services.planning import policy_of
from appointments.services.policies import RuleWish, set_rules
from appointments.states import RuleChannel, RuleWhen
from dashboard.demo.places import ELM, EVERYWHERE, PASSWORD, SITES, Member, Site
from organization.models import Facility, Program, Room, User
from organization.roles import Role
from organization.services.staff import hire

DAY_IN_MINUTES = 24 * 60


@dataclass
class Places:
    """What stands, found by the names that the data uses."""

    facilities: dict[str, Facility] = field(default_factory=dict)
    programs: dict[tuple[str, str], Program] = field(default_factory=dict)
    rooms: dict[tuple[str, str], Room] = field(default_factory=dict)
    staff: dict[str, User] = field(default_factory=dict)


def found() -> Places:
    """Set up everything but clients."""
    places = Places()
    for site in SITES:
        facility = _facility(site)
        places.facilities[site.key] = facility
        for offer in site.offers:
            places.programs[site.key, offer.name] = Program.objects.create(
                facility=facility, name=offer.name, phase=offer.phase,
                residential=offer.residential, level_of_care=offer.level,
                level_of_care_edition=site.edition, planned_days=offer.days,
            )  # fmt: skip
        for name, seats in site.rooms:
            places.rooms[site.key, name] = Room.objects.create(
                facility=facility, name=name, capacity=seats
            )
        _staff(site, facility, places)
    _of_all_sites(places)
    # One hash for all: made by one salt a person, it would take longer than the rest of this.
    User.objects.filter(email__in=places.staff).update(password=make_password(PASSWORD))
    _policies(places)
    return places


def _facility(site: Site) -> Facility:
    quiet_from, quiet_until = site.quiet or (None, None)
    return Facility.objects.create(
        legal_name=site.legal_name,
        discreet_name=site.discreet_name,
        discreet_phone=f"({site.area_codes[0]}) 555-0100",
        crisis_line="988",
        zone=site.zone,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
    )


def _staff(site: Site, facility: Facility, places: Places) -> None:
    lead = next(m for m in site.staff if m.role == Role.SUPERVISOR)
    supervisor = _hire(site, facility, lead, None)
    for member in site.staff:
        under = supervisor if member.role in (Role.COUNSELOR, Role.NURSE) else None
        places.staff[site.email(member)] = _hire(site, facility, member, under)


def _hire(site: Site, facility: Facility, member: Member, supervisor: User | None) -> User:
    user = hire(
        email=site.email(member), full_name=member.name, facility=facility, role=member.role,
        credential=member.credential, supervisor=supervisor,
    )  # fmt: skip
    if user.languages != list(member.languages):
        user.languages = list(member.languages)
        user.save(update_fields=["languages"])
    return user


def _of_all_sites(places: Places) -> None:
    for member in ELM.staff:
        if member.role in EVERYWHERE:
            for facility in places.facilities.values():
                _hire(ELM, facility, member, None)


def _policies(places: Places) -> None:
    """The default one everywhere, but at Elm St: a text and an e-mail, each a day before."""
    for facility in places.facilities.values():
        policy_of(facility)
    set_rules(
        facility=places.facilities[ELM.key],
        rules=[
            RuleWish(RuleWhen.OFFSET, RuleChannel.SMS, DAY_IN_MINUTES),
            RuleWish(RuleWhen.OFFSET, RuleChannel.EMAIL, DAY_IN_MINUTES),
            RuleWish(RuleWhen.BOOKED_LATE, RuleChannel.PREFERRED),
        ],
        by=places.staff[ELM.of_role(Role.MANAGER)[0]],
    )
