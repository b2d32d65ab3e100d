"""The Dockerfile, as far as it can be judged without Docker."""

import re

from django.conf import settings

from dev.places import ROOT
from tests.config.compose import context, instructions, is_ignored


def arguments(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def test_every_stage_begins_with_the_same_pinned_small_python():
    images = {line.split(" AS ")[0] for line in arguments("FROM")}
    (image,) = images
    major, minor = re.fullmatch(r"python:(\d+)\.(\d+)-slim-bookworm", image).groups()
    assert (int(major), int(minor)) >= (3, 11)


def test_packages_come_by_their_hashes_and_ready_built():
    (line,) = [line for line in arguments("RUN") if "install" in line]
    assert "--require-hashes" in line
    assert "--only-binary=:all:" in line
    assert line.count("-r ") == 1
    assert "requirements/base.txt" in arguments("COPY")[0]


def test_nothing_is_fetched_from_elsewhere_and_nothing_runs_as_root():
    assert arguments("ADD") == []
    assert arguments("USER")[-1] == "10001:10001"
    names = [word for word, _ in instructions()]
    last_stage = names[len(names) - names[::-1].index("FROM") :]
    assert last_stage.index("USER") > max(
        at for at, word in enumerate(last_stage) if word in {"RUN", "COPY"}
    )
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"curl|wget|apt-get|https?://", text)


def test_what_is_copied_is_there():
    stages = {line.split(" AS ")[1] for line in arguments("FROM") if " AS " in line}
    for line in arguments("COPY"):
        first, *rest = line.split()
        if first.startswith("--from="):
            assert first.removeprefix("--from=") in stages
            continue
        for source in (first, *rest[:-1]):
            assert (ROOT / source).exists()
            assert source == "." or not is_ignored(source)


def test_every_app_is_in_the_image_and_nothing_that_is_for_developers():
    paths = context()
    tops = {path.partition("/")[0] for path in paths}
    own = {name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()}
    assert tops - {"requirements", "deploy", "config", "manage.py", "gunicorn.conf.py"} == own
    assert {path for path in paths if path.startswith(("requirements", "deploy"))} == {
        "requirements/base.txt", "deploy/make_secrets.py", "deploy/probe.py",
    }  # fmt: skip


def test_no_secret_and_no_leftover_can_get_into_the_image():
    for path in (
        ".env", "secrets/secret_key", ".local/dev-secrets.env", ".git/config", "tests/conftest.py",
        "dev/demo.py", "config/__pycache__/settings.cpython-312.pyc", "deploy/env.example",
    ):  # fmt: skip
        assert is_ignored(path), path
    assert not is_ignored("clients/models.py")
