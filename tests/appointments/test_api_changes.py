"""The calendar over HTTP: moving, changing, cancelling, and what happened to people."""

import datetime as dt

import pytest

from appointments.models import Attendance
from appointments.states import AppointmentKind
from audit.models import AuditEvent
from organization.models import Room
from tests.appointments.asking import HOUR, URL, refused, rows
from worklist.models import Task, TaskKind

pytestmark = pytest.mark.django_db


# ── Moving, changing, cancelling ──────────────────────────────────────────────────────────────


def test_rescheduling_answers_with_a_new_appointment_linked_to_the_old(
    house, visit, as_ana, next_tuesday
):
    answer = as_ana.post(
        f"{URL}{visit.pk}/reschedule/",
        {"starts_at": (next_tuesday + HOUR).isoformat(), "duration_minutes": 30},
    )
    assert answer.status_code == 201, answer.content
    new = answer.json()
    assert new["moved_from"] == str(visit.pk)
    assert new["duration_minutes"] == 30
    old = as_ana.get(f"{URL}{visit.pk}/").json()
    assert (old["status"], old["cancelled_by"], old["moved_to"]) == (
        "cancelled",
        "rescheduled",
        new["id"],
    )
    assert [a["status"] for a in old["attendances"]] == ["cancelled"]
    assert [a["status"] for a in new["attendances"]] == ["expected"]


def test_who_moves_an_appointment_out_of_their_own_sight_still_gets_the_answer(
    house, api, sam, next_tuesday
):
    """Cleo stands in for Ana once, then hands the appointment back to her."""
    visit = house.booked(sam, next_tuesday, staff=[house.cleo])
    api.force_authenticate(house.cleo)
    answer = api.post(
        f"{URL}{visit.pk}/reschedule/",
        {
            "starts_at": next_tuesday.isoformat(),
            "duration_minutes": 50,
            "staff": [str(house.ana.pk)],
        },
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["attendances"] == []
    assert api.get(f"{URL}{answer.json()['id']}/").status_code == 404


def test_moving_to_a_taken_time_leaves_the_old_one_standing(
    house, sam, visit, as_ana, next_tuesday
):
    house.booked(house.client(name="Kim"), next_tuesday + HOUR)
    before = rows()
    answer = as_ana.post(
        f"{URL}{visit.pk}/reschedule/",
        {"starts_at": (next_tuesday + HOUR).isoformat(), "duration_minutes": 50},
    )
    assert len(refused(answer, 409, "slot_taken")["free_slots"]) == 5
    assert rows() == before
    assert as_ana.get(f"{URL}{visit.pk}/").json()["status"] == "booked"


def test_room_and_remark_change_the_row(house, visit, as_ana):
    answer = as_ana.patch(
        f"{URL}{visit.pk}/", {"room": str(house.room.pk), "remark": "Ground floor."}
    )
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["room"]["name"], shown["remark"]) == ("Room 2", "Ground floor.")
    event = AuditEvent.objects.latest("at")
    assert event.changes == [{"action": "appointment.updated", "id": str(visit.pk)}]
    assert event.clients == [visit.attendances.get().client_id]


def test_a_time_is_not_patched(visit, as_ana, next_tuesday):
    answer = as_ana.patch(f"{URL}{visit.pk}/", {"starts_at": next_tuesday.isoformat()})
    refused(answer, 400, "unknown_field")


def test_a_room_in_use_is_refused_and_the_old_one_kept(house, sam, as_ana, next_tuesday):
    attic = Room.objects.create(facility=house.elm, name="Attic")
    visit = house.booked(sam, next_tuesday, room=attic)
    kim = house.client(by=house.cleo, name="Kim")
    house.booked(kim, next_tuesday, staff=[house.cleo], by=house.cleo, room=house.room)
    before = rows()
    refused(as_ana.patch(f"{URL}{visit.pk}/", {"room": str(house.room.pk)}), 409, "room_taken")
    assert rows() == before
    assert as_ana.get(f"{URL}{visit.pk}/").json()["room"]["name"] == "Attic"


def test_a_cancelled_appointment_says_who_and_why_and_is_cancelled_once(visit, as_ana):
    body = {"cancelled_by": "client", "reason": "Has a cold."}
    shown = as_ana.post(f"{URL}{visit.pk}/cancellation/", body).json()
    assert (shown["status"], shown["cancelled_by"], shown["cancel_reason"]) == (
        "cancelled",
        "client",
        "Has a cold.",
    )
    assert [r["state"] for r in shown["attendances"][0]["reminders"]] == [
        "cancelled",
        "cancelled",
        "skipped",
        "skipped",
    ]
    before = rows()
    refused(as_ana.post(f"{URL}{visit.pk}/cancellation/", body), 409, "appointment_ended")
    assert rows() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"cancelled_by": "rescheduled", "reason": "x"}, "invalid_choice"),
        ({"cancelled_by": "client"}, "required"),
        ({"cancelled_by": "client", "reason": ""}, "blank"),
        ({"cancelled_by": "client", "reason": "x" * 201}, "max_length"),
        ({"cancelled_by": "client", "reason": "x", "by": "Ana"}, "unknown_field"),
    ],
)
def test_a_malformed_cancellation_is_refused(visit, as_ana, body, code):
    before = rows()
    refused(as_ana.post(f"{URL}{visit.pk}/cancellation/", body), 400, code)
    assert rows() == before


# ── What happened ─────────────────────────────────────────────────────────────────────────────


