"""Answers: bound to one message that is still valid, or put before a person. STOP is obeyed."""

import datetime as dt

import pytest

from appointments.models import Attendance
from appointments.services.booking import cancel_appointment
from appointments.states import CancelledBy, RuleChannel
from clients.models import Channel
from clients.services import add_contact_point
from common.clock import now
from messaging.keywords import meaning_of
from messaging.models import InboundMessage, Meaning, Message, OptOut
from messaging.purposes import purposes
from messaging.services.authorise import is_discreet
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.states import MessageState
from organization.models import Facility
from worklist.models import Task, TaskKind

pytestmark = pytest.mark.django_db

PHONE = "+12175550134"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", Meaning.CONFIRM),
        (" 1. ", Meaning.CONFIRM),
        ("2!", Meaning.RESCHEDULE),
        ("Stop", Meaning.STOP),
        ("STOP.", Meaning.STOP),
        ("opt-out", Meaning.STOP),
        ("Opt Out", Meaning.STOP),
        ("cancel", Meaning.STOP),
        ("Alto!", Meaning.STOP),
        ("yes", Meaning.START),
        ("UNSTOP", Meaning.START),
        ("ayuda", Meaning.HELP),
        ("12", Meaning.TEXT),
        ("1 please", Meaning.TEXT),
        ("please stop texting me", Meaning.TEXT),
        ("I can't stop by today", Meaning.TEXT),
        ("", Meaning.TEXT),
        ("no", Meaning.TEXT),
    ],
)
def test_only_the_whole_message_is_a_keyword(text, meaning):
    assert meaning_of(text) == meaning


def reminded(house, *, name="Sam", hours=30, phone=PHONE):
    """A client who holds a sent reminder of a visit."""
    house.rules((24, RuleChannel.SMS))
    client = house.client(name=name, phone=phone)
    visit = house.booked(client, now() + dt.timedelta(hours=hours))
    Message.objects.filter(client=client).update(state=MessageState.SENT, sent_at=now())
    return visit.attendances.get()


def comes_in(body, *, sender=PHONE, sid=None):
    sid = sid or f"SM{InboundMessage.objects.count()}"
    inbound = store_inbound(provider_id=sid, sender=sender, body=body)
    handle_inbound(inbound.pk)
    inbound.refresh_from_db()
    return inbound


def test_1_confirms_the_visit_and_leaves_its_status(house):
    attendance = reminded(house)
    inbound = comes_in("1")
    attendance.refresh_from_db()
    assert (attendance.response, attendance.response_source) == ("accepted", "reply")
    assert attendance.status == "expected"
    assert attendance.appointment.status == "booked"
    assert inbound.answers.client == attendance.client
    assert not Task.objects.exists()


def test_2_opens_a_task_and_leaves_the_appointment_as_it_is(house):
    attendance = reminded(house)
    comes_in("2")
    attendance.refresh_from_db()
    assert attendance.response == "tentative"
    assert attendance.appointment.status == "booked"
    task = Task.objects.get()
    assert (task.kind, task.assignee) == (TaskKind.RESCHEDULE_REQUEST, house.ana)


def test_a_1_after_a_2_takes_the_request_for_another_time_back(house):
    attendance = reminded(house)
    comes_in("2")
    comes_in("1")
    attendance.refresh_from_db()
    assert attendance.response == "accepted"
    assert [t.state for t in Task.objects.all()] == ["withdrawn"]


def test_the_same_message_delivered_twice_counts_once(house):
    reminded(house)
    first, again = comes_in("2", sid="SM1"), comes_in("2", sid="SM1")
    assert first.pk == again.pk
    assert Task.objects.count() == 1


def test_an_answer_to_a_cancelled_visit_confirms_nothing_and_goes_to_a_person(house):
    attendance = reminded(house)
    cancel_appointment(
        appointment=attendance.appointment, by_whom=CancelledBy.SERVICE, reason="", by=house.ana
    )
    comes_in("1")
    attendance.refresh_from_db()
    assert attendance.response == "needs_action"
    assert [t.kind for t in Task.objects.all()] == [TaskKind.READ_REPLY]


def test_two_clients_with_one_phone_and_a_reminder_each_nobody_is_confirmed(house):
    first, second = reminded(house), reminded(house, name="Kim", hours=40)
    inbound = comes_in("1")
    assert inbound.client is None
    assert set(Attendance.objects.values_list("response", flat=True)) == {"needs_action"}
    tasks = Task.objects.filter(kind=TaskKind.READ_REPLY)
    assert {t.client for t in tasks} == {first.client, second.client}


def test_two_clients_with_one_phone_and_one_reminder_the_reminded_one_is_confirmed(house):
    attendance = reminded(house)
    other = house.client(name="Kim")
    add_contact_point(client=other, kind="phone", value=PHONE, by=house.ana)
    inbound = comes_in("1")
    attendance.refresh_from_db()
    assert attendance.response == "accepted"
    assert inbound.client == attendance.client


def test_two_visits_pending_it_is_not_guessed_which_is_meant(house):
    attendance = reminded(house)
    house.booked(attendance.client, now() + dt.timedelta(hours=60))
    Message.objects.update(state=MessageState.SENT, sent_at=now())
    comes_in("1")
    assert set(Attendance.objects.values_list("response", flat=True)) == {"needs_action"}
    assert Task.objects.get().kind == TaskKind.READ_REPLY


def test_two_visits_reminded_of_at_different_times_the_last_one_is_meant(house):
    first = reminded(house)
    Message.objects.update(sent_at=now() - dt.timedelta(minutes=11))
    later = house.booked(first.client, now() + dt.timedelta(hours=60)).attendances.get()
    Message.objects.filter(sent_at=None).update(state=MessageState.SENT, sent_at=now())
    comes_in("1")
    responses = dict(Attendance.objects.values_list("pk", "response"))
    assert responses == {first.pk: "needs_action", later.pk: "accepted"}
    assert not Task.objects.exists()


