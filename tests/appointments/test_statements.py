"""What the calendar's requests cost the database, token sign-in, access control and audit included."""

import datetime as dt

import pytest
from knox.models import AuthToken

from appointments.models import Attendance, Reminder
from appointments.services.planning import plan_reminders
from appointments.states import RuleChannel
from common.clock import now
from messaging.models import Message
from messaging.states import MessageState
from tests.appointments.asking import HOUR, URL, wish
from tests.counting import statements

pytestmark = pytest.mark.django_db

BOOKING, BESIDE, LIST, RETRIEVE = 12, 14, 4, 4
CANCELLING, MOVING, PLANNING = 23, 26, 9


@pytest.fixture
def by_token(house, api):
    api.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(house.ana)[1]}")
    return api


@pytest.fixture
def some(house):
    """Makes so many clients of Ana's, each with a telephone. The facility has its policy."""
    house.rules((72, RuleChannel.SMS), (24, RuleChannel.PREFERRED), (None, RuleChannel.SMS))
    return lambda count: [house.client(phone=f"217 555 01{n:02d}") for n in range(count)]


def asked(count, request):
    """The answer to a request that takes so many statements."""
    with statements() as taken:
        answer = request()
    assert answer.status_code in (200, 201), answer.content
    assert len(taken) == count, "\n".join(taken)
    return answer


def group(house, clients, when, **changes):
    ids = [str(client.pk) for client in clients]
    return wish(house, clients[0], when, kind="group", clients=ids, **changes)


def test_a_booking_takes_few_statements(house, by_token, some, next_tuesday):
    body = wish(house, *some(1), next_tuesday)
    answer = asked(BOOKING, lambda: by_token.post(URL, body))
    assert [r["state"] for r in answer.json()["attendances"][0]["reminders"]] == [
        "planned",
        "planned",
        "skipped",
    ]


def test_a_room_takes_one_more_and_so_does_a_colleague(house, by_token, some, next_tuesday):
    body = wish(house, *some(1), next_tuesday, room=str(house.room.pk))
    asked(BOOKING + 1, lambda: by_token.post(URL, body))
    body = wish(house, *some(1), next_tuesday, staff=[str(house.ben.pk)])
    asked(BOOKING + 1, lambda: by_token.post(URL, body))


@pytest.mark.parametrize("size", [1, 5])
def test_beside_other_visits_that_day_it_takes_two_more_however_many(
    house, by_token, some, next_tuesday, size
):
    """They are told of together: one message has another time then, one is made, one stays."""
    clients = some(size)
    for n, client in enumerate(clients):
        house.booked(client, next_tuesday + n * HOUR)
    body = group(house, clients, next_tuesday - 2 * HOUR)
    asked(BESIDE, lambda: by_token.post(URL, body))
    assert Message.objects.filter(state=MessageState.SCHEDULED).count() == 2 * size
    assert Reminder.objects.filter(state="bundled").count() == 2 * size


@pytest.mark.parametrize("size", [2, 20])
def test_a_group_takes_as_many_however_large(house, by_token, some, next_tuesday, size):
    body = group(house, some(size), next_tuesday)
    answer = asked(BOOKING, lambda: by_token.post(URL, body))
    assert len(answer.json()["attendances"]) == size
    assert Reminder.objects.filter(state="planned").count() == 2 * size


@pytest.mark.parametrize("size", [2, 6])
def test_moving_and_cancelling_a_group_too(house, by_token, some, next_tuesday, size):
    made = by_token.post(URL, group(house, some(size), next_tuesday)).json()["id"]
    later = {"starts_at": (next_tuesday + 24 * HOUR).isoformat(), "duration_minutes": 50}
    moved = asked(MOVING, lambda: by_token.post(f"{URL}{made}/reschedule/", later)).json()["id"]
    why = {"cancelled_by": "service", "reason": "The counselor is ill."}
    asked(CANCELLING, lambda: by_token.post(f"{URL}{moved}/cancellation/", why))


@pytest.mark.parametrize("rows", [2, 6])
def test_a_list_takes_as_many_however_long(house, by_token, some, next_tuesday, rows):
    for n, client in enumerate(some(rows)):
        house.booked(client, next_tuesday + n * HOUR, room=house.room)
    answer = asked(LIST, lambda: by_token.get(URL))
    assert len(answer.json()["results"]) == rows


