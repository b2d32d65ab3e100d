"""The rows of Today: what each says, to whom, where messages stand, and what is counted."""

import datetime as dt

import pytest

from appointments.models import Appointment, Attendance, Reminder
from appointments.services.attending import arrive, mark_no_show, respond
from appointments.states import AppointmentKind, Response, ResponseSource, RuleChannel
from audit.models import AuditEvent
from common.clock import at_wall_clock, now
from dashboard.templatetags.look import SPRITE, TASK_ICONS
from organization.models import Membership, PhaseKind, Room
from organization.roles import Role
from organization.services.staff import hire
from tests.people import PASSWORD, House
from worklist.models import Task, TaskKind
from worklist.services import open_task

pytestmark = pytest.mark.django_db

NOON = at_wall_clock(dt.date(2027, 3, 2), dt.time(12), "America/Chicago")
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def house(db, time_machine):
    """Open since two months before."""
    time_machine.move_to(NOON - 60 * DAY, tick=False)
    house = House.build()
    time_machine.move_to(NOON, tick=False)
    return house


@pytest.fixture
def begun(house, time_machine):
    """Books as of two days before, so that it has begun, or is over, at noon."""

    def book(names, starts_at, **details):
        time_machine.move_to(starts_at - 2 * DAY, tick=False)
        clients = [house.client(name=name) for name in names.split()]
        visit = house.booked(clients[0], starts_at, clients=clients, **details)
        time_machine.move_to(NOON, tick=False)
        return visit

    return book


def shown(browser, user, path="/"):
    browser.force_login(user)
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def on_unit(house):
    """Kim lives on the unit, which holds her phone; intake at 14:00."""
    house.rules((24, RuleChannel.SMS))
    client = house.client(name="Kim", phone="217 555 0135")
    house.admitted(client, PhaseKind.INPATIENT)
    return house.booked(client, NOON + 26 * HOUR, kind=AppointmentKind.INTAKE)


def test_front_desk_reads_neither_the_unit_nor_the_kind_of_appointment(house, on_unit, browser):
    assert Reminder.objects.get().reason == "on_unit"
    tomorrow = "/?day=2027-03-03"
    told = shown(browser, house.ana, tomorrow)
    assert "on the unit, none needed" in told
    assert "Intake" in told
    said = shown(browser, house.front_desk, tomorrow)
    assert "Kim Rivera" in said
    assert "no reminder is sent" in said
    for word in ("unit", "Intake", "Inpatient", "discharged"):
        assert word not in said


def test_front_desk_sees_no_tasks_and_no_count_of_them(house, on_unit, browser):
    client = on_unit.attendances.get().client
    open_task(kind=TaskKind.CALL_CLIENT, source="x:1", client=client, facility=house.elm)
    said = shown(browser, house.front_desk)
    assert "Needs attention" not in said
    assert "Open tasks" not in said


def test_front_desk_lands_on_the_team_and_a_counselor_on_her_own_day(house, browser):
    house.booked(house.client(name="Lee"), NOON + HOUR)
    assert 'aria-current="true">Team' in shown(browser, house.front_desk)
    assert 'aria-current="true">My day' in shown(browser, house.ana)
    assert "Lee Rivera" in shown(browser, house.front_desk)
    assert "Lee Rivera" not in shown(browser, house.front_desk, "/?team=0")


def test_what_has_no_visible_attendance_names_nobody_and_offers_nothing(house, browser, begun):
    """Front desk's view of clients reaches back thirty days; the calendar's further."""
    visit = begun("Old", NOON - 40 * DAY, minutes=30)
    day = visit.starts_at.date().isoformat()
    said = shown(browser, house.front_desk, f"/?day={day}")
    assert "Not yours to see" in said
    assert "Old Rivera" not in said
    assert "/attendances/" not in said


def test_another_facilitys_clients_are_not_there_even_by_its_id(house, browser):
    house.booked(house.client(name="Elma"), NOON + HOUR)
    for path in ("/", "/?team=1", f"/?at={house.elm.pk}&team=1"):
        assert "Elma" not in shown(browser, house.oak_counselor, path)


def test_who_works_at_two_facilities_sees_one_at_a_time_in_its_own_zone(house, browser):
    Membership.objects.create(
        user=house.front_desk, facility=house.oak, role=Role.FRONT_DESK, since=now()
    )
    house.booked(house.client(name="Elma"), NOON + HOUR)
    said = shown(browser, house.front_desk)
    assert "Elma Rivera" in said
    assert "1:00 PM" in said
    assert "Oak Ave" in said
    other = shown(browser, house.front_desk, f"/?at={house.oak.pk}")
    assert "Elma" not in other
    assert "No appointments today" in other
    assert f"at={house.oak.pk}" in other.split("Next day")[0]


