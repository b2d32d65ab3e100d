"""A facility's own words: what may be said, in which version, and that it is what goes out."""

import datetime as dt
import time

import pytest

from appointments.models import Reminder
from appointments.purpose import ReminderPurpose
from appointments.services import templates
from appointments.services.policies import RuleWish, set_rules
from appointments.services.templates import Words, preview_template, retire_template, save_template
from appointments.states import RuleChannel, RuleWhen
from appointments.texts import KEYS, built_in
from audit.models import AuditEvent
from clients.models import Channel
from common.clock import now
from common.errors import Conflict, Forbidden, Invalid
from messaging.models import Message, Template
from messaging.services.authorise import End, verdicts
from messaging.states import MessageState, Reason
from organization.models import Language, Program
from tests.appointments.words import SAID, own_words
from tests.counting import statements
from tests.races import at_once

pytestmark = pytest.mark.django_db

LINKED = "Hi {greeting_name},\n\nsee you {day} {time} at {discreet_place}.\n{link}\n"


def words(body=SAID, *, key="reminder", channel=Channel.SMS, language=Language.ENGLISH, subject=""):
    return Words(key, Channel(channel), Language(language), body, subject)


def faults_of(house, said):
    with pytest.raises(Invalid) as refused:
        save_template(facility=house.elm, words=said, by=house.manager)
    assert not Template.objects.exists()
    return [(fault.field, fault.code) for fault in refused.value.faults]


def due_by(house, *rules, **client):
    house.rules(*rules)
    sam = house.client(**{"phone": "217 555 0134"} | client)
    house.booked(sam, now() + dt.timedelta(hours=30))
    return Message.objects.get(state=MessageState.SCHEDULED)


def said_in(message):
    [content] = ReminderPurpose().recheck([message]).values()
    return content


def test_a_new_version_takes_the_place_of_the_one_before(house):
    first, second = own_words(house), own_words(house, "See you {day} {time}.")
    first.refresh_from_db()
    assert (first.number, second.number) == (1, 2)
    assert first.retired_at is not None
    assert second.retired_at is None


def test_only_who_changes_policies_saves_words(house):
    with pytest.raises(Forbidden):
        save_template(facility=house.elm, words=words(), by=house.supervisor)
    with pytest.raises(Forbidden):
        save_template(facility=house.oak, words=words(), by=house.manager)
    with pytest.raises(Forbidden):
        retire_template(template=own_words(house), by=house.ana)


def test_what_has_been_retired_is_not_retired_again(house):
    template = own_words(house)
    assert retire_template(template=template, by=house.manager).retired_at is not None
    with pytest.raises(Conflict, match="taken the place"):
        retire_template(template=template, by=house.manager)


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        (words("Hi {name}"), [("body", "unknown_field")]),
        (words("Hi {greeting_name.pk}"), [("body", "bad_field")]),
        (words("Hi {day!r}"), [("body", "bad_field")]),
        (words("Hi {day"), [("body", "bad_field")]),
        (words("  "), [("body", "required")]),
        (words("See you {day} {link}"), [("body", "unknown_field")]),
        (words(subject="Hi"), [("subject", "not_allowed")]),
        (words("Your counseling is {day}"), [("body", "not_discreet")]),
        (words("Su tratamiento es {day}", language="es"), [("body", "not_discreet")]),
        (words("Come to Elm Street  treatment CENTER"), [("body", "not_discreet")] * 2),
        (words("Ask for Ana Lopez"), [("body", "not_discreet")]),
        (words("Ask for ANÁ-LÓPEZ"), [("body", "not_discreet")]),
        (words("The Aftercare program is {day}"), [("body", "not_discreet")] * 2),
        (words(SAID + " " + "x" * 80), [("body", "too_long")]),
        (words("Recuerde: está citado {day} {time} en {discreet_place}, " + "x" * 20), [("body", "too_long")]),
        (words(LINKED, channel="email"), [("subject", "required")]),
        (words("See you {day}", channel="email", subject="{day}"), [("body", "link_missing")]),
        (words(LINKED, channel="email", subject="{link}"), [("subject", "unknown_field")]),
        (words(LINKED, channel="email", subject="a\nBcc: x"), [("subject", "invalid")]),
        (words(LINKED, channel="email", subject="Detox"), [("subject", "not_discreet")]),
    ],
)  # fmt: skip
def test_words_that_can_t_be_sent_are_refused_with_the_field(house, said, faults):
    assert faults_of(house, said) == faults