@pytest.mark.parametrize("size", [2, 6])
def test_one_takes_as_many_however_many_attend(house, by_token, some, next_tuesday, size):
    made = by_token.post(URL, group(house, some(size), next_tuesday)).json()["id"]
    answer = asked(RETRIEVE, lambda: by_token.get(f"{URL}{made}/"))
    assert len(answer.json()["attendances"]) == size


def test_what_a_booking_answers_is_what_reading_it_again_shows(house, by_token, some, next_tuesday):
    """Staff and appointment are answered as they were made, and not read again."""
    body = group(house, some(3), next_tuesday, room=str(house.room.pk), remark="Bring a coat.")
    body["staff"].append(str(house.ben.pk))
    made = by_token.post(URL, body)
    read = by_token.get(f"{URL}{made.json()['id']}/")
    assert made.json() == read.json()
    assert made["ETag"] == read["ETag"]
    later = {"starts_at": (next_tuesday + 24 * HOUR).isoformat(), "duration_minutes": 50}
    moved = by_token.post(f"{URL}{made.json()['id']}/reschedule/", later)
    read = by_token.get(f"{URL}{moved.json()['id']}/")
    assert moved.json() == read.json()
    assert moved["ETag"] == read["ETag"]


@pytest.mark.parametrize("visits", [2, 6])
def test_planning_anew_takes_as_many_for_two_visits_as_for_six(house, some, next_tuesday, visits):
    """Each loses a reminder, gets one, and keeps one: the rules changed."""
    for n, client in enumerate(some(visits)):
        house.booked(client, next_tuesday + n * HOUR)
    house.rules((48, RuleChannel.SMS), (24, RuleChannel.PREFERRED))
    ids = list(Attendance.objects.values_list("pk", flat=True))
    with statements() as taken:
        plan_reminders(ids)
    assert len(taken) == PLANNING, "\n".join(taken)
    counted = Reminder.objects.filter(state="planned").values_list(
        "rule__minutes_before", flat=True
    )
    assert sorted(counted) == [24 * 60] * visits + [48 * 60] * visits
    assert Reminder.objects.filter(state="cancelled", reason="policy_changed").count() == visits


def from_nine_to_eleven(facility):
    """Quiet hours, set after the booking: what is due at ten has another time now."""
    facility.quiet_from, facility.quiet_until = dt.time(9), dt.time(11)
    facility.save()


def test_what_is_due_at_another_time_now_is_shifted_not_made_anew(house, some, next_tuesday):
    visit = house.booked(*some(1), next_tuesday)
    before = dict(Reminder.objects.values_list("pk", "message"))
    from_nine_to_eleven(house.elm)
    plan_reminders(visit.attendances.values_list("pk", flat=True))
    shifted = Reminder.objects.filter(state="planned").select_related("message")
    assert {r.pk: r.message_id for r in shifted} == {
        pk: message for pk, message in before.items() if message
    }
    hours = {72: 71, 24: 23}  # 10:00 lies in the quiet, 11:00 is its end
    for reminder in shifted:
        due = next_tuesday - hours[reminder.rule.minutes_before // 60] * HOUR
        assert reminder.send_at == reminder.message.send_at == due


def test_what_is_claimed_is_taken_back_and_another_message_takes_its_place(
    house, some, next_tuesday
):
    visit = house.booked(*some(1), next_tuesday)
    claimed = Reminder.objects.get(rule__minutes_before=72 * 60)
    Message.objects.filter(pk=claimed.message_id).update(
        state=MessageState.SENDING, lease=visit.pk, lease_until=now() + HOUR
    )
    from_nine_to_eleven(house.elm)
    plan_reminders(visit.attendances.values_list("pk", flat=True))
    due = Reminder.objects.filter(state="planned").values_list("send_at", "message__send_at")
    assert list(due) == [
        (next_tuesday - 71 * HOUR, next_tuesday - 71 * HOUR),
        (next_tuesday - 23 * HOUR, next_tuesday - 23 * HOUR),
    ]
    former = Message.objects.get(pk=claimed.message_id)
    assert (former.state, former.lease, former.reason) == ("cancelled", None, "replaced")
