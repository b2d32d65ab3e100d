"""docker-compose.yml and Dockerfile, read as far as it can be done without Docker."""

import fnmatch
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import yaml

from dev.places import ROOT

VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-+])([^}]*))?\})")


def interpolated(value: Any, given: dict[str, str]) -> Any:
    """Every text with its `${NAME}`, `${NAME:-default}`, `${NAME:+if given}` and `$$` replaced."""
    if isinstance(value, dict):
        return {name: interpolated(one, given) for name, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, given) for one in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        dollar, name, sign, text = match.groups()
        known = given.get(name, "")
        if dollar:
            return "$"
        return (text if bool(known) == (sign == "+") else known) if sign else known

    assert not re.search(r"\$(?![${])", VARIABLE.sub("", value)), f"a stray $: {value}"
    return VARIABLE.sub(put, value)


def compose(given: dict[str, str] | None = None, name: str = "docker-compose.yml") -> Any:
    """The compose file as Compose would read it with this `.env`."""
    return interpolated(yaml.safe_load((ROOT / name).read_text()), given or {})


def env_file(path: Path) -> dict[str, str]:
    """What is set in an env file."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and their arguments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word
    ]


def _patterns() -> list[tuple[str, bool]]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [(rule.removeprefix("!"), not rule.startswith("!")) for rule in rules]


def is_ignored(path: str) -> bool:
    """Whether Docker leaves a path out of what it builds from: the last rule that fits decides."""
    parts = path.split("/")
    starts = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    ignored = False
    for pattern, ignores in _patterns():
        anywhere = pattern.removeprefix("**/")
        if any(
            fnmatch.fnmatchcase(start.rpartition("/")[2], anywhere)
            if anywhere != pattern
            else start.count("/") == pattern.count("/") and fnmatch.fnmatchcase(start, pattern)
            for start in starts
        ):
            ignored = ignores
    return ignored


def context() -> list[str]:
    """The files that Docker would build from."""
    tops = {pattern.partition("/")[0] for pattern, ignores in _patterns() if not ignores}
    found = []
    for top in sorted(tops):
        place = ROOT / top
        paths = [place] if place.is_file() else sorted(place.rglob("*"))
        found += [path.relative_to(ROOT).as_posix() for path in paths if path.is_file()]
    return [path for path in found if not is_ignored(path)]


def copy_context(to: Path) -> None:
    """What `COPY . .` does."""
    for path in context():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, to / path)


def build_line(word: str) -> str:
    """The one RUN instruction that contains a word."""
    (line,) = [rest for name, rest in instructions() if name == "RUN" and word in rest]
    return line


def image_environment() -> dict[str, str]:
    """The ENV of the last stage, but for PATH."""
    last = max(place for place, (name, _) in enumerate(instructions()) if name == "FROM")
    (line,) = [rest for name, rest in instructions()[last:] if name == "ENV"]
    return dict(word.split("=", 1) for word in shlex.split(line) if not word.startswith("PATH="))


def outside_path(*folders: Path) -> str:
    """PATH with these folders first."""
    return os.pathsep.join([*map(str, folders), os.environ["PATH"]])
