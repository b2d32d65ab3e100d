"""The demo data: made once for this module, in a transaction that is never committed.

Each test has a savepoint of its own in there, under a clock that started at a fixed moment.
"""

import datetime as dt
import re
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Max, Q

from appointments.models import (
    Appointment,
    Attendance,
    Occupancy,
    Reminder,
    ReminderPolicy,
    ReplanRequest,
)
from appointments.services.planning import plan_reminders
from appointments.states import (
    WITHOUT_OUTCOME,
    AppointmentKind,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    ReminderState,
    Response,
)
from casework.models import Episode, Phase, Transition
from casework.moves import TransitionReason
from clients.addresses import address_index
from clients.models import Channel, Client, ContactConsent, ContactPoint
from common.clock import now
from common.discretion import disclosing_words
from dashboard.demo.clock import HeldClock, held
from dashboard.demo.people import cast
from dashboard.demo.places import PASSWORD, SITES
from dashboard.management.commands import demo_data
from messaging.models import Attempt, InboundMessage, Meaning, Message, OptOut
from messaging.services import drain
from messaging.states import AttemptState, MessageState
from organization.models import Facility, Membership, PhaseKind, Program, User
from organization.roles import Role
from tests.dashboard.demo import ledger, run, snapshot
from worklist.models import Task, TaskState

pytestmark = pytest.mark.django_db

# A Tuesday, half past one in Chicago: some of today is over, some in session, some to come.
SEEDED_AT = dt.datetime(2026, 11, 24, 19, 35, 20, tzinfo=dt.UTC)
PHONE = re.compile(r"\+1\d{3}55501\d\d")
MAIL = re.compile(r"[a-z0-9.]+@example\.(org|com)")


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """What the command says; the database holds the demo while this module runs."""
    with (
        time_machine.travel(SEEDED_AT, tick=True),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        said = StringIO()
        call_command("demo_data", stdout=said)
        yield said.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def ana(demo) -> User:
    return User.objects.get(email="ana@elmst.example")


class TestWhatIsThere:
    def test_progress_is_told_line_by_line(self, demo):
        assert demo.splitlines()[0] == "3 facilities, 14 programs, 27 members of staff"
        assert len(demo.splitlines()) == 5

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
        rules = elm.reminder_policy.rules.filter(retired_at=None)
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
        assert User.objects.count() == 27
        assert all(user.check_password(PASSWORD) for user in User.objects.all())

    def test_programs_serve_their_phases_with_level_and_edition(self, demo):
        assert set(Program.objects.values_list("phase", flat=True)) == set(PhaseKind.values)
        detox = Program.objects.filter(phase=PhaseKind.DETOX)
        assert sorted(
            detox.values_list("level_of_care", "level_of_care_edition", "residential")
        ) == [("1.7", "4", False), ("3.7", "4", True), ("3.7-WM", "3", True)]

    def test_about_sixty_clients_in_every_phase(self, demo):
        assert Client.objects.count() == 61
        present = Phase.objects.current().values_list("kind", flat=True)
        assert set(present) == set(PhaseKind.values)
        assert Episode.objects.exclude(discharged_at=None).count() == 9

    def test_some_stepped_up_after_return_to_use(self, demo):
        back = Transition.objects.filter(reason=TransitionReason.RETURN_TO_USE)
        assert back.count() == 4

    def test_some_moves_were_undone(self, demo):
        undone = Transition.objects.exclude(undone_at=None)
        assert undone.count() == 2
        assert all(transition.to_phase.void for transition in undone)

    def test_english_and_spanish(self, demo):
        by_language = Client.objects.values_list("language").annotate(Count("pk"))
        assert dict(by_language) == {"en": 46, "es": 15}

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


class TestAppointments:
    def test_past_ones_ended_in_every_way(self, demo):
        past = Attendance.objects.filter(appointment__ends_at__lt=SEEDED_AT)
        assert set(past.values_list("status", flat=True)) >= {
            AttendanceStatus.ATTENDED,
            AttendanceStatus.NO_SHOW,
            AttendanceStatus.LEFT_EARLY,
            AttendanceStatus.CANCELLED,
        }

    def test_no_past_one_lacks_an_outcome(self, demo):
        over = Appointment.objects.filter(ends_at__lte=SEEDED_AT)
        assert not over.filter(status=AppointmentStatus.BOOKED).exists()
        standing = over.exclude(status=AppointmentStatus.CANCELLED)
        assert not standing.filter(attendances__status__in=WITHOUT_OUTCOME).exists()

    def test_some_were_moved_and_cancelled_for_a_reason(self, demo):
        ended = Appointment.objects.filter(status=AppointmentStatus.CANCELLED)
        assert set(ended.values_list("cancelled_by", flat=True)) == set(CancelledBy.values)
        assert not ended.exclude(cancelled_by="rescheduled").filter(cancel_reason="").exists()
        moved = Appointment.objects.exclude(moved_from=None)
        assert moved.count() == ended.filter(cancelled_by="rescheduled").count()

    def test_those_to_come_reach_three_weeks_ahead(self, demo):
        latest = Appointment.objects.aggregate(latest=Max("starts_at"))["latest"]
        assert dt.timedelta(days=14) < latest - SEEDED_AT < dt.timedelta(days=22)

    def test_every_kind_is_there(self, demo):
        assert set(Appointment.objects.values_list("kind", flat=True)) == set(
            AppointmentKind.values
        )

    def test_a_group_has_several_clients(self, demo):
        groups = Appointment.objects.filter(kind=AppointmentKind.GROUP)
        sizes = groups.annotate(size=Count("attendances")).values_list("size", flat=True)
        assert min(sizes) >= 2
        assert max(sizes) == 5

    def test_coming_ones_have_every_response(self, demo):
        coming = Attendance.objects.filter(
            appointment__starts_at__gt=SEEDED_AT, status=AttendanceStatus.EXPECTED
        )
        assert set(coming.values_list("response", flat=True)) == set(Response.values)

    def test_occupancy_stands_exactly_while_an_appointment_does(self, demo):
        without = Appointment.objects.filter(occupancies=None)
        assert set(without.values_list("status", flat=True)) == {AppointmentStatus.CANCELLED}
        cancelled = Q(appointment__status=AppointmentStatus.CANCELLED)
        assert not Occupancy.objects.filter(cancelled).exists()

    def test_nobody_is_busy_twice_at_once(self, demo):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM appointments_occupancy a JOIN appointments_occupancy b"
                " ON a.subject = b.subject AND a.during && b.during AND a.id < b.id"
            )
            assert cursor.fetchone() == (0,)
        assert not Occupancy.objects.filter(override=True).exists()

    def test_ana_has_a_full_day(self, ana):
        zone = ZoneInfo("America/Chicago")
        starts = [
            start.astimezone(zone)
            for start in Appointment.objects.filter(
                staffing__user=ana, starts_at__date="2026-11-24"
            ).values_list("starts_at", flat=True)
        ]
        assert len(starts) >= 5
        assert min(starts).hour == 8
        assert max(starts).hour >= 14

    def test_everybody_booked_sees_who_they_meet(self, ana):
        mine = Attendance.objects.filter(appointment__staffing__user=ana)
        assert mine.exclude(pk__in=Attendance.objects.visible_to(ana)).count() == 0


