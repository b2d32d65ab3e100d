"""What a manager may change of a facility, and what follows."""

import datetime as dt

import pytest

from appointments.models import ReplanRequest
from appointments.services.replanning import replan_due
from appointments.states import RuleChannel
from audit.models import AuditEvent
from common.clock import at_wall_clock
from messaging.models import Message
from organization.models import PhaseKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(house, api):
    api.force_authenticate(house.manager)
    return api


@pytest.fixture
def path(house):
    return f"/api/v1/facilities/{house.elm.pk}/"


def test_the_crisis_line_and_the_pace_are_set(manager, path, house):
    answer = manager.patch(path, {"crisis_line": " 988 ", "messages_per_minute": 60})
    assert answer.status_code == 200
    assert (answer.json()["crisis_line"], answer.json()["messages_per_minute"]) == ("988", 60)
    [event] = AuditEvent.objects.filter(route__startswith="PATCH")
    assert event.changes == [{"action": "facility.updated", "id": str(house.elm.pk)}]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"discreet_name": "Elm Detox"}, "discreet_name", "not_discreet"),
        ({"crisis_line": "Detox hotline 988"}, "crisis_line", "not_discreet"),
        ({"discreet_phone": "rehab"}, "discreet_phone", "not_discreet"),
        ({"quiet_from": "20:00"}, "quiet_until", "required"),
        ({"quiet_from": "20:00", "quiet_until": "20:00"}, "quiet_until", "out_of_range"),
        ({"messages_per_minute": 0}, "messages_per_minute", "min_value"),
        ({"languages": []}, "languages", "min_length"),
        ({"legal_name": "Elm"}, "legal_name", "unknown_field"),
        ({"discreet_phone": ""}, "discreet_phone", "blank"),
    ],
)
def test_what_can_t_be_is_refused_with_the_field(manager, path, house, given, field, code):
    answer = manager.patch(path, given)
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    before = house.elm.updated_at
    house.elm.refresh_from_db()
    assert house.elm.updated_at == before


@pytest.mark.parametrize(
    "given", [{"discreet_name": "Quiet Street House 2"}, {"crisis_line": "ask for Blue Room"}]
)
def test_what_every_message_says_names_neither_the_facility_nor_a_program(
    manager, path, house, given
):
    """The last look at each message would refuse it."""
    house.elm.change(legal_name="Quiet Street House")
    house.programs[PhaseKind.OUTPATIENT].change(name="Blue Room")
    answer = manager.patch(path, given)
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        (field, "not_discreet") for field in given
    ]


def test_other_quiet_hours_move_what_is_pending(manager, path, house, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    house.booked(house.client(phone="217 555 0134"), next_tuesday)
    ReplanRequest.objects.all().delete()
    manager.patch(path, {"quiet_from": "09:00", "quiet_until": "11:30"})
    assert ReplanRequest.objects.count() == 1
    replan_due()
    day = next_tuesday.date() - dt.timedelta(days=1)
    assert Message.objects.get().send_at == at_wall_clock(day, dt.time(11, 30), "America/Chicago")
