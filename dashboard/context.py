"""What every page may ask."""

from django.conf import settings
from django.http import HttpRequest  # noqa: TID251 (templates are given it)


def site(request: HttpRequest) -> dict[str, object]:
    """Whether this is a development machine."""
    return {"development": settings.DEVELOPMENT}
