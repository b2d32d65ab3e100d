"""Booking over HTTP: what is made, what is refused, and in which words."""

import datetime as dt
import uuid

import pytest

from appointments.models import Attendance
from audit.models import AuditEvent
from clients.models import CareRole
from clients.services import join_care_team
from organization.models import Room
from tests.appointments.asking import HOUR, URL, refused, rows, wish

pytestmark = pytest.mark.django_db


def test_a_booked_appointment_is_shown_whole(house, sam, as_ana, next_tuesday):
    house.admitted(sam)
    answer = as_ana.post(
        URL, wish(house, sam, next_tuesday, room=str(house.room.pk), remark="Bring the form.")
    )
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    attendance = Attendance.objects.get()
    reminders = shown["attendances"][0].pop("reminders")
    assert shown == {
        "id": str(attendance.appointment_id),
        "facility": str(house.elm.pk),
        "kind": "individual",
        "starts_at": f"{next_tuesday:%Y-%m-%dT%H:%M:%SZ}",
        "ends_at": f"{next_tuesday + dt.timedelta(minutes=50):%Y-%m-%dT%H:%M:%SZ}",
        "duration_minutes": 50,
        "room": {"id": str(house.room.pk), "name": "Room 2"},
        "capacity": 1,
        "status": "booked",
        "cancelled_by": None,
        "cancel_reason": "",
        "moved_from": None,
        "moved_to": None,
        "remark": "Bring the form.",
        "staff": [{"id": str(house.ana.pk), "full_name": "Ana Lopez", "leads": True}],
        "attendances": [
            {
                "id": str(attendance.pk),
                "client": {
                    "id": str(sam.pk),
                    "name": "Sam Rivera",
                    "record_number": sam.record_number,
                },
                "status": "expected",
                "status_at": None,
                "response": "needs_action",
                "responded_at": None,
                "phase": "outpatient",
            }
        ],
    }
    assert [(r["channel"], r["state"]) for r in reminders] == [
        ("sms", "planned"),
        ("sms", "planned"),
        ("sms", "skipped"),
        ("sms", "skipped"),
    ]
    assert reminders[0]["send_at"] == f"{next_tuesday - 72 * HOUR:%Y-%m-%dT%H:%M:%SZ}"


def test_an_end_may_be_given_in_place_of_a_length(house, sam, as_ana, next_tuesday):
    end = next_tuesday + dt.timedelta(minutes=90)
    body = wish(house, sam, next_tuesday, duration_minutes=None, ends_at=end.isoformat())
    assert as_ana.post(URL, body).json()["duration_minutes"] == 90


def test_the_first_of_the_staff_leads(house, sam, as_ana, next_tuesday):
    staff = [str(house.cleo.pk), str(house.ana.pk)]
    shown = as_ana.post(URL, wish(house, sam, next_tuesday, staff=staff)).json()["staff"]
    assert [(s["full_name"], s["leads"]) for s in shown] == [
        ("Cleo Hart", True),
        ("Ana Lopez", False),
    ]


def test_a_booking_is_one_audit_event_with_the_appointment_and_the_client(
    house, sam, as_ana, next_tuesday
):
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    booked = as_ana.post(URL, wish(house, sam, next_tuesday)).json()
    [event] = AuditEvent.objects.exclude(pk__in=before)
    assert event.actor_id == house.ana.pk
    assert event.source == "api"
    assert event.route == "POST /api/v1/appointments/"
    assert event.changes == [{"action": "appointment.booked", "id": booked["id"]}]
    assert event.reads == {"appointment": [booked["id"]]}
    assert event.clients == [sam.pk]


BAD_BOOKINGS = {
    "a past time": ({"starts_at": "2020-01-07T10:00:00-06:00"}, "in_the_past"),
    "a reversed time": (
        {"duration_minutes": None, "ends_at": "2026-01-01T00:00:00Z"},
        "reversed_time",
    ),
    "both a length and an end": ({"ends_at": "2027-01-05T12:00:00-06:00"}, "one_of_two"),
    "neither a length nor an end": ({"duration_minutes": None}, "one_of_two"),
    "a time without an offset": ({"starts_at": "2027-01-05T10:00:00"}, "no_offset"),
    "a time that is none": ({"starts_at": "tomorrow"}, "invalid"),
    "a time past the calendar's end": ({"starts_at": "9999-12-31T23:59:00Z"}, "overflow"),
    "a time before the calendar": ({"starts_at": "0001-01-01T00:00:00+14:00"}, "overflow"),
    "more than two years ahead": ({"starts_at": "2099-01-06T10:00:00-06:00"}, "too_far_ahead"),
    "too short": ({"duration_minutes": 4}, "min_value"),
    "too long": ({"duration_minutes": 721}, "max_value"),
    "an unknown field": ({"colour": "blue"}, "unknown_field"),
    "an unknown kind": ({"kind": "lunch"}, "invalid_choice"),
    "no staff": ({"staff": []}, "empty"),
    "no clients": ({"clients": []}, "empty"),
    "staff that is no list": ({"staff": "Ana"}, "not_a_list"),
    "a client that is no id": ({"clients": ["Sam"]}, "invalid"),
    "too long a remark": ({"remark": "x" * 501}, "max_length"),
    "a control character": ({"remark": "a\x00b"}, "control_character"),
    "two seats for one person": ({"capacity": 2}, "one_client"),
    "no seat": ({"capacity": 0}, "min_value"),
}


