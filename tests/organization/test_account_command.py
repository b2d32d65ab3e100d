"""`manage.py account`: at the shell, for an account anywhere."""

import pytest
from django.core.management import CommandError, call_command
from knox.models import AuthToken

from audit.models import AuditEvent, Source
from organization.models import LinkPurpose, OneTimeLink
from organization.roles import Role
from organization.services.links import accept_link, link_behind, make_link
from organization.services.staff import give_role
from tests.organization.conftest import TOKEN

pytestmark = pytest.mark.django_db

NEW = "quite another word of passage"


@pytest.fixture
def both(house, ada, otto):
    """Ben, who works at Elm St and at Oak Ave, which have no administrator in common."""
    give_role(user=house.ben, facility=house.oak, role=Role.COUNSELOR, by=otto)
    return house.ben


def run(capsys, *words, **options):
    call_command("account", *words, **options)
    return capsys.readouterr().out


def test_who_works_where_no_one_administrator_manages_both_is_closed_at_once(both, browser, capsys):
    browser.force_login(both)
    AuthToken.objects.create(user=both)
    make_link(user=both, purpose=LinkPurpose.RESET, by=None)
    run(capsys, "close", "Ben@casework.example", reason="laptop stolen")
    both.refresh_from_db()
    assert (both.is_active, both.deactivated_because) == (False, "laptop stolen")
    assert browser.get("/").status_code == 302
    assert not AuthToken.objects.exists()
    assert not OneTimeLink.objects.unspent().exists()
    event = AuditEvent.objects.get(route="staff.deactivated")
    assert (event.actor_id, event.source, event.changes[0]["id"]) == (
        None, Source.SYSTEM, str(both.pk),
    )  # fmt: skip


def test_it_is_opened_again_with_a_link_for_a_new_password(both, capsys, mailoutbox, token_in):
    run(capsys, "close", both.email, reason="laptop stolen")
    run(capsys, "open", both.email)
    both.refresh_from_db()
    assert (both.is_active, both.has_usable_password()) == (True, False)
    assert mailoutbox[-1].to == [both.email]
    accept_link(link_id=link_behind(token_in()).pk, password=NEW)
    assert AuditEvent.objects.filter(route="staff.reactivated", actor_id=None).count() == 1


def test_the_last_administrators_account_stays_and_their_password_ends(house, ada, capsys, browser):
    browser.force_login(ada)
    with pytest.raises(CommandError, match="last administrator"):
        run(capsys, "close", ada.email, reason="laptop stolen")
    ada.refresh_from_db()
    assert ada.has_usable_password()
    said = run(capsys, "end-password", ada.email)
    assert browser.get("/").status_code == 302
    link = link_behind(TOKEN.search(said).group(1))
    assert link.user == ada
    accept_link(link_id=link.pk, password=NEW)
    assert AuditEvent.objects.filter(route="staff.password_reset", actor_id=None).count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_reason_is_asked_for_and_bounded(house, capsys, reason):
    with pytest.raises(CommandError, match="--reason"):
        run(capsys, "close", house.ben.email, reason=reason)
    house.ben.refresh_from_db()
    assert house.ben.is_active


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("close", "nobody@casework.example"), "no account"),
        (("open", "ben@casework.example"), "is open"),
    ],
)
def test_what_is_not_so_is_said(house, capsys, words, said):
    with pytest.raises(CommandError, match=said):
        run(capsys, *words, reason="left")
