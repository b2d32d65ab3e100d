"""The committed description of the API."""

from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def committed() -> dict[str, Any]:
    return yaml.load(PATH.read_text(), Loader=yaml.CSafeLoader)