def test_arrival_then_completion_completes_the_appointment(visit, as_ana, time_machine):
    time_machine.move_to(visit.starts_at - dt.timedelta(minutes=5))
    arrived = as_ana.post(f"{URL}{visit.pk}/arrival/").json()
    assert [a["status"] for a in arrived["attendances"]] == ["arrived"]
    time_machine.move_to(visit.starts_at + HOUR)
    done = as_ana.post(f"{URL}{visit.pk}/completion/", {"left_early": True}).json()
    assert done["status"] == "completed"
    assert [a["status"] for a in done["attendances"]] == ["left_early"]
    event = AuditEvent.objects.latest("at")
    attendance = str(visit.attendances.get().pk)
    assert event.changes == [{"action": "attendance.left_early", "id": attendance}]


def test_nothing_is_completed_before_it_starts(visit, as_ana):
    before = rows()
    refused(as_ana.post(f"{URL}{visit.pk}/completion/"), 409, "not_begun")
    refused(as_ana.post(f"{URL}{visit.pk}/no-show/"), 409, "not_begun")
    refused(as_ana.post(f"{URL}{visit.pk}/arrival/"), 409, "too_early")
    assert rows() == before


def test_who_never_arrived_did_not_leave_early(visit, as_ana, time_machine):
    time_machine.move_to(visit.starts_at + HOUR)
    answer = as_ana.post(f"{URL}{visit.pk}/completion/", {"left_early": True})
    body = refused(answer, 409, "attendance_not_ready")
    assert "arrived" in body["allowed"]


def test_a_no_show_opens_a_task_and_is_recorded_once(house, sam, visit, as_ana, time_machine):
    time_machine.move_to(visit.starts_at + HOUR)
    shown = as_ana.post(f"{URL}{visit.pk}/no-show/").json()
    assert [a["status"] for a in shown["attendances"]] == ["no_show"]
    assert Task.objects.get(kind=TaskKind.NO_SHOW_OUTREACH).client_id == sam.pk
    before = rows()
    refused(as_ana.post(f"{URL}{visit.pk}/no-show/"), 409, "appointment_ended")
    assert rows() == before


def test_of_several_attending_one_is_named(house, sam, as_ana, next_tuesday, time_machine):
    kim = house.client(name="Kim")
    group = house.booked(sam, next_tuesday, kind=AppointmentKind.GROUP, clients=[sam, kim])
    other = house.booked(sam, next_tuesday + HOUR)
    time_machine.move_to(next_tuesday + HOUR / 2)
    url = f"{URL}{group.pk}/no-show/"
    before = rows()
    refused(as_ana.post(url), 400, "required")
    elsewhere = str(other.attendances.get().pk)
    refused(as_ana.post(url, {"attendance": elsewhere}), 400, "does_not_exist")
    assert rows() == before
    kims = str(group.attendances.get(client=kim).pk)
    shown = as_ana.post(url, {"attendance": kims}).json()
    assert {a["client"]["name"]: a["status"] for a in shown["attendances"]} == {
        "Sam Rivera": "expected",
        "Kim Rivera": "no_show",
    }
    assert shown["status"] == "booked"


def test_an_attendance_that_is_hidden_is_not_recorded_by_its_appointment(
    house, api, sam, next_tuesday, time_machine
):
    """Front desk still sees the slot of two months ago, but no longer who was in it."""
    visit = house.booked(sam, next_tuesday)
    time_machine.move_to(next_tuesday + dt.timedelta(days=60))
    api.force_authenticate(house.front_desk)
    assert api.get(f"{URL}{visit.pk}/").json()["attendances"] == []
    before = rows()
    refused(api.post(f"{URL}{visit.pk}/no-show/"), 404, "not_found")
    assert rows() == before


def test_attendances_are_listed_with_the_same_fields_as_in_the_appointment(visit, as_ana):
    [listed] = as_ana.get(f"{URL}{visit.pk}/attendances/").json()["results"]
    assert listed == as_ana.get(f"{URL}{visit.pk}/").json()["attendances"][0]
    event = AuditEvent.objects.filter(route__endswith="attendances/").get()
    assert event.reads == {"attendance": [listed["id"]]}


def response_url(visit):
    return f"{URL}{visit.pk}/attendances/{visit.attendances.get().pk}/response/"


@pytest.mark.parametrize(
    ("response", "kinds"),
    [
        ("accepted", []),
        ("tentative", [TaskKind.RESCHEDULE_REQUEST]),
        ("declined", [TaskKind.CLIENT_DECLINED]),
    ],
)
def test_an_answer_told_to_staff_is_written_down(visit, as_ana, response, kinds):
    shown = as_ana.post(response_url(visit), {"response": response}).json()
    assert (shown["response"], shown["status"]) == (response, "expected")
    assert Attendance.objects.get().response_source == "staff"
    assert list(Task.objects.values_list("kind", flat=True)) == kinds
    changes = AuditEvent.objects.latest("at").changes
    assert {"action": f"attendance.{response}", "id": shown["id"]} in changes


def test_an_answer_to_what_is_over_is_refused(visit, as_ana, time_machine):
    before = rows()
    refused(as_ana.post(response_url(visit), {"response": "needs_action"}), 400, "invalid_choice")
    time_machine.move_to(visit.starts_at + HOUR)
    refused(as_ana.post(response_url(visit), {"response": "accepted"}), 409, "answer_too_late")
    assert rows() == before
