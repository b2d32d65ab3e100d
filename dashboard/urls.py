"""Where the pages hang."""

from allauth.account import views as account
from django.conf import settings
from django.urls import path, re_path

from dashboard.views import client_page, inbox, one_time_link, today
from dashboard.views.accounts import change_password, plain_page

urlpatterns = [
    path("", today.today, name="today"),
    path("attendances/<uuid:pk>/<slug:act>/", today.record, name="record"),
    path("tasks/<uuid:pk>/completion/", today.finish_task, name="finish_task"),
    path("a/<str:token>/", client_page.show, name="visit"),
    path("a/<str:token>/appointment.ics", client_page.calendar_file, name="visit_calendar"),
    path("a/<str:token>/stop/", client_page.stop, name="stop"),
    path("a/<str:token>/<slug:act>/", client_page.answer, name="visit_answer"),
    path("a/<path:rest>", client_page.gone),
    path("accounts/link/", one_time_link.choose, name="choose_password"),
    path("accounts/link/<str:token>/", one_time_link.arrive, name="one_time_link"),
    # Only those of allauth's pages that are used here.
    path("accounts/login/", plain_page(account.login), name="account_login"),
    path("accounts/logout/", plain_page(account.logout), name="account_logout"),
    path("accounts/inactive/", plain_page(account.account_inactive), name="account_inactive"),
    path("accounts/signup/", plain_page(account.signup), name="account_signup"),
    path("accounts/password/change/", change_password, name="account_change_password"),
    path(
        "accounts/password/reset/",
        plain_page(account.password_reset),
        name="account_reset_password",
    ),
    path(
        "accounts/password/reset/done/",
        plain_page(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        plain_page(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        plain_page(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
if settings.DEVELOPMENT:
    urlpatterns += [
        path("dev/inbox/", inbox.inbox, name="dev_inbox"),
        path("dev/inbox/answer/", inbox.answer_text, name="dev_answer"),
    ]
