"""The pages of allauth's that are used here, with what it leaves open closed."""

from collections.abc import Callable

from allauth.account import views
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponseBase]


def plain_page(view: View) -> View:
    """A page that is read and posted to; allauth's own would take PUT for POST."""
    return require_http_methods(["GET", "HEAD", "POST"])(view)


@plain_page
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Who has no password to change asks for a link to choose one; allauth has a page that isn't here."""
    if request.user.is_authenticated and not request.user.has_usable_password():
        return redirect("account_reset_password")
    response: HttpResponseBase = views.password_change(request)
    return response
