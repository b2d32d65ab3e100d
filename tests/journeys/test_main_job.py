"""The main job, end to end, on real processes: from an admission to a delivered, answered reminder.

Speaks only HTTP with Casework, and the mail server's and the gateway's own interfaces.
"""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.journeys.stack import Api, Stack
from tests.journeys.world import COUNSELORS, PASSWORD, PLACE
from tests.processes import until

pytestmark = pytest.mark.real

ANA, BEN, CHIDI, DELIA = COUNSELORS
DAY = dt.timedelta(hours=24)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def ana(stack):
    return Counselor(stack, ANA)


class Counselor:
    """What a counselor does, through the API."""

    def __init__(self, stack, email):
        self.api = Api(stack, email, PASSWORD)
        me = self.api.get("/me/")
        self.id = me["id"]
        self.facility = me["memberships"][0]["facility"]
        programs = self.api.get("/programs/", facility=self.facility)["results"]
        self.programs = {program["phase"]: program["id"] for program in programs}

    def client(self, name, *, phone="", email="", **details):
        client = self.api.post("/clients/", {
            "facility": self.facility, "legal_first_name": name, "legal_last_name": "Journey",
            "birth_date": "1991-04-02", **details,
        })  # fmt: skip
        for kind, value in (("phone", phone), ("email", email)):
            if value:
                self.api.post(f"/clients/{client['id']}/contact-points/", {
                    "kind": kind, "value": value, "consent": {"method": "written"},
                })  # fmt: skip
        return client

    def admit(self, client, phase):
        return self.api.post("/episodes/", {
            "client": client["id"], "program": self.programs[phase], "referral_source": 1,
        })  # fmt: skip

    def move(self, episode, phase):
        self.api.post(f"/episodes/{episode['id']}/transitions/", {
            "program": self.programs[phase], "reason": "planned",
        })  # fmt: skip

    def book(self, client, starts_at, *, status=201, minutes=5):
        return self.api.post("/appointments/", {
            "facility": self.facility, "kind": "individual", "staff": [self.id],
            "starts_at": starts_at.isoformat(), "duration_minutes": minutes,
            "clients": [client["id"]],
        }, status=status)  # fmt: skip

    def reminders(self, appointment):
        """{channel: (state, reason code)} of the 24 hour rule."""
        rows = self.api.get(f"/appointments/{appointment['id']}/reminders/")["results"]
        return {
            row["channel"]: (row["state"], (row["reason"] or {}).get("code"))
            for row in rows
            if row["rule"]["minutes_before"] == 24 * 60
        }

    def response(self, appointment):
        return self.api.get(f"/appointments/{appointment['id']}/")["attendances"][0]["response"]


