"""docker-compose.yml, as far as it can be judged without Docker."""

import re

import pytest
import yaml

from config.celery import app
from config.faults import production_faults
from config.faults.given import SECRETS
from deploy.make_secrets import made
from dev.places import ROOT
from tests.config.compose import compose, env_file

GIVEN = env_file(ROOT / "deploy" / "env.example")
OURS = ("migrate", "web", "worker", "beat", "watch")
SERVICES = ("postgres", "redis", *OURS)
FILE = compose(GIVEN)


def test_these_are_the_services():
    assert tuple(FILE["services"]) == SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_no_more_than_it_must(name):
    service = FILE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert any(mount.partition(":")[0] == "/tmp" for mount in service["tmpfs"])
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] > 0
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert service.get("volumes", []) == (
        ["database:/var/lib/postgresql/data"] if name == "postgres" else []
    )


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_how_its_health_is_seen(name):
    check = FILE["services"][name]["healthcheck"]
    if name == "migrate":
        assert check == {"disable": True}
        return
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


@pytest.mark.parametrize("name", OURS)
def test_nothing_of_ours_starts_before_what_it_needs(name):
    waits = {other: how["condition"] for other, how in FILE["services"][name]["depends_on"].items()}
    assert waits == {"postgres": "service_healthy"} | (
        {} if name == "migrate"
        else {"redis": "service_healthy", "migrate": "service_completed_successfully"}
    )  # fmt: skip


def test_only_the_web_server_can_be_reached_and_only_from_this_machine():
    ports = {
        name: service["ports"] for name, service in FILE["services"].items() if "ports" in service
    }
    assert ports == {"web": ["127.0.0.1:8000:8000"]}
    outside = [name for name in SERVICES if "outside" in FILE["services"][name]["networks"]]
    assert outside == ["web", "worker"]
    assert FILE["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_gets_the_secrets_that_it_reads_and_no_other(name):
    service = FILE["services"][name]
    text = yaml.safe_dump(
        compose(
            GIVEN | {"EMAIL_HOST_USER": "u", "EMAIL_SERVICE": "postmark", "TWILIO_ACCOUNT_SID": "s"}
        )["services"][name]
    )
    assert set(re.findall(r"/run/secrets/(\w+)", text)) == set(service["secrets"])
    assert set(service["secrets"]) <= set(FILE["secrets"])


def test_every_secret_is_a_file_that_the_maker_of_secrets_makes():
    assert FILE["secrets"] == {name: {"file": f"./secrets/{name}"} for name in made()}
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_no_secret_stands_in_the_file():
    for service in FILE["services"].values():
        for name, value in service["environment"].items() if "environment" in service else ():
            assert name not in (*SECRETS, "POSTGRES_PASSWORD", "REDIS_PASSWORD") or not value, name
    for raw in (ROOT / "docker-compose.yml", ROOT / "deploy" / "env.example"):
        assert not re.search(r"://[^/\s]*:[^/\s@$]+@", raw.read_text())


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"EMAIL_HOST_USER": "u", "TWILIO_ACCOUNT_SID": "s", "TWILIO_FROM_NUMBER": "+12175550100"},
        {"EMAIL_HOST": "", "EMAIL_SERVICE": "postmark"},
    ],
)
def test_a_service_is_given_every_setting_that_production_demands(tmp_path, name, more):
    for secret, value in made().items():
        (tmp_path / secret).write_text(value or "given by somebody else")
    environment = compose(GIVEN | more)["services"][name]["environment"]
    environ = {
        key: value.replace("/run/secrets", str(tmp_path)) for key, value in environment.items()
    }
    assert [str(fault) for fault in production_faults(environ)] == []


def test_a_worker_is_given_the_time_that_a_task_may_take():
    seconds = int(FILE["services"]["worker"]["stop_grace_period"].removesuffix("s"))
    assert seconds > app.conf.task_time_limit


def test_a_worker_takes_every_queue():
    assert not {"-Q", "--queues"} & set(FILE["services"]["worker"]["command"])


def test_developers_reach_the_two_servers_from_their_own_machine_only():
    extra = compose(name="docker-compose.dev.yml")["services"]
    assert {name: service["ports"] for name, service in extra.items()} == {
        "postgres": ["127.0.0.1:5432:5432"],
        "redis": ["127.0.0.1:6379:6379"],
    }
    assert {tuple(service["networks"]) for service in extra.values()} == {("outside",)}
