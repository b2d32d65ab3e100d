"""Lists of appointments over HTTP: order, filters, what is absent, how many queries."""

import uuid

import pytest

from appointments.states import AppointmentKind
from audit.models import AuditEvent
from organization.models import PhaseKind
from tests.appointments.asking import HOUR, URL, refused

pytestmark = pytest.mark.django_db


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_a_list_stands_in_the_order_of_time_and_continues_by_cursor(
    house, sam, as_ana, next_tuesday
):
    later = house.booked(sam, next_tuesday + 2 * HOUR)
    sooner = house.booked(sam, next_tuesday)
    assert ids(as_ana.get(URL)) == [str(sooner.pk), str(later.pk)]
    first = as_ana.get(URL, {"page_size": 1}).json()
    assert [row["id"] for row in first["results"]] == [str(sooner.pk)]
    assert ids(as_ana.get(first["next"])) == [str(later.pk)]


def test_a_list_is_narrowed_by_time_facility_staff_client_status_and_kind(
    house, sam, as_ana, next_tuesday
):
    kim = house.client(name="Kim")
    first = house.booked(sam, next_tuesday)
    second = house.booked(kim, next_tuesday + HOUR, staff=[house.ben, house.ana])
    as_ana.post(
        f"{URL}{first.pk}/cancellation/", {"cancelled_by": "client", "reason": "Has a cold."}
    )
    one, two = str(first.pk), str(second.pk)
    wanted = [
        ({"from": (next_tuesday + HOUR).isoformat()}, [two]),
        ({"until": (next_tuesday + HOUR).isoformat()}, [one]),
        ({"from": next_tuesday.isoformat(), "until": next_tuesday.isoformat()}, []),
        ({"facility": str(house.elm.pk)}, [one, two]),
        ({"facility": str(house.oak.pk)}, []),
        ({"staff": str(house.ben.pk)}, [two]),
        ({"client": str(kim.pk)}, [two]),
        ({"client": str(uuid.uuid4())}, []),
        ({"status": "cancelled"}, [one]),
        ({"status": "booked", "kind": "individual"}, [two]),
        ({"kind": "group"}, []),
    ]
    assert [(query, ids(as_ana.get(URL, query))) for query, _ in wanted] == wanted


def test_a_malformed_filter_is_refused_by_name(as_ana):
    for query, field, code in (
        ({"from": "2027-01-05T10:00:00"}, "from", "no_offset"),
        ({"until": "soon"}, "until", "no_offset"),
        ({"from": "9999-12-31T23:59:59-23:00"}, "from", "overflow"),
        ({"client": "Sam"}, "client", "invalid"),
        ({"status": "lost"}, "status", "invalid_choice"),
    ):
        body = refused(as_ana.get(URL, query), 400, code)
        assert [fault["field"] for fault in body["errors"]] == [field]


def test_a_filter_by_client_does_not_tell_of_a_hidden_one(house, sam, api, next_tuesday):
    """Cleo's client sits in the same group: she sees the group, and hers alone in it."""
    kim = house.client(by=house.cleo, name="Kim")
    group = house.booked(
        sam, next_tuesday, kind=AppointmentKind.GROUP, clients=[sam, kim], by=house.ana
    )
    api.force_authenticate(house.cleo)
    [shown] = api.get(URL).json()["results"]
    assert [a["client"]["name"] for a in shown["attendances"]] == ["Kim Rivera"]
    assert ids(api.get(URL, {"client": str(kim.pk)})) == [str(group.pk)]
    assert ids(api.get(URL, {"client": str(sam.pk)})) == []
    event = AuditEvent.objects.filter(actor_id=house.cleo.pk, source="api").first()
    assert event.clients == [kim.pk]


def test_reading_a_list_is_one_audit_event_with_the_appointments_and_clients(
    house, sam, visit, as_ana
):
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    as_ana.get(URL)
    [event] = AuditEvent.objects.exclude(pk__in=before)
    assert event.actor_id == house.ana.pk
    assert event.reads == {"appointment": [str(visit.pk)]}
    assert event.changes == []
    assert event.clients == [sam.pk]


def test_the_phase_is_absent_for_whom_the_case_is_not_shown(house, sam, visit, api):
    house.admitted(sam, PhaseKind.DETOX)
    shown = {}
    for person in (house.ana, house.nurse, house.intake, house.front_desk):
        api.force_authenticate(person)
        [attendance] = api.get(f"{URL}{visit.pk}/").json()["attendances"]
        shown[person.full_name] = attendance.get("phase", "absent")
    assert shown == {
        "Ana Lopez": "detox",
        "Nia Brandt": "detox",
        "Ines Moreau": "detox",
        "Finn Doyle": "absent",
    }


def test_out_of_treatment_the_phase_is_empty_not_absent(house, visit, as_ana):
    [attendance] = as_ana.get(f"{URL}{visit.pk}/").json()["attendances"]
    assert attendance["phase"] is None
