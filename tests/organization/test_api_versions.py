"""`ETag`, `If-None-Match`, `If-Match`: nobody's change is lost to somebody who had not seen it."""

import pytest
from rest_framework.test import APIClient

from audit.models import AuditEvent
from clients.models import Client
from tests.appointments.asking import URL, refused
from tests.counting import statements
from tests.races import at_once


@pytest.fixture
def ana(api, house):
    api.force_authenticate(house.ana)
    return api


def address(client):
    return f"/api/v1/clients/{client.pk}/"


def test_every_single_resource_has_a_version_that_changes_with_it(house, ana, next_tuesday):
    client = house.client(phone="+1 312 555 0100")
    episode = house.admitted(client)
    appointment = house.booked(client, next_tuesday)
    point = client.contact_points.get()
    for path in (
        address(client),
        f"/api/v1/contact-points/{point.pk}/",
        f"/api/v1/episodes/{episode.pk}/",
        f"{URL}{appointment.pk}/",
        f"/api/v1/facilities/{house.elm.pk}/",
        f"/api/v1/staff/{house.ben.pk}/",
        "/api/v1/me/",
    ):
        first, again = ana.get(path), ana.get(path)
        assert first["ETag"] == again["ETag"], path
        assert first["ETag"].strip('"').isalnum(), path
    before = ana.get(address(client))["ETag"]
    changed = ana.patch(address(client), {"chosen_name": "Samira"})
    assert changed["ETag"] != before
    assert changed["ETag"] == ana.get(address(client))["ETag"]


def test_who_has_the_version_already_is_sent_nothing_and_is_still_in_the_trail(house, ana):
    client = house.client()
    version = ana.get(address(client))["ETag"]
    answer = ana.get(address(client), headers={"If-None-Match": f'"other", W/{version}'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", version)
    assert AuditEvent.objects.filter(reads={"client": [str(client.pk)]}).count() == 2


def test_a_change_to_the_version_in_force_is_made(house, ana):
    client = house.client()
    version = ana.get(address(client))["ETag"]
    answer = ana.patch(address(client), {"chosen_name": "Samira"}, headers={"If-Match": version})
    assert (answer.status_code, answer.json()["chosen_name"]) == (200, "Samira")


def test_a_change_to_an_older_version_is_refused_and_nothing_is_written(house, ana):
    client = house.client()
    version = ana.get(address(client))["ETag"]
    ana.patch(address(client), {"chosen_name": "Samira"})
    answer = ana.patch(address(client), {"chosen_name": "Sol"}, headers={"If-Match": version})
    body = refused(answer, 412, "stale")
    assert body["errors"][0]["field"] == "If-Match"
    assert ana.get(address(client)).json()["chosen_name"] == "Samira"


def test_an_action_on_a_resource_honours_its_version(house, ana, next_tuesday):
    appointment = house.booked(house.client(), next_tuesday)
    path = f"{URL}{appointment.pk}/"
    version = ana.get(path)["ETag"]
    ana.patch(path, {"remark": "ground floor"})
    cancel = {"cancelled_by": "client", "reason": "ill"}
    stale = ana.post(f"{path}cancellation/", cancel, headers={"If-Match": version})
    refused(stale, 412, "stale")
    version = ana.get(path)["ETag"]
    done = ana.post(f"{path}cancellation/", cancel, headers={"If-Match": version})
    assert (done.status_code, done.json()["status"]) == (200, "cancelled")


def test_of_an_attendance_the_appointment_is_locked_first_as_whoever_cancels_it_does(
    house, ana, next_tuesday
):
    appointment = house.booked(house.client(), next_tuesday)
    listed = ana.get(f"{URL}{appointment.pk}/attendances/").json()["results"]
    path = f"{URL}{appointment.pk}/attendances/{listed[0]['id']}/response/"
    first = ana.post(path, {"response": "tentative"})
    with statements() as run:
        again = ana.post(path, {"response": "accepted"}, headers={"If-Match": first["ETag"]})
    assert again.status_code == 200, again.content
    locked = [sql.split(" FROM ")[1].split()[0] for sql in run if "FOR UPDATE" in sql]
    assert locked[:2] == ['"appointments_appointment"', '"appointments_attendance"']


def test_where_there_is_no_version_the_wish_for_one_is_refused_and_nothing_is_written(house, ana):
    client = house.client()
    answer = ana.post(
        f"{address(client)}contact-points/",
        {"kind": "phone", "value": "+1 312 555 0100"},
        headers={"If-Match": '"abc"'},
    )
    refused(answer, 412, "no_version_here")
    assert client.contact_points.count() == 0


def test_a_version_tells_nothing_of_what_one_may_not_see(house, ana, api):
    client = house.client()
    path = address(client)
    version = ana.get(path)["ETag"]
    stranger = APIClient()
    stranger.force_authenticate(house.cleo)
    answer = stranger.patch(path, {"chosen_name": "X"}, headers={"If-Match": version})
    refused(answer, 404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_of_eight_changes_to_one_version_one_is_made(house, api):
    client = house.client()
    api.force_authenticate(house.ana)
    version = api.get(address(client))["ETag"]

    def renaming(name, headers):
        def rename():
            own = APIClient()
            own.force_authenticate(house.ana)
            body = {"chosen_name": name}
            return str(own.patch(address(client), body, headers=headers).status_code)

        return rename

    names = [f"Sam{n}" for n in range(8)]
    told = at_once([renaming(name, {"If-Match": version}) for name in names])
    assert told == {"200": 1, "412": 7}
    # Without a version every one of them is made, and seven are lost.
    assert at_once([renaming(name, {}) for name in names]) == {"200": 8}
    assert Client.objects.get(pk=client.pk).chosen_name in names
