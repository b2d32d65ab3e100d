"""What each list, record, page and main change costs the database, and that rows cost nothing more."""

import datetime as dt

import pytest
from django.db import transaction
from django.test import Client as Browser
from rest_framework.test import APIClient

from appointments.models import Appointment
from common.clock import now
from common.crypto import token_digest
from messaging.models import Link, Message
from messaging.states import MessageState
from organization.models import PhaseKind
from tests.clients.asking import admission, ending, move_to, new_client
from tests.counting import statements
from tests.safety import query_counts
from tests.safety.counted import Scene

pytestmark = pytest.mark.django_db

FEW, MANY = 2, 12
HINT = "Write a lower number down in query_counts.py; a higher one needs a reason."


def cost(request) -> tuple[int, object]:
    """How many statements it takes, and what is answered."""
    with statements() as taken:
        answer = request()
    return len(taken), answer


def compare(told: dict[str, int], written: dict[str, int]) -> None:
    """Fail with every difference: what is so now, and what is written down."""
    names = sorted(told.keys() | written.keys())
    other = [n for n in names if told.get(n) != written.get(n)]
    lines = [f"{name}: {told.get(name)}, written {written.get(name)}" for name in other]
    assert not other, "\n".join([HINT, *lines])


@pytest.fixture
def scene(house, next_tuesday):
    return Scene.build(house, MANY, next_tuesday)


def asked(scene: Scene, said: str) -> tuple[APIClient, str]:
    """`ana clients/{client}/`: who asks, and for what."""
    who, path = said.split()
    return scene.tokens[who], f"/api/v1/{path.format(**scene.ids)}"


def test_a_list_takes_the_same_statements_for_few_rows_as_for_many(scene):
    told = {}
    for said in query_counts.LISTS:
        api, path = asked(scene, said)
        found = {}
        for size in (FEW, MANY):
            found[size], answer = cost(lambda p=path, a=api, s=size: a.get(p, {"page_size": s}))
            assert answer.status_code == 200, said
            assert len(answer.json()["results"]) == size, said
        assert found[FEW] == found[MANY], said
        told[said] = found[MANY]
    compare(told, query_counts.LISTS)


def test_a_record_takes_as_many_statements_as_are_written_down(scene):
    told = {}
    for said in query_counts.RETRIEVES:
        api, path = asked(scene, said)
        told[said], answer = cost(lambda p=path, a=api: a.get(p))
        assert answer.status_code == 200, said
    compare(told, query_counts.RETRIEVES)


def changes(scene: Scene, when: dt.datetime) -> dict[str, tuple[str, object]]:
    """What each main change asks for."""
    house, ids = scene.house, scene.ids
    newcomer, twin = house.client(name="Nan"), house.client(name="Nell")
    later = when + dt.timedelta(days=9)
    time = {"starts_at": later.isoformat(), "duration_minutes": 50}
    booking = time | {
        "facility": str(house.elm.pk), "kind": "individual", "staff": [str(house.ana.pk)],
        "clients": [str(ids["client"])],
    }  # fmt: skip
    point = {"kind": "phone", "value": "217 555 0188", "consent": {"method": "verbal"}}
    naming = {"counselor": str(house.ben.pk), "facility": str(house.elm.pk)}
    visit, client, begun = "appointments/{visit}/", "clients/{client}/", "appointments/{begun}/"
    role = {"facility": str(house.elm.pk), "role": "nurse"}
    return {
        "book": ("ana appointments/", booking),
        "reschedule": (f"ana {visit}reschedule/", time),
        "cancel": (f"ana {visit}cancellation/", {"cancelled_by": "client", "reason": "A cold."}),
        "arrive": (f"ana {begun}arrival/", {}),
        "complete": (f"ana {begun}completion/", {}),
        "no-show": (f"ana {begun}no-show/", {}),
        "create client": ("ana clients/", new_client(house, contact_points=[point])),
        "search": ("ana clients/searches/", {"text": "Rivera"}),
        "add contact point": (f"ana {client}contact-points/", point),
        "name primary": (f"supervisor {client}primary-counselor/", naming),
        "merge": (
            f"supervisor clients/{newcomer.pk}/merge/", {"other": str(twin.pk), "reason": "same"},
        ),
        "undo merge": ("supervisor merges/{merge}/undo/", {}),
        "admit": ("ana episodes/", admission(house, newcomer)),
        "move phase": ("ana episodes/{episode}/transitions/", move_to(house, PhaseKind.AFTERCARE)),
        "discharge": ("ana episodes/{episode}/discharge/", ending(house)),
        "complete task": ("ana tasks/{task}/completion/", {"outcome": "called"}),
        "invite staff": (
            "administrator staff/", role | {"email": "n@casework.example", "full_name": "Nils Holt"},
        ),
        "deactivate staff": ("administrator staff/{person}/deactivation/", {"reason": "left"}),
    }  # fmt: skip


def test_a_change_takes_as_many_statements_as_are_written_down(scene, next_tuesday):
    begun = scene.house.booked(scene.clients[1], next_tuesday + dt.timedelta(days=5))
    Appointment.objects.filter(pk=begun.pk).update(starts_at=now())
    told = {}
    for name, (said, body) in changes(scene, next_tuesday).items():
        api, path = asked(scene, said.replace("{begun}", str(begun.pk)))
        with transaction.atomic():
            told[name], answer = cost(lambda p=path, a=api, b=body: a.post(p, b))
            transaction.set_rollback(True)
        assert answer.status_code in (200, 201), (name, answer.content)
    compare(told, query_counts.CHANGES)


def test_a_page_takes_as_many_statements_as_are_written_down(scene, next_tuesday):
    carrying = Message.objects.filter(reminders__state__in=("planned", "bundled", "sent"))
    message = carrying.earliest("send_at")
    message.change(state=MessageState.SENT, sent_at=now())
    Link.objects.create(
        message=message, token_digest=token_digest("t" * 32), good_until=message.expires_at
    )
    day = next_tuesday.date().isoformat()
    told = {}
    for said in query_counts.PAGES:
        who, path = said.split()
        browser = Browser()
        if who != "nobody":
            browser.force_login(getattr(scene.house, who))
            browser.get("/accounts/inactive/")  # the first request of a session writes it
        told[said], answer = cost(lambda b=browser, p=path: b.get(p.format(day=day, link="t" * 32)))
        assert answer.status_code == 200, said
    compare(told, query_counts.PAGES)
