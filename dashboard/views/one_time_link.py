"""Choosing a password by the link that a member of staff was mailed.

The link's token leaves the address at once: what is behind it is kept in the session, and the page
has an address that tells nothing. Following the link uses nothing up, since mail scanners do too.
"""

import uuid

from allauth.account.utils import perform_login
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common.errors import Invalid
from organization.models import OneTimeLink
from organization.services.links import LinkSpent, accept_link, link_behind

HELD = "one_time_link"
LONGEST = 200


class PasswordForm(forms.Form):
    """The new password, twice."""

    password = forms.CharField(label=gettext_lazy("New password"), max_length=LONGEST, strip=False)
    again = forms.CharField(
        label=gettext_lazy("New password again"), max_length=LONGEST, strip=False
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "password" in self.cleaned_data and again != self.cleaned_data["password"]:
            raise forms.ValidationError(_("The two are not the same."))
        return again


@never_cache
@require_safe
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """Where the mail leads: on to the page, if the link works."""
    link = link_behind(token)
    if link is None:
        return _spent(request)
    request.session.cycle_key()  # so that nobody who knew the session before is let in by it
    request.session[HELD] = str(link.pk)
    return _unreferred(redirect("choose_password"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose a password; then one is signed in."""
    link = _held(request)
    if link is None:
        return _spent(request)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form, link)
    try:
        user = accept_link(link_id=link.pk, password=form.cleaned_data["password"])
    except Invalid as error:
        for fault in error.faults:
            form.add_error("password", fault.detail)
        return _page(request, form, link)
    except LinkSpent:
        return _spent(request)
    del request.session[HELD]
    response: HttpResponseRedirect = perform_login(request, user)
    return response


def _held(request: HttpRequest) -> OneTimeLink | None:
    """The link that this session followed, if it works still."""
    held = request.session.get(HELD)
    good = OneTimeLink.objects.good().filter(user__is_active=True).select_related("user")
    return good.filter(pk=uuid.UUID(held)).first() if held else None


def _page(request: HttpRequest, form: PasswordForm, link: OneTimeLink) -> HttpResponse:
    context = {"form": form, "email": link.user.email}
    status = 400 if form.is_bound else 200
    return render(request, "account/one_time_link.html", context, status=status)


def _spent(request: HttpRequest) -> HttpResponse:
    return _unreferred(render(request, "account/one_time_link_spent.html", status=410))


def _unreferred(response: HttpResponse) -> HttpResponse:
    """For answers at the token's own address. The form's page must not say so: browsers would post
    it with `Origin: null`, which the CSRF check refuses."""
    response["Referrer-Policy"] = "no-referrer"
    return response