def test_the_headline_says_who_waits_else_who_is_next_else_what_is_open(house, browser, begun):
    first = begun("Abe", NOON - HOUR)
    assert "Still without an outcome: 1." in shown(browser, house.ana)
    house.booked(house.client(name="Bo"), NOON + HOUR)
    assert "is next: 1:00 PM, in 60 min." in shown(browser, house.ana)
    arrive(attendance=first.attendances.get(), by=house.ana)
    said = shown(browser, house.ana)
    assert '<span class="pii">Abe Rivera</span> is here for 11:00 AM.' in said
    assert "since 12:00 PM" in said


def test_the_line_of_now_stands_before_what_comes_and_on_no_other_day(house, browser, begun):
    begun("Abe", NOON - 2 * HOUR)
    house.booked(house.client(name="Bo"), NOON + HOUR)
    said = shown(browser, house.ana)
    assert said.index("Abe Rivera") < said.index("Now, 12:00 PM") < said.rindex("Bo Rivera")
    assert "Now," not in shown(browser, house.ana, "/?day=2027-03-01")


def test_buttons_stand_only_where_they_would_be_taken(house, browser, begun):
    open_now = begun("Abe", NOON - HOUR).attendances.get()
    ahead = house.booked(house.client(name="Bo"), NOON + HOUR).attendances.get()
    said = shown(browser, house.ana)
    for act in ("arrived", "completed", "no-show"):
        assert f"/attendances/{open_now.pk}/{act}/" in said
    assert f"/attendances/{ahead.pk}/arrived/" in said
    assert f"/attendances/{ahead.pk}/no-show/" not in said
    assert f"/attendances/{ahead.pk}/completed/" not in said
    desk = shown(browser, house.front_desk)
    assert f"/attendances/{open_now.pk}/no-show/" in desk
    assert f"/attendances/{open_now.pk}/completed/" not in desk
    far = house.booked(house.client(name="Cy"), NOON + 24 * HOUR).attendances.get()
    assert f"/attendances/{far.pk}/" not in shown(browser, house.ana, "/?day=2027-03-03")


@pytest.mark.parametrize("act", ["completed", "no-show"])
def test_an_outcome_is_one_click_and_is_said_at_the_row(house, browser, act, begun):
    visit = begun("Abe", NOON - HOUR)
    attendance = visit.attendances.get()
    browser.force_login(house.ana)
    answer = browser.post(
        f"/attendances/{attendance.pk}/{act}/", {"next": f"/#appt-{visit.pk}"}, follow=True
    )
    row = answer.content.decode().split(f'id="appt-{visit.pk}"')[1].split("</li>")[0]
    assert 'role="status"' in row
    expected = {"completed": "Marked as completed.", "no-show": "Marked as no-show."}
    assert expected[act] in row
    attendance.refresh_from_db()
    assert attendance.status == {"completed": "attended", "no-show": "no_show"}[act]


def test_a_refused_outcome_is_said_in_words_at_the_row(house, browser, begun):
    visit = begun("Abe", NOON - HOUR)
    attendance = visit.attendances.get()
    mark_no_show(attendance=attendance, by=house.ana)
    browser.force_login(house.ana)
    answer = browser.post(f"/attendances/{attendance.pk}/completed/", {"next": "/"}, follow=True)
    row = answer.content.decode().split(f'id="appt-{visit.pk}"')[1].split("</li>")[0]
    assert "This appointment is completed already." in row
    assert "note danger" in row


def test_front_desk_may_not_complete_even_by_hand(house, browser, begun):
    attendance = begun("Abe", NOON - HOUR).attendances.get()
    browser.force_login(house.front_desk)
    answer = browser.post(f"/attendances/{attendance.pk}/completed/", follow=True)
    assert "Your role doesn&#x27;t include this" in answer.content.decode()
    assert Attendance.objects.get().status == "expected"


def test_an_unknown_act_is_not_there(house, browser, begun):
    attendance = begun("Abe", NOON - HOUR).attendances.get()
    browser.force_login(house.ana)
    assert browser.post(f"/attendances/{attendance.pk}/entered-in-error/").status_code == 404


