"""What was sent, what came back, and who opted out, over HTTP."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from clients.models import CareRole, Channel, ContactPoint
from clients.services import join_care_team
from common.clock import now
from messaging.models import Attempt, InboundMessage, Message, OptOut
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.services.optout import lift_opt_out, opt_out
from messaging.services.outbox import Draft, enqueue, enqueue_account_mail
from messaging.states import AttemptState, MessageState, Reason

pytestmark = pytest.mark.django_db
PHONE = "+12175550134"
TEXT = "Hi Sam, you have an appointment on Tuesday."


@pytest.fixture
def as_ana(house, api):
    api.force_authenticate(house.ana)
    return api


@pytest.fixture
def sam(house):
    return house.client(phone=PHONE, email="sam@example.com")


def message_to(house, client, *, hours=0, channel=Channel.SMS, **values):
    kind = "phone" if channel == Channel.SMS else "email"
    moment = now() + dt.timedelta(hours=hours)
    point = client.contact_points.get(kind=kind)
    draft = Draft(
        purpose="reminder",
        about=None,
        channel=channel,
        client_id=client.pk,
        facility_id=house.elm.pk,
        contact_point_id=point.pk,
        address_index=point.address_index,
        language=client.language,
        send_at=moment,
        expires_at=moment + dt.timedelta(days=1),
    )
    message = Message.objects.get(pk=enqueue([draft])[0])
    if values:
        message.change(**values)
    return message


def wrote(body, *, sender=PHONE, sid="SM0001"):
    inbound = store_inbound(provider_id=sid, sender=sender, body=body)
    handle_inbound(inbound.pk)
    return InboundMessage.objects.get(pk=inbound.pk)


def stamp(moment):
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def only_event(act):
    """The one audit event of what `act` does."""
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    act()
    [event] = AuditEvent.objects.exclude(pk__in=before)
    return event


# ── Messages ──────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_shown_with_its_text_as_sent_and_its_attempts(house, sam, as_ana):
    message = message_to(
        house, sam, state=MessageState.FAILED, reason=Reason.NOT_DELIVERED, body=TEXT,
        sent_at=now(), ended_at=now(), text_version="2026-11",
    )  # fmt: skip
    attempt = Attempt.objects.create(
        message=message, number=1, state=AttemptState.ACCEPTED, started_at=now(),
        ended_at=now(), code="30003", words="Unreachable destination handset",
    )  # fmt: skip
    assert as_ana.get(f"/api/v1/messages/{message.pk}/").json() == {
        "id": str(message.pk),
        "client": str(sam.pk),
        "facility": str(house.elm.pk),
        "purpose": "reminder",
        "about": None,
        "channel": "sms",
        "contact_point": str(sam.contact_points.get(kind="phone").pk),
        "language": "en",
        "state": "failed",
        "reason": {
            "code": "not_delivered",
            "sentence": "The provider could not deliver it.",
        },
        "send_at": stamp(message.send_at),
        "expires_at": stamp(message.expires_at),
        "sent_at": stamp(message.sent_at),
        "delivered_at": None,
        "ended_at": stamp(message.ended_at),
        "text_version": "2026-11",
        "subject": None,
        "body": TEXT,
        "attempts": [
            {
                "number": 1,
                "state": "accepted",
                "started_at": stamp(attempt.started_at),
                "ended_at": stamp(attempt.ended_at),
                "code": "30003",
                "words": "Unreachable destination handset",
            }
        ],
    }


def test_a_list_of_messages_has_no_texts_and_no_addresses(house, sam, as_ana):
    message_to(house, sam, body=TEXT)
    answer = as_ana.get("/api/v1/messages/")
    assert TEXT not in answer.content.decode()
    assert "5550134" not in answer.content.decode()


def test_messages_stand_newest_first_and_are_narrowed(house, sam, as_ana):
    kim = house.client(name="Kim", phone="217 555 0135")
    early = message_to(house, sam, hours=1, state=MessageState.CANCELLED)
    late = message_to(house, sam, hours=3, channel=Channel.EMAIL)
    kims = message_to(house, kim, hours=2)
    everything = [str(late.pk), str(kims.pk), str(early.pk)]
    for query, wanted in (
        ({}, everything),
        ({"client": str(kim.pk)}, [str(kims.pk)]),
        ({"state": "cancelled"}, [str(early.pk)]),
        ({"channel": "email"}, [str(late.pk)]),
        ({"purpose": "reminder"}, everything),
        ({"purpose": "account"}, []),
    ):
        assert ids(as_ana.get("/api/v1/messages/", query)) == wanted, query
    assert as_ana.get("/api/v1/messages/", {"state": "lost"}).status_code == 400


def test_mail_to_staff_about_their_account_is_shown_to_nobody(house, api):
    mail = enqueue_account_mail(to="ana@casework.example", subject="Reset", body="A secret link.")
    for person in (house.ana, house.supervisor, house.administrator):
        api.force_authenticate(person)
        assert ids(api.get("/api/v1/messages/")) == []
        assert api.get(f"/api/v1/messages/{mail.pk}/").status_code == 404


def test_reading_a_message_is_one_audit_event(house, sam, as_ana):
    message = message_to(house, sam)
    for url in ("/api/v1/messages/", f"/api/v1/messages/{message.pk}/"):
        event = only_event(lambda url=url: as_ana.get(url))
        assert event.reads == {"message": [str(message.pk)]}
        assert event.clients == [sam.pk]
        assert event.changes == []


def test_a_list_of_messages_takes_as_many_queries_for_twelve_as_for_two(house, sam, as_ana):
    def queries():
        del house.ana.access
        with CaptureQueriesContext(connection) as seen:
            assert as_ana.get("/api/v1/messages/").status_code == 200
        return len([q for q in seen if "SAVEPOINT" not in q["sql"]])

    for number in range(12):
        message_to(house, sam, hours=number, state=MessageState.CANCELLED)
        if number == 1:
            house.ana.access  # noqa: B018 (so that both measurements read it anew)
            two = queries()
    assert queries() == two == 3


# ── What came in ──────────────────────────────────────────────────────────────────────────────


def test_what_came_in_is_listed_without_and_shown_with_its_text(house, sam, as_ana):
    inbound = wrote("Could we talk on Thursday?")
    [listed] = as_ana.get("/api/v1/inbound-messages/").json()["results"]
    assert listed == {
        "id": str(inbound.pk),
        "channel": "sms",
        "received_at": stamp(inbound.received_at),
        "meaning": "text",
        "client": str(sam.pk),
        "answers": None,
        "handled_at": stamp(inbound.handled_at),
        "read_at": None,
        "read_by": None,
    }
    shown = as_ana.get(f"/api/v1/inbound-messages/{inbound.pk}/").json()
    assert shown == listed | {"text": "Could we talk on Thursday?", "sender": PHONE}


def test_what_is_unread_is_found_and_reading_it_takes_it_from_there(house, sam, as_ana):
    inbound = wrote("Could we talk on Thursday?")
    unread = "/api/v1/inbound-messages/?unread=true"
    assert [row["id"] for row in as_ana.get(unread).json()["results"]] == [str(inbound.pk)]
    answers = [as_ana.post(f"/api/v1/inbound-messages/{inbound.pk}/reading/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["read_by"] == str(house.ana.pk)
    assert as_ana.get(unread).json()["results"] == []


def test_what_is_not_looked_at_yet_has_no_meaning(house, as_ana):
    house.client(phone=PHONE)
    store_inbound(provider_id="SM0002", sender=PHONE, body="1")
    [listed] = as_ana.get("/api/v1/inbound-messages/").json()["results"]
    assert (listed["meaning"], listed["client"]) == (None, None)


def test_inbound_messages_are_narrowed_by_client_and_meaning(house, sam, as_ana):
    kim = house.client(name="Kim", phone="217 555 0135")
    stop = wrote("STOP")
    text = wrote("hello", sender="+12175550135", sid="SM0002")
    url = "/api/v1/inbound-messages/"
    assert ids(as_ana.get(url)) == [str(text.pk), str(stop.pk)]
    assert ids(as_ana.get(url, {"client": str(kim.pk)})) == [str(text.pk)]
    assert ids(as_ana.get(url, {"meaning": "stop"})) == [str(stop.pk)]


def test_reading_what_came_from_a_shared_address_names_each_whom_it_may_be_from(house, sam, as_ana):
    kim = house.client(name="Kim", phone=PHONE)
    hidden = house.client(by=house.cleo, name="Lee", phone=PHONE)
    inbound = wrote("hello")
    event = only_event(lambda: as_ana.get(f"/api/v1/inbound-messages/{inbound.pk}/"))
    assert event.reads == {"inbound_message": [str(inbound.pk)]}
    assert event.clients == sorted([sam.pk, kim.pk])
    assert hidden.pk not in event.clients


def test_from_an_address_that_nobody_has_only_intake_sees_it(house, api):
    inbound = wrote("Is this the place?", sender="+12175550188")
    url = f"/api/v1/inbound-messages/{inbound.pk}/"
    shown = {}
    for person in (house.ana, house.intake, house.manager):
        api.force_authenticate(person)
        shown[person.full_name] = api.get(url).status_code
    assert shown == {"Ana Lopez": 404, "Ines Moreau": 200, "Mara Quist": 404}
    api.force_authenticate(house.intake)
    assert api.get(url).json()["sender"] == "+12175550188"


# ── Opt-outs ──────────────────────────────────────────────────────────────────────────────────


def test_an_opt_out_is_shown_at_every_contact_point_that_has_the_address(house, sam, as_ana):
    kim = house.client(name="Kim", phone=PHONE)
    house.client(by=house.cleo, name="Lee", phone=PHONE)
    index = sam.contact_points.get(kind="phone").address_index
    opt_out(address_index=index, channel=Channel.SMS)
    answer = as_ana.get("/api/v1/opt-outs/")
    since = stamp(OptOut.objects.get().since)
    shown = {row["client"]: row for row in answer.json()["results"]}
    assert shown == {
        str(client.pk): {
            "contact_point": str(client.contact_points.get(kind="phone").pk),
            "client": str(client.pk),
            "channel": "sms",
            "since": since,
        }
        for client in (sam, kim)
    }
    assert "5550134" not in answer.content.decode()
    lift_opt_out(address_index=index, channel=Channel.SMS)
    assert as_ana.get("/api/v1/opt-outs/").json()["results"] == []


def test_opt_outs_continue_by_cursor_and_leave_one_audit_event(house, as_ana):
    for number in range(3):
        client = house.client(name=f"Kim {number}", phone=f"217 555 016{number}")
        opt_out(address_index=client.contact_points.get().address_index, channel=Channel.SMS)
    seen, url = [], "/api/v1/opt-outs/?page_size=2"
    while url:
        body = as_ana.get(url).json()
        seen += [row["contact_point"] for row in body["results"]]
        url = body["next"]
    newest_first = ContactPoint.objects.order_by("-created_at").values_list("pk", flat=True)
    assert seen == [str(pk) for pk in newest_first]
    event = only_event(lambda: as_ana.get("/api/v1/opt-outs/"))
    assert event.reads == {"contact_point": sorted(seen)}


# ── Who sees it ───────────────────────────────────────────────────────────────────────────────

PEOPLE = (
    "ana", "ben", "cleo", "supervisor", "nurse", "intake", "front_desk", "manager",
    "oak_counselor", "nobody",
)  # fmt: skip
ALL = (200, 200, 200, 200, 200, 200, 200, 200, 200, 401)
TEAM = (200, 200, 404, 200, 404, 404, 404, 404, 404, 401)
TABLE = [
    ("messages/", ALL, "message"),
    ("messages/{message}/", TEAM, None),
    ("inbound-messages/", ALL, "inbound"),
    ("inbound-messages/{inbound}/", TEAM, None),
    ("opt-outs/", ALL, None),
]


@pytest.mark.parametrize(("route", "statuses", "listed"), TABLE)
def test_every_route_decides_for_every_person(house, api, sam, route, statuses, listed):
    join_care_team(
        client=sam, user=house.ben, role=CareRole.COUNSELOR, reason="covers", by=house.ana
    )
    rows = {"message": message_to(house, sam), "inbound": wrote("hello")}
    url = f"/api/v1/{route.format(**{name: row.pk for name, row in rows.items()})}"
    told = {}
    for name in PEOPLE:
        api.force_authenticate(None if name == "nobody" else getattr(house, name))
        events = AuditEvent.objects.count()
        answer = api.get(url)
        told[name] = answer.status_code
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert AuditEvent.objects.count() == events
        elif listed:
            seen = TEAM[PEOPLE.index(name)] == 200
            assert ids(answer) == ([str(rows[listed].pk)] if seen else []), name
    assert told == dict(zip(PEOPLE, statuses, strict=True))


def test_opt_outs_are_seen_with_contact_points(house, api, sam):
    opt_out(address_index=sam.contact_points.get(kind="phone").address_index, channel=Channel.SMS)
    house.booked(sam, now() + dt.timedelta(days=3))
    shown = {}
    for name in PEOPLE[:-1]:
        api.force_authenticate(getattr(house, name))
        shown[name] = len(api.get("/api/v1/opt-outs/").json()["results"])
    assert shown == {
        "ana": 1, "ben": 0, "cleo": 0, "supervisor": 1, "nurse": 0, "intake": 1,
        "front_desk": 1, "manager": 0, "oak_counselor": 0,
    }  # fmt: skip


def test_nothing_here_is_written(house, sam, as_ana):
    message = message_to(house, sam)
    for method in ("post", "put", "patch", "delete"):
        for url in ("/api/v1/messages/", f"/api/v1/messages/{message.pk}/", "/api/v1/opt-outs/"):
            assert getattr(as_ana, method)(url).status_code == 405
    assert Message.objects.count() == 1