def test_a_text_that_is_too_long_is_told_how_long_it_is_and_what_makes_it_so(house):
    with pytest.raises(Invalid) as refused:
        own_words(house, "Recuerde: está citado {day} {time} en {discreet_place}. " + "x" * 20)
    [fault] = refused.value.faults
    assert fault.detail == (
        "With a long name it is 74 characters, and one text message holds 70. "
        "Without á it would hold 160. Shorten it."
    )


def test_words_that_only_tell_need_no_link(house):
    said = words("We missed you {day}.", key="no_show", channel="email", subject="{day}")
    assert save_template(facility=house.elm, words=said, by=house.manager).number == 1


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("language", list(Language))
def test_the_built_in_words_may_be_saved_as_one_s_own(house, key, channel, language):
    given = built_in(key, channel, language, sms_has_link=False)
    said = words(given.body, key=key, channel=channel, language=language, subject=given.subject)
    assert save_template(facility=house.elm, words=said, by=house.manager).body == given.body


def test_a_preview_shows_the_longest_and_keeps_nothing(house):
    shown = preview_template(facility=house.elm, words=words(), by=house.manager)
    assert shown.body == (
        "Hi Maximiliana Josefina, see you Wed, Nov 30 12:30 PM at Elm St. 1 confirms, 2 changes."
    )
    assert (shown.measure.encoding, shown.measure.segments, shown.measure.left) == ("GSM-7", 1, 73)
    assert shown.faults == ()
    bad = preview_template(facility=house.elm, words=words("Hi {name}"), by=house.manager)
    assert (bad.body, bad.measure, bad.faults[0].code) == ("Hi {name}", None, "unknown_field")
    assert not Template.objects.exists()


def test_what_is_pending_says_the_new_words_and_keeps_their_version(house):
    message = due_by(house, (24, RuleChannel.SMS))
    assert said_in(message).version == "built-in-2"
    template = own_words(house)
    said = said_in(message)
    assert said.text.startswith("Hi Sam, see you ")
    assert said.text.endswith(" at Elm St. 1 confirms, 2 changes.")
    assert said.version == f"1:{template.pk}"
    retire_template(template=template, by=house.manager)
    assert said_in(message).version == "built-in-2"


def test_words_for_another_language_or_channel_or_facility_are_not_said(house):
    message = due_by(house, (24, RuleChannel.SMS))
    own_words(house, language=Language.SPANISH)
    own_words(house, LINKED, channel=Channel.EMAIL, subject="{day}")
    own_words(house, key="moved")
    assert said_in(message).version == "built-in-2"


def test_a_rule_s_own_words_come_first_then_those_of_its_kind(house):
    own_words(house, key="short", body="See you {day}.")
    rule = RuleWish(RuleWhen.OFFSET, RuleChannel.SMS, minutes_before=1440, template="short")
    message = due_by(house, rule)
    assert said_in(message).text.startswith("See you ")
    kind = own_words(house, "{day}, {time}.")
    assert said_in(message).text.startswith("See you ")
    retire_template(template=Template.objects.get(key="short"), by=house.manager)
    assert said_in(message).version == f"1:{kind.pk}"


def test_a_rule_can_t_name_words_that_nobody_saved(house):
    rule = RuleWish(RuleWhen.OFFSET, RuleChannel.SMS, minutes_before=1440, template="short")
    with pytest.raises(Invalid, match="no text of this name"):
        set_rules(facility=house.elm, rules=[rule], by=house.manager)