class TestReminders:
    def test_every_state_is_there(self, demo):
        assert set(Reminder.objects.values_list("state", flat=True)) == set(ReminderState.values)

    def test_many_reasons_are_there(self, demo):
        reasons = set(Reminder.objects.exclude(reason="").values_list("reason", flat=True))
        assert reasons >= {
            "appointment_cancelled", "appointment_moved", "contact_point_dead", "invalid_number",
            "no_consent", "no_contact_point", "not_delivered", "not_in_treatment", "not_needed",
            "offset_passed", "on_unit", "opted_out", "quiet_hours", "too_late",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("state", "message_states"),
        [
            (ReminderState.PLANNED, {MessageState.SCHEDULED}),
            (ReminderState.SENT, {MessageState.SENT}),
            (ReminderState.DONE, {MessageState.DELIVERED}),
            (ReminderState.FAILED, {MessageState.FAILED}),
            (ReminderState.EXPIRED, {MessageState.EXPIRED}),
            (ReminderState.CANCELLED, {MessageState.CANCELLED}),
        ],
    )
    def test_a_reminder_is_where_its_message_is(self, demo, state, message_states):
        reminders = Reminder.objects.filter(state=state)
        assert set(reminders.values_list("message__state", flat=True)) == message_states

    def test_a_skipped_one_was_never_handed_over(self, demo):
        skipped = Reminder.objects.filter(state=ReminderState.SKIPPED)
        assert not skipped.filter(message__attempts__isnull=False).exists()
        assert not skipped.filter(reason="").exists()

    def test_the_history_of_each_ends_in_its_state(self, demo):
        for reminder in Reminder.objects.prefetch_related("changes"):
            assert list(reminder.changes.all())[-1].state == reminder.state

    def test_sent_means_one_accepted_attempt_before_the_start(self, demo):
        sent = Message.objects.filter(state__in=(MessageState.SENT, MessageState.DELIVERED))
        accepted = Q(attempts__state=AttemptState.ACCEPTED)
        assert not sent.annotate(n=Count("attempts", filter=accepted)).exclude(n=1).exists()
        assert not sent.filter(sent_at__gte=F("expires_at")).exists()
        assert not Attempt.objects.exclude(message__sent_at=None).filter(ended_at=None).exists()

    def test_nothing_due_is_left_behind(self, demo):
        waiting = Message.objects.filter(state=MessageState.SCHEDULED)
        assert not waiting.filter(send_at__lte=SEEDED_AT).exists()
        assert not Message.objects.filter(state=MessageState.SENDING).exists()
        assert not ReplanRequest.objects.exists()

    def test_three_counselors_clients_hear_of_it_within_three_minutes(self, demo):
        soon = Reminder.objects.filter(
            state=ReminderState.PLANNED,
            send_at__gt=SEEDED_AT + dt.timedelta(seconds=59),
            send_at__lt=SEEDED_AT + dt.timedelta(seconds=181),
        )
        told = sorted(soon.values_list("attendance__appointment__staffing__user__email", "channel"))
        assert told == [
            (f"{name}@elmst.example", channel)
            for name in ("ana", "ben", "chidi")
            for channel in ("email", "sms")
        ]

    def test_the_last_look_lets_them_go_to_both_channels(self, demo):
        with time_machine.travel(SEEDED_AT + dt.timedelta(seconds=181)):
            going = {}
            for channel in Channel:
                lease, ids = drain.claim(channel)
                going[channel] = len(drain.prepare(ids, lease))
        assert going == {Channel.SMS: 3, Channel.EMAIL: 3}

    def test_planning_anew_changes_nothing(self, demo):
        before = ledger()
        with transaction.atomic():
            for pk in Attendance.objects.filter(appointment__starts_at__gt=now()).values_list(
                "pk", flat=True
            ):
                plan_reminders(pk)
            after = sorted(Reminder.objects.values_list("pk", "state", "reason", "send_at"))
            transaction.set_rollback(True)
        assert after == before