def test_coming_back_by_get_after_signing_in_again_leads_to_today_and_acts_not(
    house, browser, begun
):
    attendance = begun("Abe", NOON - HOUR).attendances.get()
    browser.force_login(house.ana)
    answer = browser.get(f"/attendances/{attendance.pk}/arrived/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert Attendance.objects.get().status == "expected"


def test_an_answer_of_another_day_says_which(house, browser, time_machine):
    visit = house.booked(house.client(name="Abe"), NOON + HOUR)
    time_machine.move_to(NOON - 24 * HOUR, tick=False)
    attendance = visit.attendances.get()
    respond(attendance=attendance, response=Response.ACCEPTED, source=ResponseSource.LINK)
    time_machine.move_to(NOON, tick=False)
    assert "on their own page, Mar 1, 12:00 PM" in shown(browser, house.ana)


def test_counts_are_of_all_tasks_though_only_the_most_urgent_are_listed(house, browser):
    client = house.client(name="Abe")
    for number in range(15):
        open_task(
            kind=TaskKind.READ_REPLY if number < 2 else TaskKind.CALL_CLIENT,
            source=f"x:{number}",
            client=client,
            facility=house.elm,
            due_at=NOON + (number - 3) * HOUR,
        )
    said = shown(browser, house.ana)
    assert said.count("/completion/") == 12
    assert "Show all 15" in said
    assert "3 overdue" in said
    assert shown(browser, house.ana, "/?tasks=all").count("/completion/") == 15


def test_a_task_without_an_outcome_is_refused_in_the_panel(house, browser):
    task = open_task(
        kind=TaskKind.CALL_CLIENT, source="x:1", client=house.client(), facility=house.elm
    )
    browser.force_login(house.ana)
    answer = browser.post(f"/tasks/{task.pk}/completion/", {"outcome": "  "}, follow=True)
    panel = answer.content.decode().split('id="attention"')[1]
    assert "Say in a few words what came of it." in panel
    assert Task.objects.open().count() == 1


def test_who_only_sees_a_task_has_no_form_to_end_it(house, browser):
    client = house.client()
    house.admitted(client, PhaseKind.DETOX)
    task = open_task(kind=TaskKind.CALL_CLIENT, source="x:1", client=client, facility=house.elm)
    offered = {}
    for who in ("ana", "supervisor", "nurse", "intake"):
        said = shown(browser, getattr(house, who))
        assert "Call the client" in said
        offered[who] = said.count("/completion/")
    assert offered == {"ana": 1, "supervisor": 1, "nurse": 0, "intake": 0}
    browser.force_login(house.nurse)
    answer = browser.post(f"/tasks/{task.pk}/completion/", {"outcome": "called"}, follow=True)
    assert "This is due from somebody else." in answer.content.decode()
    assert Task.objects.open().count() == 1


def test_somebody_elses_task_is_not_there(house, browser):
    task = open_task(
        kind=TaskKind.CALL_CLIENT, source="x:1", client=house.client(), facility=house.elm
    )
    browser.force_login(house.cleo)
    answer = browser.post(f"/tasks/{task.pk}/completion/", {"outcome": "done"})
    assert answer.status_code == 404
    assert Task.objects.open().count() == 1


def test_the_trail_names_whose_names_were_shown_and_not_a_groups_members(house, browser):
    clients = [house.client(name=name) for name in ("Ada", "Bo")]
    house.booked(clients[0], NOON + HOUR, kind=AppointmentKind.GROUP, clients=clients, capacity=4)
    alone = house.client(name="Cy")
    house.booked(alone, NOON + 3 * HOUR)
    shown(browser, house.ana)
    event = AuditEvent.objects.latest("at")
    assert event.clients == [alone.pk]
    assert len(event.reads["appointment"]) == Appointment.objects.count()


def test_a_group_counts_who_comes_and_who_is_here(house, browser, begun):
    hall = Room.objects.create(facility=house.elm, name="Hall", capacity=9)
    group = begun("Ada Bo Cy", NOON - HOUR / 4, kind=AppointmentKind.GROUP, capacity=4, room=hall)
    arrive(attendance=group.attendances.first(), by=house.ana)
    said = shown(browser, house.ana)
    assert "Group, 3 expected" in said
    assert "1 here" in said


@pytest.mark.parametrize("who", ["manager", "privacy", "administrator"])
def test_roles_without_clients_get_a_page_of_their_own(house, browser, who):
    house.booked(house.client(name="Abe"), NOON + HOUR)
    said = shown(browser, getattr(house, who))
    assert "Your role works without client records." in said
    assert "Abe" not in said
    assert {
        "manager": "Reminder policies",
        "privacy": "Audit trail",
        "administrator": "Needs attention",
    }[who] in said


def test_an_administrator_sees_and_ends_a_task_about_the_installation(house, browser):
    task = open_task(kind=TaskKind.CHANNEL_DOWN, source="channel:sms", client=None, facility=None)
    assert "A message channel is not working" in shown(browser, house.administrator)
    browser.post(f"/tasks/{task.pk}/completion/", {"outcome": "number paid again"})
    task.refresh_from_db()
    assert task.outcome == "number paid again"


def test_who_has_no_role_any_more_is_told_so(house, browser):
    gone = hire(
        email="gone@casework.example", full_name="Gil Noor", facility=house.elm,
        role=Role.COUNSELOR, password=PASSWORD,
    )  # fmt: skip
    Membership.objects.filter(user=gone).update(until=now())
    assert "You have no role at any facility" in shown(browser, gone)


def test_every_kind_of_task_has_an_icon_that_exists():
    drawn = SPRITE.read_text()
    assert set(TASK_ICONS) == set(TaskKind.values)
    assert all(f'id="i-{name}"' in drawn for name in TASK_ICONS.values())
