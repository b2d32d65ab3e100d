"""A client may agree that messages tell what they are about: to them alone, and recorded."""

import datetime as dt
import uuid

import pytest

from audit.models import AuditEvent
from clients.models import Channel, ConsentMethod, ContactConsent
from clients.services import grant_consent
from common.clock import now
from common.errors import Forbidden
from messaging.models import Message
from messaging.services import drain
from messaging.states import MessageState, Reason
from organization.models import Facility
from tests.appointments.words import own_words

pytestmark = pytest.mark.django_db

PLAIN = "Hi {greeting_name}, your counseling is {day} {time}."
ORDINARY = "Hi {greeting_name}, see you {day} {time}."


@pytest.fixture
def due(house):
    """Makes a client by text whose reminder is due."""
    house.rules((24, "sms"))

    def make(name: str):
        client = house.client(name=name, phone=f"217 555 0{uuid.uuid4().int % 800 + 100}")
        house.booked(
            client,
            now() + dt.timedelta(hours=30),
            staff=[house.ana if name == "Sam" else house.ben],
        )
        Message.objects.filter(client=client).update(send_at=now(), due_at=now())
        return client

    return make


def agree(house, client, *, by=None, plain_words=True):
    [point] = client.contact_points.all()
    return grant_consent(
        point=point,
        method=ConsentMethod.WRITTEN,
        by=by or house.supervisor,
        plain_words=plain_words,
    )


def handed_over():
    """What goes now: by the name it greets."""
    lease, ids = drain.claim(Channel.SMS)
    return {out.text.split()[1].strip(","): out.text for out in drain.prepare(ids, lease)}


def test_plain_words_go_to_who_agreed_and_the_ordinary_ones_to_the_others(house, due):
    own_words(house, PLAIN, plain=True)
    own_words(house, ORDINARY)
    agree(house, due("Sam"))
    due("Kim")
    said = handed_over()
    assert said["Sam"].startswith("Hi Sam, your counseling is ")
    assert said["Kim"].startswith("Hi Kim, see you ")


def test_without_ordinary_words_the_others_get_what_all_facilities_say(house, due):
    own_words(house, PLAIN, plain=True)
    due("Kim")
    assert handed_over()["Kim"].startswith("Hi Kim, you have an appointment ")


def test_who_agreed_gets_the_ordinary_words_where_there_are_no_plain_ones(house, due):
    own_words(house, ORDINARY)
    agree(house, due("Sam"))
    assert handed_over()["Sam"].startswith("Hi Sam, see you ")


def test_taken_back_after_planning_and_claiming_it_holds_at_the_last_look(house, due):
    own_words(house, PLAIN, plain=True)
    client = due("Sam")
    agree(house, client)
    lease, ids = drain.claim(Channel.SMS)
    agree(house, client, by=house.ana, plain_words=False)
    [out] = drain.prepare(ids, lease)
    assert out.text.startswith("Hi Sam, you have an appointment ")


def test_a_telling_place_is_refused_but_to_who_agreed(house, due):
    Facility.objects.filter(pk=house.elm.pk).update(discreet_name="Detox House")
    agree(house, due("Sam"))
    kim = due("Kim")
    assert list(handed_over()) == ["Sam"]
    refused = Message.objects.get(client=kim)
    assert (refused.state, refused.reason) == (MessageState.FAILED, Reason.TEXT_REFUSED)


def test_both_kinds_of_words_are_in_force_side_by_side_each_in_versions(house):
    first, plain = own_words(house), own_words(house, PLAIN, plain=True)
    again = own_words(house, "Your detox is {day}.", plain=True)
    for template in (first, plain):
        template.refresh_from_db()
    assert (first.retired_at, plain.retired_at is None, again.retired_at) == (None, False, None)
    assert [t.number for t in (first, plain, again)] == [1, 2, 3]


def test_it_takes_the_place_of_what_was_in_force_and_both_stay_on_record(house):
    client = house.client(phone="217 555 0134")
    before = ContactConsent.objects.get(withdrawn_at=None)
    plain = agree(house, client)
    before.refresh_from_db()
    assert (before.plain_words, before.withdrawn_by) == (False, house.supervisor)
    assert (plain.plain_words, plain.granted_by, plain.withdrawn_at) == (
        True,
        house.supervisor,
        None,
    )
    assert (before.wording_version, plain.wording_version) == ("2026-11", "2026-11-plain")
    assert agree(house, client) == plain
    # Who says nothing of it leaves it as it is; anybody who records consents may take it back.
    assert (
        grant_consent(point=plain.contact_point, method=ConsentMethod.VERBAL, by=house.ana) == plain
    )
    back = agree(house, client, by=house.ana, plain_words=False)
    assert (back.plain_words, ContactConsent.objects.filter(withdrawn_at=None).get()) == (
        False,
        back,
    )


@pytest.mark.parametrize("who", ["ana", "intake", "front_desk"])
def test_only_a_supervisor_records_it(house, who):
    client = house.client(phone="217 555 0134")
    with pytest.raises(Forbidden):
        agree(house, client, by=getattr(house, who))
    assert not ContactConsent.objects.filter(plain_words=True).exists()


def test_a_supervisor_of_another_facility_doesn_t(house):
    with pytest.raises(Forbidden):
        agree(house, house.client(phone="217 555 0134"), by=house.oak_counselor)


class TestApi:
    def test_recorded_shown_and_in_the_trail(self, house, api):
        point = house.client(phone="217 555 0134").contact_points.get()
        path = f"/api/v1/contact-points/{point.pk}/"
        api.force_authenticate(house.supervisor)
        made = api.post(f"{path}consents/", {"method": "written", "plain_words": True})
        assert (made.status_code, made.json()["plain_words"]) == (201, True)
        [event] = AuditEvent.objects.filter(route__endswith="/consents/")
        assert event.changes == [{"action": "contact_consent.granted", "id": made.json()["id"]}]
        assert api.get(path).json()["consent"]["plain_words"] is True

    def test_a_counselor_is_told_no(self, house, api):
        point = house.client(phone="217 555 0134").contact_points.get()
        api.force_authenticate(house.ana)
        answer = api.post(
            f"/api/v1/contact-points/{point.pk}/consents/",
            {"method": "written", "plain_words": True},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "capability_missing")

    def test_plain_words_are_saved_as_such_and_listed(self, house, api):
        api.force_authenticate(house.manager)
        body = {
            "facility": str(house.elm.pk), "key": "reminder", "channel": "sms", "language": "en",
            "body": PLAIN,
        }  # fmt: skip
        refused = api.post("/api/v1/message-templates/", body)
        assert refused.json()["errors"][0]["code"] == "not_discreet"
        made = api.post("/api/v1/message-templates/", body | {"plain": True})
        assert (made.status_code, made.json()["plain"]) == (201, True)
        too_long = api.post(
            "/api/v1/message-templates/preview/", body | {"plain": True, "body": "x" * 200}
        )
        assert too_long.json()["faults"][0]["code"] == "too_long"
