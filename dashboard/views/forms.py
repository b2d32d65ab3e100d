"""What every view behind a form shares."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

View = Callable[..., HttpResponse]


def form_only(view: View) -> View:
    """Only POST acts; a GET leads to Today.

    After an idle sign-out, signing in again comes back here by GET, and a page that says “method
    not allowed” helps nobody.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return view(request, **kwargs) if request.method == "POST" else redirect("today")

    return guarded
