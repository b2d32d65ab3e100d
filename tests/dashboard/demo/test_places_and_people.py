"""Who and what is there: facilities, programs, staff, clients, how they may be reached."""

import datetime as dt
import re

import pytest
from django.db.models import Count

from appointments.models import (
    ReminderPolicy,
)
from casework.models import Episode, Phase, Transition
from casework.moves import TransitionReason
from clients.models import Client, ContactConsent, ContactPoint
from common.discretion import disclosing_words
from dashboard.demo.places import PASSWORD
from messaging.models import InboundMessage, OptOut
from organization.models import Facility, Membership, PhaseKind, Program, User
from organization.roles import Role
from tests.dashboard.demo.conftest import CLIENTS

pytestmark = pytest.mark.django_db

PHONE = re.compile(r"\+1\d{3}55501\d\d")
MAIL = re.compile(r"[a-z0-9.]+@example\.(org|com)")


class TestWhatIsThere:
    def test_progress_is_told_line_by_line(self, demo):
        first, *rest = demo.splitlines()
        assert first == "3 facilities, 14 programs, 25 members of staff"
        assert rest[:10] == [f"{percent} %" for percent in range(10, 101, 10)]
        assert rest[10] == "75 clients, 84 courses of treatment, 59 of them going on"
        assert len(rest) == 14

    def test_three_facilities_in_three_zones_with_discreet_names(self, demo):
        assert sorted(Facility.objects.values_list("discreet_name", "zone")) == [
            ("Elm St", "America/Chicago"),
            ("Harbor Rd", "America/New_York"),
            ("Oak Ave", "America/Phoenix"),
        ]
        for facility in Facility.objects.all():
            facility.full_clean()

    def test_one_without_quiet_hours_says_it_on_both_channels_a_day_before(self, demo):
        elm = Facility.objects.get(quiet_from=None)
        rules = elm.reminder_policies.get().rules.filter(retired_at=None)
        assert sorted(rules.values_list("when", "minutes_before", "channel")) == [
            ("booked_late", None, "preferred"),
            ("offset", 1440, "email"),
            ("offset", 1440, "sms"),
        ]

    def test_the_others_are_quiet_at_night_with_the_default_policy(self, demo):
        others = Facility.objects.exclude(quiet_from=None)
        assert set(others.values_list("quiet_from", "quiet_until")) == {(dt.time(20), dt.time(8))}
        for policy in ReminderPolicy.objects.filter(facility__in=others):
            rules = policy.rules.filter(retired_at=None)
            assert sorted(rules.values_list("when", "minutes_before", "channel")) == [
                ("booked_late", None, "preferred"),
                ("offset", 120, "preferred"),
                ("offset", 1440, "preferred"),
                ("offset", 4320, "preferred"),
            ]

    def test_every_role_is_held_at_every_facility(self, demo):
        for facility in Facility.objects.all():
            held_here = Membership.objects.current().filter(facility=facility)
            assert set(held_here.values_list("role", flat=True)) == set(Role.values)

    def test_every_counselor_has_a_supervisor_at_the_facility(self, demo):
        counselors = Membership.objects.filter(role=Role.COUNSELOR)
        assert counselors.count() == 10
        for counselor in counselors:
            above = Membership.objects.get(user=counselor.supervisor)
            assert (above.role, above.facility_id) == (Role.SUPERVISOR, counselor.facility_id)

    def test_everybody_signs_in_with_the_one_password(self, demo):
        assert User.objects.count() == 25
        assert all(user.check_password(PASSWORD) for user in User.objects.all())

    def test_programs_serve_their_phases_with_level_and_edition(self, demo):
        assert set(Program.objects.values_list("phase", flat=True)) == set(PhaseKind.values)
        detox = Program.objects.filter(phase=PhaseKind.DETOX)
        assert sorted(
            detox.values_list("level_of_care", "level_of_care_edition", "residential")
        ) == [("1.7", "4", False), ("3.7", "4", True), ("3.7-WM", "3", True)]

    def test_as_many_clients_as_were_asked_for_in_every_phase(self, demo):
        assert Client.objects.count() == CLIENTS
        present = Phase.objects.current().values_list("kind", flat=True)
        assert set(present) == set(PhaseKind.values)
        assert Episode.objects.exclude(discharged_at=None).count() == 25

    def test_some_stepped_up_after_return_to_use(self, demo):
        back = Transition.objects.filter(reason=TransitionReason.RETURN_TO_USE)
        assert back.count() == 4

    def test_some_moves_were_undone(self, demo):
        undone = Transition.objects.exclude(undone_at=None)
        assert undone.count() == 2
        assert all(transition.to_phase.void for transition in undone)

    def test_english_and_spanish(self, demo):
        by_language = Client.objects.values_list("language").annotate(Count("pk"))
        assert dict(by_language) == {"en": 56, "es": 19}

    def test_names_for_messages_are_discreet(self, demo):
        names = Client.objects.values_list("greeting_name", flat=True)
        assert [name for name in names if disclosing_words(name)] == []


class TestNobodyCanBeReached:
    def test_telephone_numbers_belong_to_nobody_and_to_one_client_each(self, demo):
        values = [point.value for point in ContactPoint.objects.filter(kind="phone")]
        assert [value for value in values if not PHONE.fullmatch(value)] == []
        assert len(set(values)) == len(values)

    def test_mailboxes_are_of_example_domains(self, demo):
        values = [point.value for point in ContactPoint.objects.filter(kind="email")]
        assert [value for value in values if not MAIL.fullmatch(value)] == []
        assert len(set(values)) == len(values)

    def test_staff_have_reserved_domains(self, demo):
        assert not User.objects.exclude(email__endswith=".example").exists()

    def test_senders_of_replies_are_of_the_same_kind(self, demo):
        senders = [inbound.sender for inbound in InboundMessage.objects.all()]
        assert [sender for sender in senders if not PHONE.fullmatch(sender)] == []


class TestPermissions:
    def test_consents_are_given_withdrawn_and_missing(self, demo):
        assert ContactConsent.objects.filter(withdrawn_at=None).count() > 80
        assert ContactConsent.objects.exclude(withdrawn_at=None).count() == 3
        assert ContactPoint.objects.filter(consents=None).count() > 5

    def test_two_addresses_opted_out(self, demo):
        assert OptOut.objects.filter(until=None).count() == 2

    def test_two_asked_for_messages_on_the_unit(self, demo):
        assert Client.objects.filter(messages_on_unit=True).count() == 2

    def test_a_dead_number_is_marked(self, demo):
        dead = ContactPoint.objects.exclude(undeliverable_since=None)
        assert set(dead.values_list("kind", "undeliverable_code")) == {("phone", "invalid_number")}
