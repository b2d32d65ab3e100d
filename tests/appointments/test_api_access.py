"""Who may see and do what with appointments and policies: every route, every kind of person."""

import datetime as dt

import pytest
from django.db import transaction

from appointments.models import Appointment, Attendance, Occupancy, Reminder, ReminderRule
from audit.models import AuditEvent
from clients.models import CareRole
from clients.services import join_care_team
from organization.models import PhaseKind
from worklist.models import Task

pytestmark = pytest.mark.django_db

# Ana has the case, Ben is on it, Cleo isn't. Sam is in detox, so the nurse sees him.
PEOPLE = (
    "ana", "ben", "cleo", "supervisor", "nurse", "intake", "front_desk", "manager",
    "oak_counselor", "nobody",
)  # fmt: skip
VISIT = "appointments/{visit}/"
SEEN = (200, 200, 404, 200, 200, 200, 200, 404, 404, 401)
BOOKS = (200, 200, 404, 200, 403, 200, 200, 404, 404, 401)
MOVES = (201, 201, 404, 201, 403, 201, 201, 404, 404, 401)
RECORDS = (200, 200, 404, 200, 403, 403, 403, 404, 404, 401)
TABLE = [
    ("get", "appointments/", None, (200, 200, 200, 200, 200, 200, 200, 200, 200, 401)),
    ("post", "appointments/", "booking", (201, 201, 400, 201, 403, 201, 201, 403, 400, 401)),
    ("get", VISIT, None, SEEN),
    ("patch", VISIT, {"remark": "Ground floor."}, BOOKS),
    ("post", f"{VISIT}reschedule/", "time", MOVES),
    ("post", f"{VISIT}cancellation/", {"cancelled_by": "client", "reason": "A cold."}, BOOKS),
    ("post", f"{VISIT}arrival/", {}, BOOKS),
    ("post", f"{VISIT}completion/", {}, RECORDS),
    ("post", f"{VISIT}no-show/", {}, BOOKS),
    ("get", f"{VISIT}attendances/", None, SEEN),
    ("post", f"{VISIT}attendances/{{attendance}}/response/", {"response": "accepted"}, BOOKS),
    ("get", f"{VISIT}reminders/", None, SEEN),
    ("get", "reminder-policies/", None, (200, 200, 200, 200, 403, 403, 403, 200, 200, 401)),
    ("get", "reminder-policies/{policy}/", None,
     (200, 200, 200, 200, 403, 403, 403, 200, 404, 401)),
    ("put", "reminder-policies/{policy}/", {"rules": []},
     (403, 403, 403, 403, 403, 403, 403, 200, 404, 401)),
]  # fmt: skip
AFTER_THE_START = ("completion/", "no-show/")


@pytest.fixture
def sam(house):
    client = house.client(phone="217 555 0134")
    house.admitted(client, PhaseKind.DETOX)
    join_care_team(
        client=client, user=house.ben, role=CareRole.COUNSELOR, reason="covers", by=house.ana
    )
    return client


def rows():
    models = (Appointment, Attendance, Occupancy, Reminder, ReminderRule, Task, AuditEvent)
    return [model.objects.count() for model in models]


def ask(api, house, name, method, url, body):
    """One request in a savepoint that is undone; its status. A refusal writes nothing."""
    api.force_authenticate(None if name == "nobody" else getattr(house, name))
    before, mark = rows(), transaction.savepoint()
    answer = getattr(api, method)(url, body)
    if answer.status_code >= 400:
        assert rows() == before
        assert answer["Content-Type"] == "application/problem+json"
    transaction.savepoint_rollback(mark)
    return answer.status_code


@pytest.mark.parametrize(("method", "route", "body", "statuses"), TABLE)
def test_every_route_decides_for_every_person(
    house, api, sam, next_tuesday, time_machine, method, route, body, statuses
):
    visit = house.booked(sam, next_tuesday)
    late = route.endswith(AFTER_THE_START)
    time_machine.move_to(visit.starts_at + dt.timedelta(minutes=10 if late else -10))
    url = route.format(visit=visit.pk, attendance=visit.attendances.get().pk, policy=house.elm.pk)
    time = {
        "starts_at": (next_tuesday + dt.timedelta(hours=3)).isoformat(),
        "duration_minutes": 50,
    }
    booking = time | {
        "facility": str(house.elm.pk),
        "kind": "individual",
        "staff": [str(house.ana.pk)],
        "clients": [str(sam.pk)],
    }
    body = {"booking": booking, "time": time}.get(body, body) if isinstance(body, str) else body
    told = {name: ask(api, house, name, method, f"/api/v1/{url}", body) for name in PEOPLE}
    assert told == dict(zip(PEOPLE, statuses, strict=True))


def test_a_list_shows_the_appointment_to_whom_its_page_does(house, api, sam, next_tuesday):
    visit = house.booked(sam, next_tuesday)
    shown = {}
    for name, status in zip(PEOPLE[:-1], SEEN, strict=False):
        api.force_authenticate(getattr(house, name))
        listed = [row["id"] for row in api.get("/api/v1/appointments/").json()["results"]]
        shown[name] = listed == [str(visit.pk)]
        assert shown[name] == (status == 200), name


def test_what_is_hidden_and_what_is_missing_are_answered_alike(house, api, sam, next_tuesday):
    visit = house.booked(sam, next_tuesday)
    api.force_authenticate(house.cleo)
    hidden = api.get(f"/api/v1/appointments/{visit.pk}/")
    missing = api.get(f"/api/v1/appointments/{sam.pk}/")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()


def test_an_attendance_is_not_answered_through_another_appointment(house, api, sam, next_tuesday):
    visit = house.booked(sam, next_tuesday)
    other = house.booked(sam, next_tuesday + dt.timedelta(hours=2))
    api.force_authenticate(house.ana)
    url = f"/api/v1/appointments/{other.pk}/attendances/{visit.attendances.get().pk}/response/"
    assert api.post(url, {"response": "accepted"}).status_code == 404
