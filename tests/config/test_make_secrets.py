"""The maker of secrets: random, private, never over what is there."""

import subprocess
import sys

import pytest

from config.faults import production_faults
from deploy.make_secrets import made
from dev.places import ROOT
from tests.config.production import but


def make(folder):
    """As it is documented, by a Python with no package of ours."""
    return subprocess.run(
        [sys.executable, "-I", str(ROOT / "deploy" / "make_secrets.py"), str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def read(folder):
    return {path.name: path.read_text().strip() for path in folder.iterdir()}


def test_the_secrets_are_random_and_the_folder_is_closed(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        assert make(folder).returncode == 0
        assert folder.stat().st_mode & 0o777 == 0o700
    assert set(read(first)) == set(made())
    assert {name for name, value in read(first).items() if value == read(second)[name]} == {
        "email_host_password", "email_service_token", "twilio_auth_token",
    }  # fmt: skip
    # Docker mounts a file as it is, and a container's user is none of ours.
    assert {(first / name).stat().st_mode & 0o004 for name in made()} == {0o004}


def test_production_takes_what_was_made(tmp_path):
    make(tmp_path)
    secrets = read(tmp_path)
    environ = but(
        PRIVATE_HOSTS="postgres,redis",
        **{name: secrets[name.lower()] for name in (
            "SECRET_KEY", "FIELD_KEYS", "BLIND_INDEX_KEY", "REDIS_URL",
            "DATABASE_URL", "MIGRATION_DATABASE_URL", "ADMIN_DATABASE_URL",
        )},
    )  # fmt: skip
    assert production_faults(environ) == []


def test_what_is_there_stays(tmp_path):
    make(tmp_path)
    before = read(tmp_path)
    (tmp_path / "secret_key").unlink()
    assert make(tmp_path).returncode == 0
    after = read(tmp_path)
    assert after.pop("secret_key") != before.pop("secret_key")
    assert after == before


@pytest.mark.parametrize(
    "name", ["postgres_password", "admin_database_url", "redis_password", "redis_url"]
)
def test_half_of_a_pair_is_not_made_to_fit(tmp_path, name):
    make(tmp_path)
    (tmp_path / name).unlink()
    before = read(tmp_path)
    done = make(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: of ")
    assert name in done.stderr
    assert read(tmp_path) == before