def soon():
    """24 hours and some seconds ahead: the 24 hour rule falls due at once."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0) + DAY + dt.timedelta(seconds=8)


def mail_to(stack, address):
    return next((m for m in stack.doubles.mails() if address in m["rcpt_to"]), None)


def text_to(stack, number):
    return next((t for t in stack.doubles.texts() if t["to"] == number), None)


def test_from_admission_to_an_answered_reminder(stack, ana):
    client = ana.client("Rowan", phone="(217) 555-0181", email="rowan.journey@example.org")
    episode = ana.admit(client, "detox")
    ana.move(episode, "inpatient")
    ana.move(episode, "aftercare")
    phases = ana.api.get(f"/episodes/{episode['id']}/phases/")["results"]
    assert [phase["kind"] for phase in phases] == ["detox", "inpatient", "aftercare"]

    appointment = ana.book(client, soon())
    mail = until(lambda: mail_to(stack, "rowan.journey@example.org"), why="the mail should arrive")
    text = until(lambda: text_to(stack, "+12175550181"), why="the text should arrive")
    assert "Hi Rowan" in text["body"]
    assert "Reply 1 to confirm, 2 to change. STOP to opt out." in text["body"]
    assert PLACE in mail["text"]
    assert mail["subject"].startswith("Your appointment ")
    until(
        lambda: ana.reminders(appointment) == {"sms": ("done", None), "email": ("sent", None)},
        why="the ledger should say sent by mail, delivered by text",
    )

    stack.text_from("+12175550181", "1")
    until(lambda: ana.response(appointment) == "accepted", why="the 1 should confirm")


def test_a_client_confirms_on_the_page_behind_the_mails_link(stack):
    ben = Counselor(stack, BEN)
    client = ben.client("Marlow", email="marlow.journey@example.org", language="es")
    appointment = ben.book(client, soon())
    mail = until(lambda: mail_to(stack, "marlow.journey@example.org"))
    assert mail["subject"].startswith("Su cita ")
    link = re.search(r"http\S+/a/\S+/", mail["text"]).group()
    page = requests.get(link, timeout=10)
    assert page.status_code == 200
    assert "Marlow" in page.text
    assert ben.response(appointment) == "needs_action"
    assert requests.post(f"{link}confirm/", timeout=10).status_code == 200
    assert ben.response(appointment) == "accepted"
    assert requests.get(f"{stack.url}/a/{'x' * 32}/", timeout=10).status_code == 404


def test_cancelled_before_it_is_due_nothing_is_sent_and_the_ledger_says_why(stack, ana):
    client = ana.client("Perry", phone="(217) 555-0182")
    appointment = ana.book(client, soon() + dt.timedelta(minutes=30))
    assert ana.reminders(appointment)["sms"] == ("planned", None)
    ana.api.post(
        f"/appointments/{appointment['id']}/cancellation/",
        {"cancelled_by": "client", "reason": "called in"},
        status=200,
    )
    assert ana.reminders(appointment)["sms"] == ("cancelled", "appointment_cancelled")
    assert text_to(stack, "+12175550182") is None


def test_stop_skips_the_rest_and_is_acknowledged_once(stack, ana):
    client = ana.client("Ellis", phone="(217) 555-0183")
    appointment = ana.book(client, soon() + dt.timedelta(days=3))
    stack.text_from("+12175550183", "STOP")
    until(
        lambda: ana.reminders(appointment)["sms"] == ("skipped", "opted_out"),
        why="the reminder should be skipped",
    )
    said = until(lambda: text_to(stack, "+12175550183"))
    assert said["body"].startswith("You will get no more texts")
    stack.text_from("+12175550183", "stop")
    messages = ana.api.get("/messages/", client=client["id"])["results"]
    assert {m["state"] for m in messages} == {"skipped"}
    assert [t["body"][:8] for t in stack.doubles.texts() if t["to"] == "+12175550183"] == [
        "You will"
    ]


def test_the_engine_is_seen_to_turn(stack):
    answer = until(
        lambda: (found := requests.get(f"{stack.url}/health/queue", timeout=5)).ok and found
    ).json()
    assert answer["redis"] == "up"
    assert answer["heartbeat_age_seconds"] < 60


def test_nothing_private_is_in_any_log(stack):
    for log in stack.folder.glob("*.log"):
        said = log.read_text(errors="replace")
        for private in ("5550181", "555-0181", "rowan.journey", "Rowan", "Journey"):
            assert private not in said, log.name
        assert "Traceback" not in said, log.name


def test_with_redis_away_people_sign_in_and_book_and_nothing_is_lost(stack):
    stack.broker.stop()
    try:
        ready = requests.get(f"{stack.url}/health/ready", timeout=5)
        assert (ready.status_code, ready.json()) == (200, {"database": "up", "redis": "down"})
        queue = requests.get(f"{stack.url}/health/queue", timeout=5)
        assert (queue.status_code, queue.json()["redis"]) == (503, "down")
        delia = Counselor(stack, DELIA)
        by_hand = delia.client("Lane", email="lane.journey@example.org")
        delia.book(by_hand, soon())
        until(
            lambda: (
                stack.run("manage.py", "dispatch_due", "--once"),
                mail_to(stack, "lane.journey@example.org"),
            )[1],
            seconds=40,
            why="sending by hand should need no Redis",
        )
        chidi = Counselor(stack, CHIDI)
        waits = chidi.client("Remy", email="remy.journey@example.org")
        chidi.book(waits, soon())
    finally:
        stack.broker.start_again()
    until(
        lambda: mail_to(stack, "remy.journey@example.org"), seconds=40,
        why="the engine should turn again by itself",
    )  # fmt: skip


def test_of_fifty_bookings_over_http_with_eight_workers_one_wins(tmp_path):
    with Stack(tmp_path, web_workers=8, engine=False) as busy:
        ana = Counselor(busy, ANA)
        born = [f"{1950 + n}-{1 + n:02}-{1 + n:02}" for n in range(10)]
        clients = [ana.client(f"Client{n}", birth_date=day) for n, day in enumerate(born)]
        slot = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=40)

        def book(number):
            return requests.post(
                f"{ana.api.root}/appointments/",
                json={
                    "facility": ana.facility, "kind": "individual", "staff": [ana.id],
                    "starts_at": slot.isoformat(), "duration_minutes": 50,
                    "clients": [clients[number % 10]["id"]],
                },
                headers=ana.api.headers,
                timeout=60,
            )  # fmt: skip

        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(book, range(50)))
        assert sorted(a.status_code for a in answers) == [201] + [409] * 49
        assert {a.json()["code"] for a in answers if a.status_code == 409} == {"slot_taken"}
