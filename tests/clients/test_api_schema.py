"""What is answered is what the schema says: every answer here is checked against it."""

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.clients.access import Scene
from tests.clients.asking import admission, ending, move_to, new_client

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def scene(house, next_tuesday):
    return Scene.build(house, next_tuesday)


@pytest.fixture
def check(scene, api, document):
    """Ask, and compare the answer with the schema of its operation and status."""

    def ask(method, path, status, body=None, *, by="ana", **ids):
        api.force_authenticate(getattr(scene.house, by))
        answer = getattr(api, method)(f"/api/v1/{path.format(**ids)}", body)
        assert answer.status_code == status
        responses = document["paths"][f"/api/v1/{path}"][method]["responses"]
        told = responses[str(status)]
        if "$ref" in told:
            told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
        content = told["content"][answer["Content-Type"].split(";")[0]]
        jsonschema.Draft202012Validator(
            {"$ref": content["schema"]["$ref"], "components": document["components"]},
            format_checker=jsonschema.FormatChecker(),
        ).validate(answer.json())
        return answer.json()

    return ask


@pytest.mark.parametrize("by", ["ana", "nurse", "intake", "front_desk"])
def test_clients_are_as_described(scene, check, by):
    check("get", "clients/", 200, by=by)
    check("get", "clients/{id}/", 200, by=by, id=scene.sam.pk)
    check("post", "clients/searches/", 200, {"text": "Sam"}, by=by)
    check("get", "clients/{client_id}/care-team/", 200, by=by, client_id=scene.sam.pk)


def test_what_belongs_to_a_client_is_as_described(scene, check):
    sam, house = {"client_id": scene.sam.pk}, scene.house
    check("post", "clients/", 201, new_client(house))
    check("post", "clients/", 400, {"zone": 1})
    check("patch", "clients/{id}/", 200, {"deceased_on": "2020-01-01"}, id=scene.kim.pk)
    check("get", "clients/{client_id}/contact-points/", 200, **sam)
    made = {"kind": "email", "value": "sam@example.org", "consent": {"method": "verbal"}}
    point = check("post", "clients/{client_id}/contact-points/", 201, made, **sam)["id"]
    check("post", "clients/{client_id}/contact-points/", 409, made, **sam)
    check("get", "contact-points/{id}/", 200, id=point)
    check("post", "contact-points/{id}/consents/", 201, {"method": "written"}, id=point)
    check("post", "contact-points/{id}/consent-withdrawal/", 200, id=point)
    check("get", "contact-points/{id}/consents/", 200, id=point)
    check("patch", "contact-points/{id}/", 200, {"valid_until": "2030-01-01"}, id=point)
    joined = {"user": str(house.cleo.pk), "role": "peer", "reason": "holiday"}
    member = check("post", "clients/{client_id}/care-team/", 201, joined, **sam)["id"]
    check("post", "care-team/{id}/departure/", 200, {"reason": "back"}, id=member)
    named = {"counselor": str(house.ben.pk), "facility": str(house.elm.pk)}
    check("post", "clients/{client_id}/primary-counselor/", 403, named, **sam)
    check("post", "clients/{client_id}/primary-counselor/", 200, named, by="supervisor", **sam)


def test_a_course_of_treatment_is_as_described(scene, check):
    house, episode = scene.house, scene.episode.pk
    check("get", "episodes/", 200)
    check("get", "episodes/", 200, by="front_desk")
    check("post", "episodes/", 201, admission(house, scene.kim))
    check("post", "episodes/", 409, admission(house, scene.kim))
    check("get", "episodes/{id}/", 200, id=episode)
    check("get", "episodes/{id}/gates/", 200, id=episode)
    path = "episodes/{episode_id}/transitions/"
    check("post", f"{path}{{transition_id}}/undo/", 200, episode_id=episode,
          transition_id=scene.move.pk)  # fmt: skip
    check("post", path, 409, move_to(house, "outpatient"), episode_id=episode)
    check("post", path, 201, move_to(house, "aftercare"), episode_id=episode)
    check("get", path, 200, episode_id=episode)
    check("get", "episodes/{episode_id}/phases/", 200, episode_id=episode)
    check("post", "episodes/{id}/discharge/", 200, ending(house), id=episode)
    check("get", "episodes/{id}/", 404, id=episode)


def test_tasks_are_as_described(scene, check):
    check("get", "tasks/", 200)
    check("get", "tasks/{id}/", 200, id=scene.task.pk)
    check("post", "tasks/{id}/completion/", 400, {}, id=scene.task.pk)
    check("post", "tasks/{id}/completion/", 200, {"outcome": "reached"}, id=scene.task.pk)


def test_duplicates_and_merges_are_as_described(scene, check):
    house, kim = scene.house, {"client_id": scene.kim.pk}
    person = {"legal_first_name": "Sam", "legal_last_name": "Rivera", "birth_date": "1990-05-17"}
    check("post", "clients/duplicates/", 200, person)
    check("post", "clients/", 409, new_client(house, **person))
    check("post", "clients/", 201, new_client(house, **person), by="cleo")
    pair = check("get", "possible-duplicates/", 200, by="intake")["results"][0]["id"]
    check("get", "possible-duplicates/{id}/", 200, by="intake", id=pair)
    check("post", "possible-duplicates/{id}/dismissal/", 200, by="intake", id=pair)
    check("post", "possible-duplicates/{id}/dismissal/", 409, by="intake", id=pair)
    wanted = {"other": str(scene.sam.pk), "reason": "same card"}
    check("post", "clients/{client_id}/merge/", 403, wanted, **kim)
    merge = check("post", "clients/{client_id}/merge/", 201, wanted, by="supervisor", **kim)["id"]
    check("get", "clients/{id}/", 409, id=scene.sam.pk)
    check("get", "merges/", 200, by="supervisor")
    check("get", "merges/{id}/", 200, by="supervisor", id=merge)
    check("post", "merges/{id}/undo/", 200, by="supervisor", id=merge)
    check("post", "merges/{id}/undo/", 409, by="supervisor", id=merge)