def test_a_program_named_after_a_word_was_saved_stops_it_at_the_last_look(house):
    message = due_by(house, (24, RuleChannel.SMS))
    own_words(house, "Your Willow visit is {day} {time}.")
    said = said_in(message)
    assert "Willow" in said.text
    Program.objects.filter(pk=house.programs["outpatient"].pk).update(name="Willow")
    message.has_consent, message.opted_out = True, False
    found = verdicts([message], moment=now())
    assert found == {message.pk: End(MessageState.FAILED, Reason.TEXT_REFUSED)}


def test_a_facility_without_words_of_its_own_costs_no_statement(house):
    message = due_by(house, (24, RuleChannel.SMS))
    with statements() as without:
        said_in(message)
    own_words(house, key="moved")
    with statements() as having:
        said_in(message)
    assert (len(without), len(having)) == (1, 3)


@pytest.fixture
def saving(house):
    def save():
        own_words(house, "See you {day}.")
        return "saved"

    return save


@pytest.mark.django_db(transaction=True)
def test_of_ten_saved_at_once_each_has_a_number_and_one_is_in_force(house, saving):
    assert at_once([saving] * 10) == {"saved": 10}
    numbers = Template.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 11))
    assert Template.objects.get(retired_at=None).number == 10


@pytest.mark.django_db(transaction=True)
def test_without_taking_turns_some_are_refused(house, saving, monkeypatch):
    """The negative control: it is the turn that keeps them apart, not luck."""
    retire = templates._retire
    monkeypatch.setattr(templates, "_one_at_a_time", lambda facility: None)
    monkeypatch.setattr(templates, "_retire", lambda rows: time.sleep(0.5) or retire(rows))
    answers = at_once([saving] * 10)
    assert answers["saved"] == 1
    assert Reminder.objects.count() == 0


class TestApi:
    PATH = "/api/v1/message-templates/"

    @pytest.fixture
    def manager(self, house, api):
        api.force_authenticate(house.manager)
        return api

    @pytest.fixture
    def body(self, house):
        return {
            "facility": str(house.elm.pk), "key": "reminder", "channel": "sms", "language": "en", "body": SAID,
        }  # fmt: skip

    def test_saved_listed_and_retired(self, manager, body, house):
        made = manager.post(self.PATH, body)
        [event] = AuditEvent.objects.filter(route__startswith="POST")
        assert event.changes == [{"action": "template.saved", "id": made.json()["id"]}]
        assert (made.status_code, made.json()["number"], made.json()["subject"]) == (201, 1, "")
        second = manager.post(self.PATH, body | {"body": "See you {day}."}).json()
        listed = manager.get(self.PATH).json()["results"]
        assert [row["id"] for row in listed] == [second["id"]]
        versions = manager.get(f"{self.PATH}{made.json()['id']}/versions/").json()["results"]
        assert [row["number"] for row in versions] == [2, 1]
        gone = manager.post(f"{self.PATH}{second['id']}/retirement/")
        assert gone.json()["retired_at"] is not None
        again = manager.post(f"{self.PATH}{second['id']}/retirement/")
        assert (again.status_code, again.json()["code"]) == (409, "template_retired")
        changes = manager.get(self.PATH, {"updated_after": "2020-01-01T00:00:00Z"}).json()
        assert (changes["results"], len(changes["voided"])) == ([], 2)

    def test_a_fault_names_the_field_and_the_way_out(self, manager, body):
        answer = manager.post(self.PATH, body | {"body": "Your rehab is {day}"})
        assert answer.status_code == 400
        [fault] = answer.json()["errors"]
        assert (fault["field"], fault["code"]) == ("body", "not_discreet")
        assert "Choose neutral words" in fault["detail"]

    def test_a_preview_tells_length_and_faults(self, manager, body):
        shown = manager.post(f"{self.PATH}preview/", body).json()
        assert shown["measure"] == {
            "encoding": "GSM-7", "units": 87, "segments": 1, "per_segment": 160, "left": 73,
        }  # fmt: skip
        assert shown["faults"] == []
        assert not Template.objects.exists()

    def test_the_built_in_words_are_there_to_begin_with(self, manager):
        said = manager.get(f"{self.PATH}built-in/").json()["results"]
        assert len(said) == len(KEYS) * 4
        assert said[0]["body"].startswith("Hi {greeting_name}, you have an appointment")