class TestRepliesAndTasks:
    def test_what_came_in_means_many_things_and_is_handled(self, demo):
        assert set(InboundMessage.objects.values_list("meaning", flat=True)) == {
            Meaning.CONFIRM, Meaning.RESCHEDULE, Meaning.STOP, Meaning.TEXT,
        }  # fmt: skip
        assert not InboundMessage.objects.filter(handled_at=None).exists()

    def test_who_stopped_texts_gets_none(self, demo):
        for opted in OptOut.objects.all():
            later = Message.objects.filter(
                address_index=opted.address_index, sent_at__gt=opted.since, purpose="reminder"
            )
            assert not later.exists()

    def test_tasks_are_open_and_done(self, demo):
        assert set(Task.objects.values_list("state", flat=True)) >= {
            TaskState.OPEN,
            TaskState.DONE,
        }
        assert not Task.objects.filter(state=TaskState.DONE, outcome="").exists()

    def test_ana_has_something_to_do(self, ana):
        assert Task.objects.open().filter(assignee=ana).count() >= 2

    def test_a_strangers_text_is_intakes(self, demo):
        stranger = InboundMessage.objects.get(address_index=address_index("+12175550199"))
        assert Task.objects.get(source=f"inbound:{stranger.pk}").role == Role.INTAKE


class TestTheDatabaseAgrees:
    def test_constraints_hold(self, demo):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def test_nothing_happened_in_the_future(self, demo):
        for model in apps.get_models():
            if "created_at" in {field.name for field in model._meta.fields}:
                assert not model._default_manager.filter(created_at__gt=now()).exists()


class TestTheCommand:
    def test_a_second_run_changes_nothing(self, demo):
        before = snapshot()
        assert run() == "The demo data is there already; nothing is changed.\n"
        assert snapshot() == before

    def test_who_lists_everybody_aligned(self, demo):
        lines = run("--who").splitlines()
        assert lines[0].split() == ["E-mail", "Name", "Role", "Facility", "Password"]
        people = lines[1:28]
        assert [line.split()[0] for line in people] == [
            site.email(member) for site in SITES for member in site.staff
        ]
        assert {line.index(PASSWORD) for line in people} == {lines[0].index("Password")}
        assert "Ana Lopez, Ben Okafor, Chidi Warren" in lines[-1]

    def test_who_without_data_says_how_to_make_it(self, monkeypatch):
        monkeypatch.setattr(demo_data, "is_made", lambda: False)
        with pytest.raises(CommandError, match="There is no demo data yet"):
            run("--who")

    @pytest.mark.parametrize("arguments", [(), ("--who",)])
    def test_it_refuses_outside_development(self, settings, arguments):
        settings.DEVELOPMENT, settings.ENVIRONMENT = False, "production"
        with pytest.raises(CommandError, match=r"only; CASEWORK_ENV is production\.$"):
            run(*arguments)


class TestTheMaker:
    def test_the_people_are_the_same_at_any_moment(self):
        def who(moment):
            return [
                (p.first, p.last, p.site.key, p.counselor, p.phone, len(p.courses))
                for p in cast(moment)
            ]

        assert who(SEEDED_AT) == who(SEEDED_AT + dt.timedelta(days=200, hours=7))

    def test_a_held_clock_is_let_go_after_a_fault(self):
        past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        seen = []

        def fail_in_the_past():
            with held(HeldClock(past)):
                seen.append(now())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail_in_the_past()
        assert seen == [past]
        assert now() > past