@pytest.mark.parametrize("what", BAD_BOOKINGS)
def test_a_bad_booking_is_refused_by_name_and_writes_nothing(
    house, sam, as_ana, next_tuesday, what
):
    changes, code = BAD_BOOKINGS[what]
    before = rows()
    refused(as_ana.post(URL, wish(house, sam, next_tuesday, **changes)), 400, code)
    assert rows() == before


def test_a_body_that_is_no_object_is_refused(as_ana):
    refused(as_ana.post(URL, [1, 2]), 400, "invalid")


def test_a_naive_time_is_told_how_to_say_it(house, sam, as_ana, next_tuesday):
    body = wish(house, sam, next_tuesday, starts_at="2027-01-05T10:00:00")
    assert as_ana.post(URL, body).json()["errors"] == [
        {
            "field": "starts_at",
            "code": "no_offset",
            "detail": "Give the time with its offset, such as 2026-12-01T10:00:00-06:00.",
        }
    ]


def test_more_clients_than_seats_are_refused(house, sam, as_ana, next_tuesday):
    others = [str(house.client(name=n).pk) for n in ("Kim", "Lee")]
    body = wish(house, sam, next_tuesday, kind="group", capacity=2, clients=[str(sam.pk), *others])
    before = rows()
    refused(as_ana.post(URL, body), 400, "over_capacity")
    assert rows() == before


def test_a_room_that_is_too_small_is_refused_when_booking_moving_and_changing(
    house, sam, as_ana, next_tuesday
):
    nook = Room.objects.create(facility=house.elm, name="Nook", capacity=1)
    others = [str(house.client(name="Kim").pk)]
    body = wish(house, sam, next_tuesday, kind="group", clients=[str(sam.pk), *others])
    refused(as_ana.post(URL, body | {"room": str(nook.pk)}), 400, "room_too_small")
    group = as_ana.post(URL, body).json()["id"]
    moved = {"starts_at": (next_tuesday + HOUR).isoformat(), "duration_minutes": 50}
    before = rows()
    refused(
        as_ana.post(f"{URL}{group}/reschedule/", moved | {"room": str(nook.pk)}),
        400,
        "room_too_small",
    )
    refused(as_ana.patch(f"{URL}{group}/", {"room": str(nook.pk)}), 400, "room_too_small")
    assert rows() == before


def test_a_taken_time_names_up_to_five_times_that_are_really_free(
    house, sam, visit, as_ana, next_tuesday
):
    kim = house.client(name="Kim")
    before = rows()
    body = refused(as_ana.post(URL, wish(house, kim, next_tuesday)), 409, "slot_taken")
    assert rows() == before
    assert body["errors"] == [
        {
            "field": "starts_at",
            "code": "slot_taken",
            "detail": "This time is taken. Times near it are free.",
        }
    ]
    assert len(body["free_slots"]) == 5
    for slot in body["free_slots"]:
        assert set(slot) == {"starts_at", "ends_at"}
    nearest = body["free_slots"][0]
    gap = dt.datetime.fromisoformat(nearest["starts_at"]) - next_tuesday
    assert abs(gap) == HOUR
    for slot in body["free_slots"]:
        booked = as_ana.post(URL, wish(house, kim, next_tuesday, duration_minutes=None, **slot))
        assert booked.status_code == 201, booked.content
        as_ana.post(
            f"{URL}{booked.json()['id']}/cancellation/",
            {"cancelled_by": "service", "reason": "Only tried."},
        )


def test_a_busy_client_is_said_to_be_busy_and_no_more(house, sam, visit, as_ana, next_tuesday):
    before = rows()
    body = wish(house, sam, next_tuesday, staff=[str(house.cleo.pk)])
    answer = refused(as_ana.post(URL, body), 409, "client_busy")
    assert answer == {
        "type": "urn:casework:problem:client_busy",
        "title": "The client is busy then",
        "status": 409,
        "detail": "The client is busy then. Choose another time.",
        "code": "client_busy",
        "errors": [
            {
                "field": "starts_at",
                "code": "client_busy",
                "detail": "The client is busy then. Choose another time.",
            }
        ],
    }
    assert rows() == before


def test_hidden_and_missing_are_refused_in_the_same_words(house, sam, as_ana, next_tuesday):
    """A colleague's client, another facility's room, staff and the facility itself: all unknown."""
    theirs = house.client(by=house.cleo, name="Kim")
    oak_room = Room.objects.create(facility=house.oak, name="Room 9")
    hidden = {
        "clients": [str(theirs.pk)],
        "staff": [str(house.oak_counselor.pk)],
        "room": str(oak_room.pk),
        "facility": str(house.oak.pk),
    }
    for field, value in hidden.items():
        missing = str(uuid.uuid4())
        absent = [missing] if isinstance(value, list) else missing
        told = [
            refused(
                as_ana.post(URL, wish(house, sam, next_tuesday, **{field: v})),
                400,
                "does_not_exist",
            )
            for v in (value, absent)
        ]
        words = [
            str(body).replace(str(v), "ID").replace(missing, "ID").replace(str(value), "ID")
            for body, v in zip(told, (value, absent), strict=True)
        ]
        ids = [value[0] if isinstance(value, list) else value, missing]
        assert words[0].replace(ids[0], "ID") == words[1].replace(ids[1], "ID")


def test_on_the_same_case_ben_books_for_the_client_too(house, sam, api, next_tuesday):
    api.force_authenticate(house.ben)
    body = wish(house, sam, next_tuesday)
    refused(api.post(URL, body), 400, "does_not_exist")
    join_care_team(
        client=sam, user=house.ben, role=CareRole.COUNSELOR, reason="covers", by=house.ana
    )
    assert api.post(URL, body).status_code == 201
