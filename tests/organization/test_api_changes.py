"""`updated_after`: a program that asks again and again misses no change. And what lists refuse."""

import datetime as dt

import psycopg
import pytest
from django.db import connection

from appointments.services.attending import arrive, respond
from appointments.states import Response, ResponseSource
from clients.models import Client
from clients.services import withdraw_consent
from common.clock import now
from common.database import CLOCKS_APART
from messaging.models import OptOut
from organization.models import PhaseKind
from tests.appointments.asking import refused

CLIENTS = "/api/v1/clients/"


@pytest.fixture
def ana(api, house):
    api.force_authenticate(house.ana)
    return api


def changes(api, path, since, **more):
    answer = api.get(
        path, {"updated_after": since if isinstance(since, str) else since.isoformat()} | more
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_only_what_changed_is_told_in_the_order_of_the_changes(house, ana):
    sam, kim, lee = (house.client(name=name) for name in ("Sam", "Kim", "Lee"))
    since = now()
    ana.patch(f"{CLIENTS}{lee.pk}/", {"chosen_name": "L"})
    ana.patch(f"{CLIENTS}{sam.pk}/", {"chosen_name": "S"})
    told = changes(ana, CLIENTS, since)
    assert [row["id"] for row in told["results"]] == [str(lee.pk), str(sam.pk)]
    assert told["voided"] == []
    assert str(kim.pk) not in str(told)


def test_asking_again_from_until_tells_what_came_since_and_nothing_old_twice(house, ana):
    old = house.client()
    Client.objects.update(updated_at=now() - dt.timedelta(minutes=1))
    first = changes(ana, CLIENTS, now() - dt.timedelta(days=1))
    assert [row["id"] for row in first["results"]] == [str(old.pk)]
    assert changes(ana, CLIENTS, first["until"])["results"] == []
    new = house.client(name="Kim")
    again = changes(ana, CLIENTS, first["until"])
    assert [row["id"] for row in again["results"]] == [str(new.pk)]


def test_until_lies_some_seconds_back_for_clocks_that_differ(house, ana):
    before = now()
    until = dt.datetime.fromisoformat(changes(ana, CLIENTS, before)["until"])
    assert before - CLOCKS_APART <= until <= now() - CLOCKS_APART


def test_pages_of_changes_hold_each_change_once(house, ana):
    made = [house.client(name=f"Sam{n}") for n in range(5)]
    page = changes(ana, CLIENTS, made[0].created_at - dt.timedelta(minutes=1), page_size=2)
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        page = ana.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert seen == [str(client.pk) for client in made]


def test_what_one_may_not_see_is_not_among_the_changes(house, api):
    house.client()
    api.force_authenticate(house.cleo)
    told = changes(api, CLIENTS, now() - dt.timedelta(days=1))
    assert (told["results"], told["voided"]) == ([], [])


@pytest.mark.django_db(transaction=True)
class TestWhileSomethingIsBeingWritten:
    """A row's time is taken before its transaction commits."""

    @pytest.fixture
    def another(self):
        own = connection.settings_dict
        with psycopg.connect(
            host=own["HOST"], port=own["PORT"], user=own["USER"], password=own["PASSWORD"],
            dbname=own["NAME"],
        ) as link:  # fmt: skip
            yield link

    def test_a_change_that_was_still_being_written_comes_the_next_time(self, house, ana, another):
        slow, quick = house.client(name="Slow"), house.client(name="Quick")
        since = now()
        another.execute(
            "UPDATE clients_client SET chosen_name = 'S', updated_at = clock_timestamp()"
            " WHERE id = %s",
            [slow.pk],
        )
        ana.patch(f"{CLIENTS}{quick.pk}/", {"chosen_name": "Q"})
        during = changes(ana, CLIENTS, since)
        assert [row["id"] for row in during["results"]] == [str(quick.pk)]
        another.commit()
        after = changes(ana, CLIENTS, during["until"])
        assert [row["id"] for row in after["results"]] == [str(slow.pk), str(quick.pk)]

    def test_a_long_change_holds_until_back(self, house, ana, another):
        another.execute("SELECT 1")
        begun = another.execute("SELECT now()").fetchone()[0]
        until = changes(ana, CLIENTS, begun)["until"]
        assert dt.datetime.fromisoformat(until) <= begun - CLOCKS_APART

    def test_without_lying_back_the_slow_change_is_missed(self, house, ana, another, monkeypatch):
        monkeypatch.setattr("organization.api.base.settled_until", now)
        slow, quick = house.client(name="Slow"), house.client(name="Quick")
        since = now()
        another.execute(
            "UPDATE clients_client SET chosen_name = 'S', updated_at = clock_timestamp()"
            " WHERE id = %s",
            [slow.pk],
        )
        ana.patch(f"{CLIENTS}{quick.pk}/", {"chosen_name": "Q"})
        during = changes(ana, CLIENTS, since)
        another.commit()
        after = changes(ana, CLIENTS, during["until"])
        told = [row["id"] for row in during["results"] + after["results"]]
        assert told == [str(quick.pk)]


def test_a_lifted_opt_out_is_told_as_void(house, ana):
    client = house.client(phone="+1 312 555 0100")
    point = client.contact_points.get()
    since = now()
    opted = OptOut.objects.create(address_index=point.address_index, channel="sms")
    first = changes(ana, "/api/v1/opt-outs/", since)
    assert [row["contact_point"] for row in first["results"]] == [str(point.pk)]
    opted.change(until=now())
    after = changes(ana, "/api/v1/opt-outs/", first["until"])
    assert (after["results"], after["voided"]) == ([], [str(point.pk)])
    assert ana.get("/api/v1/opt-outs/").json()["results"] == []


class TestWhatARowShowsOfOthers:
    """A row whose answer shows something else changes with it."""

    def told(self, api, path, since):
        return [row["id"] for row in changes(api, path, since)["results"]]

    def test_a_client_changes_with_the_phase_and_with_the_primary_counselor(self, house, ana, api):
        client = house.client()
        since = now()
        episode = house.admitted(client)
        assert self.told(ana, CLIENTS, since) == [str(client.pk)]
        since = now()
        ana.post(
            f"/api/v1/episodes/{episode.pk}/transitions/",
            {"program": str(house.programs[PhaseKind.AFTERCARE].pk), "reason": "planned"},
        )
        assert self.told(ana, CLIENTS, since) == [str(client.pk)]
        assert self.told(ana, "/api/v1/episodes/", since) == [str(episode.pk)]
        since = now()
        api.force_authenticate(house.intake)
        body = {"counselor": str(house.ben.pk), "facility": str(house.elm.pk)}
        api.post(f"{CLIENTS}{client.pk}/primary-counselor/", body)
        assert self.told(api, CLIENTS, since) == [str(client.pk)]

    def test_a_contact_point_changes_with_its_consent(self, house, ana):
        client = house.client(phone="+1 312 555 0100")
        point = client.contact_points.get()
        before = ana.get(f"/api/v1/contact-points/{point.pk}/").json()["updated_at"]
        withdraw_consent(point=point, by=house.ana)
        path = f"{CLIENTS}{client.pk}/contact-points/"
        assert self.told(ana, path, before) == [str(point.pk)]

    def test_an_appointment_changes_with_an_answer_and_with_an_outcome(self, house, ana):
        appointment = house.booked(house.client(), now() + dt.timedelta(hours=2))
        attendance = appointment.attendances.get()
        since = now()
        respond(attendance=attendance, response=Response.ACCEPTED, source=ResponseSource.REPLY)
        assert self.told(ana, "/api/v1/appointments/", since) == [str(appointment.pk)]
        since = now()
        arrive(attendance=attendance, by=house.ana)
        assert self.told(ana, "/api/v1/appointments/", since) == [str(appointment.pk)]


LISTS = (
    "facilities", "programs", "rooms", "staff", "clients", "episodes", "appointments", "messages",
    "inbound-messages", "opt-outs", "tasks", "reminder-policies",
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_every_list_tells_its_changes(house, ana, name):
    told = changes(ana, f"/api/v1/{name}/", "2020-01-01T00:00:00Z")
    assert set(told) == {"next", "previous", "results", "voided", "until"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "field", "code"),
        [
            ({"fasility": "x"}, "fasility", "unknown_parameter"),
            ({"ordering": "legal_last_name"}, "ordering", "invalid_choice"),
            ({"page_size": "0"}, "page_size", "out_of_range"),
            ({"page_size": "101"}, "page_size", "out_of_range"),
            ({"page_size": "many"}, "page_size", "out_of_range"),
            ({"cursor": "bm9uc2Vuc2U="}, "cursor", "unknown_cursor"),
            ({"cursor": "%%%"}, "cursor", "unknown_cursor"),
            ({"updated_after": "yesterday"}, "updated_after", "invalid"),
            ({"updated_after": "2026-01-01T00:00:00"}, "updated_after", "no_offset"),
            (
                {"updated_after": "2026-01-01T00:00:00Z", "ordering": "created_at"},
                "ordering",
                "not_allowed",
            ),
            ({"format": "xml"}, "format", "unknown_parameter"),
        ],
    )
    def test_a_parameter_that_makes_no_sense_is_named(self, house, ana, query, field, code):
        body = refused(ana.get(CLIENTS, query), 400, code)
        assert [fault["field"] for fault in body["errors"]] == [field]

    def test_a_single_resource_knows_no_parameters(self, house, ana):
        client = house.client()
        refused(ana.get(f"{CLIENTS}{client.pk}/", {"page_size": 3}), 400, "unknown_parameter")

    def test_a_plus_that_became_a_space_is_understood(self, house, ana):
        house.client()
        assert len(changes(ana, CLIENTS, "2020-01-01T00:00:00 02:00")["results"]) == 1