def test_after_the_visit_an_answer_confirms_nothing_and_goes_to_a_person(house):
    attendance = reminded(house)
    Message.objects.update(expires_at=now() - dt.timedelta(minutes=1))
    comes_in("1")
    attendance.refresh_from_db()
    assert attendance.response == "needs_action"
    assert [t.kind for t in Task.objects.all()] == [TaskKind.READ_REPLY]


def test_a_longer_text_that_asks_to_stop_is_read_by_a_person_and_is_no_stop(house):
    reminded(house)
    comes_in("please stop texting me")
    assert not OptOut.objects.exists()
    assert [t.kind for t in Task.objects.all()] == [TaskKind.READ_REPLY]


def auto_answers():
    return Message.objects.filter(purpose="auto_answer")


def test_who_writes_freely_hears_once_a_day_that_nobody_may_read_it_soon(house):
    reminded(house)
    comes_in("running late")
    comes_in("still on my way")
    assert [m.recipient for m in auto_answers()] == [PHONE]
    auto_answers().update(
        created_at=now() - dt.timedelta(hours=25), state=MessageState.SENT, sent_at=now()
    )
    comes_in("thank you")
    assert auto_answers().count() == 2


@pytest.mark.parametrize(
    ("language", "line", "said"),
    [
        ("en", "217 555 0911", "urgent call 217 555 0911."),
        ("en", "", "call 911."),
        ("es", "217 555 0911", "urgente llame al 217 555 0911."),
        ("es", "", "llame al 911."),
    ],
)
def test_the_automatic_answer_names_the_crisis_line_in_one_plain_part(house, language, line, said):
    reminded(house)
    Facility.objects.filter(pk=house.elm.pk).update(crisis_line=line)
    comes_in("running late")
    auto_answers().update(language=language)
    message = auto_answers().get()
    content = purposes["auto_answer"].recheck([message])[message.pk]
    assert content.text.endswith(said)
    assert content.text.isascii()
    assert len(content.text) <= 160
    assert is_discreet(message, content)


def test_no_automatic_answer_after_an_opt_out_nor_to_a_number_that_nobody_has(house):
    reminded(house)
    comes_in("who is this?", sender="+13125550199")
    comes_in("STOP")
    comes_in("running late")
    assert not auto_answers().exists()


def test_free_text_goes_to_the_counselor_and_is_kept_sealed(house):
    reminded(house)
    inbound = comes_in("running late, 10 min")
    assert inbound.body == "running late, 10 min"
    assert Task.objects.get().assignee == house.ana
    with pytest.raises(TypeError):
        str(InboundMessage.objects.values_list("body", flat=True).get())


def test_an_unknown_number_is_kept_for_intake(house):
    inbound = comes_in("who is this?", sender="+13125550199")
    assert inbound.client is None
    assert list(InboundMessage.objects.visible_to(house.intake)) == [inbound]
    assert not InboundMessage.objects.visible_to(house.ana).exists()
    assert [t.role for t in Task.objects.visible_to(house.intake)] == ["intake"]


def test_adding_somebodys_number_to_a_record_opens_nothing_they_wrote(house):
    reminded(house)
    before = comes_in("a word for Ana")
    grabber = house.client(name="Kim", by=house.cleo)
    add_contact_point(client=grabber, kind="phone", value=PHONE, by=house.cleo)
    after = comes_in("another word")
    assert not InboundMessage.objects.visible_to(house.cleo).exists()
    assert set(InboundMessage.objects.visible_to(house.ana)) == {before, after}


def test_stop_is_for_the_address_and_everyone_who_shares_it(house):
    reminded(house)
    other = house.client(name="Kim", phone=PHONE)
    house.booked(other, now() + dt.timedelta(hours=40))
    comes_in("STOP")
    pending = Message.objects.filter(purpose="reminder", client=other)
    assert [m.reason for m in pending] == ["opted_out"]
    assert OptOut.objects.get().until is None


def test_stop_is_acknowledged_once_then_silence(house):
    reminded(house)
    for _ in range(3):
        comes_in("STOP")
    acknowledgements = Message.objects.filter(purpose="opt_out_acknowledgement")
    assert [m.channel for m in acknowledgements] == [Channel.SMS]
    assert OptOut.objects.count() == 1


def test_stop_twice_is_still_acknowledged_and_start_takes_it_back(house):
    reminded(house)
    comes_in("STOP")
    comes_in("STOP")
    acknowledgement = Message.objects.get(purpose="opt_out_acknowledgement")
    assert acknowledgement.state == MessageState.SCHEDULED
    comes_in("START")
    acknowledgement.refresh_from_db()
    assert acknowledgement.state == MessageState.CANCELLED


def test_a_provider_that_acknowledges_by_itself_is_not_doubled(house, settings):
    settings.TWILIO_ACKNOWLEDGES_KEYWORDS = True
    reminded(house)
    comes_in("STOP")
    comes_in("HELP")
    assert not Message.objects.exclude(purpose="reminder").exists()


def test_start_lifts_the_opt_out_and_grants_no_consent(house):
    client = house.client()
    point = add_contact_point(client=client, kind="phone", value=PHONE, by=house.ana)
    comes_in("STOP")
    comes_in("START")
    assert OptOut.objects.get().until is not None
    assert not point.consents.exists()


def test_help_answers_with_the_discreet_contact(house):
    reminded(house)
    comes_in("help")
    answer = Message.objects.get(purpose="help_answer")
    assert answer.facility == house.elm
