"""Staff are invited by a link that works once."""

import datetime as dt

import pytest

from audit.models import AuditEvent
from common.clock import now
from common.crypto import token_digest
from common.errors import Conflict, Forbidden, Invalid
from messaging.models import Message
from organization.models import LinkPurpose, Membership, OneTimeLink, User
from organization.roles import Role
from organization.services.accounts import invite_again
from organization.services.links import LinkSpent, accept_link, link_behind, make_link
from organization.services.staff import invite
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "quite another word of passage"


@pytest.fixture
def invited(house, ada) -> User:
    return invite(
        email="Nils@Casework.example", full_name="Nils Holt", facility=house.elm,
        role=Role.COUNSELOR, supervisor=house.supervisor, credential="LCDC", by=ada,
    )  # fmt: skip


def test_who_is_invited_has_an_account_without_a_password_and_a_role(house, invited):
    assert invited.email == "nils@casework.example"
    assert not invited.has_usable_password()
    role = Membership.objects.get(user=invited)
    assert (role.facility, role.role, role.credential) == (house.elm, "counselor", "LCDC")
    assert (role.supervisor, role.until) == (house.supervisor, None)


def test_the_mail_says_what_to_do_and_not_what_the_work_is(invited, mailoutbox, settings, token_in):
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["nils@casework.example"], "Your invitation")
    assert mail.body == (
        "Hello Nils Holt,\n\n"
        "An account was made for you. This link lets you choose a password and sign in:\n\n"
        f"{settings.PUBLIC_URL}/accounts/link/{token_in()}/\n\n"
        "It works once, within three days. If you expected no account, ignore this.\n"
    )


def test_only_the_tokens_digest_is_kept(invited, token_in):
    link = OneTimeLink.objects.get()
    assert link.token_digest == token_digest(token_in())
    assert len(token_in()) == 43  # 256 bits
    assert link.expires_at - link.created_at == pytest.approx(
        dt.timedelta(hours=72), abs=dt.timedelta(seconds=1)
    )


def test_the_mail_goes_through_the_outbox_and_its_text_is_sealed(house, ada, settings):
    settings.EMAIL_BACKEND = "messaging.backends.OutboxEmailBackend"
    invite(
        email="nils@casework.example", full_name="Nils Holt", facility=house.elm,
        role=Role.NURSE, by=ada,
    )  # fmt: skip
    message = Message.objects.get()
    assert (message.purpose, message.state, message.client) == ("account", "scheduled", None)
    assert message.subject == "Your invitation"
    assert not Message.objects.visible_to(ada).exists()


def test_the_link_lets_one_choose_a_password_once(invited, token_in):
    link = link_behind(token_in())
    accept_link(link_id=link.pk, password=NEW)
    invited.refresh_from_db()
    assert invited.check_password(NEW)
    assert link_behind(token_in()) is None
    with pytest.raises(LinkSpent):
        accept_link(link_id=link.pk, password=PASSWORD)
    invited.refresh_from_db()
    assert invited.check_password(NEW)


def test_a_weak_password_is_refused_and_uses_nothing_up(invited, token_in):
    link = link_behind(token_in())
    for weak in ("short", "nils@casework", "passwordpassword"[:8]):
        with pytest.raises(Invalid) as refused:
            accept_link(link_id=link.pk, password=weak)
        assert {fault.field for fault in refused.value.faults} == {"password"}
    assert link_behind(token_in()) == link


def test_after_three_days_the_link_is_too_old(invited, token_in, time_machine):
    time_machine.move_to(now() + dt.timedelta(hours=71, minutes=59))
    link = link_behind(token_in())
    assert link is not None
    time_machine.move_to(now() + dt.timedelta(minutes=2))
    assert link_behind(token_in()) is None
    with pytest.raises(LinkSpent):
        accept_link(link_id=link.pk, password=NEW)


@pytest.mark.parametrize("token", ["", "x" * 43, "é", "' OR 1=1 --"])
def test_a_made_up_token_leads_nowhere(invited, token):
    assert link_behind(token) is None


def test_a_new_link_makes_the_one_before_void(invited, ada, mailoutbox, token_in):
    first = token_in()
    invite_again(user=invited, by=ada)
    assert len(mailoutbox) == 2
    assert link_behind(first) is None
    assert link_behind(token_in()).user == invited
    assert OneTimeLink.objects.unspent().count() == 1


def test_who_has_a_password_is_not_invited_again(house, ada, mailoutbox):
    with pytest.raises(Conflict) as refused:
        invite_again(user=house.ana, by=ada)
    assert refused.value.code == "already_accepted"
    assert mailoutbox == []


def test_who_works_elsewhere_gets_the_role_and_no_mail_and_keeps_the_name(house, ada, mailoutbox):
    user = invite(
        email="OMAR@casework.example", full_name="Somebody Else", facility=house.elm,
        role=Role.COUNSELOR, by=ada,
    )  # fmt: skip
    assert (user, user.full_name) == (house.oak_counselor, "Omar Vance")
    assert user.check_password(PASSWORD)
    assert set(user.access.facilities) == {house.elm.pk, house.oak.pk}
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("email", "full_name", "field"),
    [("no address", "Nils Holt", "email"), ("n@casework.example", "Nils\nBcc: x@y.example", "full_name")],
)  # fmt: skip
def test_an_unsound_address_or_name_is_refused(house, ada, email, full_name, field):
    with pytest.raises(Invalid) as refused:
        invite(email=email, full_name=full_name, facility=house.elm, role=Role.NURSE, by=ada)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert not User.objects.filter(full_name__startswith="Nils").exists()


def test_nobody_is_invited_to_a_facility_that_one_does_not_manage(house, ada, otto):
    for by, facility in ((ada, house.oak), (otto, house.elm), (house.ana, house.elm)):
        with pytest.raises(Forbidden):
            invite(
                email="nils@casework.example", full_name="Nils Holt", facility=facility,
                role=Role.ADMINISTRATOR, by=by,
            )  # fmt: skip
    assert not User.objects.filter(email="nils@casework.example").exists()


def test_a_supervisor_supervises_at_that_facility(house, ada):
    for supervisor in (house.ana, house.oak_counselor):
        with pytest.raises(Invalid) as refused:
            invite(
                email="nils@casework.example", full_name="Nils Holt", facility=house.elm,
                role=Role.COUNSELOR, supervisor=supervisor, by=ada,
            )  # fmt: skip
        assert refused.value.code == "not_a_supervisor"


def test_every_step_is_in_the_trail(invited, ada, token_in):
    accept_link(link_id=link_behind(token_in()).pk, password=NEW)
    events = [(e.route, e.actor_id) for e in AuditEvent.objects.order_by("at", "id")]
    assert events[-5:] == [
        ("staff.invited", ada.pk),
        ("membership.given", ada.pk),
        ("one_time_link.made", ada.pk),
        ("one_time_link.used", invited.pk),
        ("staff.password_chosen", invited.pk),
    ]


def test_a_link_of_the_command_line_has_no_actor(invited):
    make_link(user=invited, purpose=LinkPurpose.INVITATION, by=None)
    assert AuditEvent.objects.order_by("-at", "-id").first().actor_id is None
