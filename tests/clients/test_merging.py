"""Two records of one person become one, and two again."""

import datetime as dt

import pytest

from audit.models import AuditEvent
from clients.models import (
    CareTeamMember,
    Client,
    ContactConsent,
    ContactPoint,
    KnownAt,
    KnownReason,
    Merge,
    PossibleDuplicate,
)
from clients.services import (
    Merged,
    add_contact_point,
    grant_consent,
    join_care_team,
    make_known_at,
    merge_clients,
    undo_merge,
    update_contact_point,
    withdraw_consent,
)
from clients.services.readers import find_readers
from common.clock import now
from common.errors import Conflict, Forbidden, Invalid
from organization.models import User
from worklist.models import Task, TaskKind
from worklist.services import open_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(house):
    """Sam of Ana's and Sam of Ben's: one person, recorded twice. The supervisor sees both."""
    return house.client(phone="217 555 0134"), house.client(by=house.ben)


def merge(house, two):
    return merge_clients(survivor=two[0], other=two[1], reason="same card", by=house.supervisor)


def points(client):
    """A client's addresses, and whether each has a consent in force."""
    rows = client.contact_points.all()
    return {p.value: p.consents.filter(withdrawn_at=None).exists() for p in rows}


def rows_of(*models):
    """Every row, but for when it was last changed."""
    return {
        model: list(
            model.objects.order_by("pk").values(
                *[f.attname for f in model._meta.concrete_fields
                  if f.name not in ("updated_at", "value")]
            )
        )
        for model in models
    }  # fmt: skip


# ── The record ───────────────────────────────────────────────────────────────────────────────────


def test_the_other_record_is_part_of_the_survivor(house, two):
    survivor, other = two
    done = merge(house, two)
    other.refresh_from_db()
    assert (other.merged_into, done.survivor, done.other) == (survivor, survivor, other)
    for person in (house.intake, house.ben, house.ana, house.supervisor):
        assert set(Client.objects.visible_to(person)) == {survivor}
    event = AuditEvent.objects.get(route="client.merged")
    assert (event.actor_id, set(event.clients)) == (house.supervisor.pk, {survivor.pk, other.pk})


def test_records_that_were_merged_into_the_other_are_part_of_the_survivor_then(house, two):
    first, second, third = *two, house.client(by=house.ben)
    merge(house, (second, third))
    last = merge(house, (first, second))
    assert set(first.merged_from.all()) == {second, third}
    with pytest.raises(Conflict, match="was merged into another one since") as refused:
        undo_merge(merge=Merge.objects.get(other=third), by=house.supervisor)
    assert refused.value.code == "merged_again"
    undo_merge(merge=last, by=house.supervisor)
    assert set(second.merged_from.all()) == {third}


def test_a_record_is_not_merged_with_itself_nor_twice(house, two):
    with pytest.raises(Invalid) as refused:
        merge(house, (two[0], two[0]))
    assert refused.value.code == "same_client"
    merge(house, two)
    with pytest.raises(Merged):
        merge(house, two)


def test_only_a_supervisor_who_sees_both_merges(house, two):
    for person in (house.intake, house.ana, house.ben, house.nurse, house.oak_counselor):
        with pytest.raises(Forbidden):
            merge_clients(survivor=two[0], other=two[1], reason="same", by=person)
    unseen = house.client(by=house.cleo)
    with pytest.raises(Forbidden):
        merge(house, (two[0], unseen))
    assert Merge.objects.count() == 0


def test_nothing_more_is_written_on_the_other_record(house, two, next_tuesday):
    other = two[1]
    merge(house, two)
    acts = (
        lambda: add_contact_point(client=other, kind="phone", value="2175550199", by=house.ben),
        lambda: house.admitted(other),
        lambda: house.booked(other, next_tuesday, by=house.ben, staff=[house.ben]),
        lambda: make_known_at(
            client=other, facility=house.oak, reason=KnownReason.REFERRAL, by=house.ben
        ),
    )
    for act in acts:
        with pytest.raises((Merged, Forbidden)):
            act()


def test_a_task_about_the_other_record_is_about_the_survivor(house, two):
    merge(house, two)
    task = open_task(kind=TaskKind.CALL_CLIENT, source="test:1", client=two[1], facility=house.elm)
    assert (task.client, task.assignee) == (two[0], house.ana)


# ── Contact points and consents ──────────────────────────────────────────────────────────────────


def test_contact_points_go_along_behind_the_survivors_own(house, two):
    point = add_contact_point(client=two[1], kind="phone", value="217 555 0199", by=house.ben)
    grant_consent(point=point, method="verbal", by=house.ben)
    merge(house, two)
    assert points(two[0]) == {"+12175550134": True, "+12175550199": True}
    assert list(two[0].contact_points.values_list("position", flat=True)) == [0, 1]


def shared(house, two, *, given=True, withdrawn=False):
    """The survivor's number, on the other record too."""
    point = add_contact_point(client=two[1], kind="phone", value="217 555 0134", by=house.ben)
    if given:
        grant_consent(point=point, method="verbal", by=house.ben)
    if withdrawn:
        withdraw_consent(point=point, by=house.ben)
    return point


def test_an_address_on_both_is_kept_once_and_no_consent_stays_behind(house, two):
    shared(house, two)
    merge(house, two)
    assert points(two[0]) == {"+12175550134": True}
    assert points(two[1]) == {"+12175550134": False}


def test_a_withdrawal_on_the_other_record_holds(house, two):
    shared(house, two, withdrawn=True)
    merge(house, two)
    assert points(two[0]) == {"+12175550134": False}
    assert ContactConsent.objects.get(contact_point__client=two[0]).withdrawn_by == house.supervisor


def test_a_withdrawal_on_the_survivor_holds(house, two):
    shared(house, two)
    withdraw_consent(point=two[0].contact_points.get(), by=house.ana)
    merge(house, two)
    assert points(two[0]) == {"+12175550134": False}


def test_a_consent_that_only_the_other_record_has_is_kept(house):
    bare, other = house.client(), house.client(by=house.ben, phone="217 555 0134")
    add_contact_point(client=bare, kind="phone", value="217 555 0134", by=house.ana)
    consent = ContactConsent.objects.get()
    merge(house, (bare, other))
    assert points(bare) == {"+12175550134": True}
    consent.refresh_from_db()
    assert consent.contact_point.client == bare


def test_of_an_address_on_both_the_stricter_holds(house, two):
    void = shared(house, two)
    until = now().date() + dt.timedelta(days=9)
    kept = two[0].contact_points.get()
    update_contact_point(point=kept, by=house.ana, safe_to_leave_voicemail=True)
    update_contact_point(point=void, by=house.ben, valid_until=until)
    merge(house, two)
    kept.refresh_from_db()
    assert (kept.safe_to_leave_voicemail, kept.valid_until) == (False, until)


# ── Care team, places, tasks ─────────────────────────────────────────────────────────────────────


def team(client):
    rows = client.care_team.current()
    return {(m.user.full_name.split()[0], m.primary) for m in rows.select_related("user")}


def test_the_care_teams_become_one_with_one_primary(house, two):
    for client, by in zip(two, (house.ana, house.ben), strict=True):
        join_care_team(client=client, user=house.nurse, role="nurse", reason="doses", by=by)
    merge(house, two)
    assert team(two[0]) == {("Ana", True), ("Ben", False), ("Nia", False)}
    assert team(two[1]) == set()
    assert CareTeamMember.objects.filter(client=two[1], user=house.nurse).get().until is not None


def test_where_the_survivor_has_no_primary_the_others_becomes_it(house, two):
    survivor, other = two
    survivor.care_team.update(until=now())
    CareTeamMember.objects.create(client=survivor, user=house.ben, role="peer", reason="group")
    merge_clients(survivor=survivor, other=other, reason="same", by=house.supervisor)
    assert team(survivor) == {("Ben", True)}


def test_the_survivor_is_known_where_either_was(house, two):
    make_known_at(client=two[1], facility=house.oak, reason=KnownReason.REFERRAL, by=house.ben)
    merge(house, two)
    current = KnownAt.objects.current().filter(client=two[0])
    assert {row.facility for row in current} == {house.elm, house.oak}
    assert KnownAt.objects.filter(client=two[1]).count() == 0
    assert KnownAt.objects.filter(client=two[0]).count() == 3


def test_tasks_go_along_and_whoever_is_primary_no_longer_need_not_accept(house, two):
    call = open_task(kind=TaskKind.CALL_CLIENT, source="test:1", client=two[1], facility=house.elm)
    accept = open_task(
        kind=TaskKind.ACCEPT_CLIENT, source="test:2", client=two[1], facility=house.elm,
        assignee=house.ben,
    )  # fmt: skip
    merge(house, two)
    for task in (call, accept):
        task.refresh_from_db()
    assert (call.client, call.state, call.assignee) == (two[0], "open", house.ben)
    assert (accept.client, accept.state) == (two[0], "withdrawn")


# ── Pairs ────────────────────────────────────────────────────────────────────────────────────────


def test_the_pair_is_settled_and_its_task_withdrawn(house, two):
    shared(house, two)
    find_readers()
    assert Task.objects.get(kind="possible_duplicate").state == "open"
    done = merge(house, two)
    assert PossibleDuplicate.objects.get().settlement == "merged"
    assert Task.objects.get(kind="possible_duplicate").state == "withdrawn"
    undo_merge(merge=done, by=house.supervisor)
    assert PossibleDuplicate.objects.get().settlement == "dismissed"


def test_a_third_record_like_the_other_is_compared_with_the_survivor(house, two):
    third = house.client(by=house.cleo)
    third.change(birth_date=dt.date(1970, 1, 1))
    add_contact_point(client=two[1], kind="email", value="sam@example.org", by=house.ben)
    add_contact_point(client=third, kind="email", value="sam@example.org", by=house.cleo)
    done = merge(house, two)
    open_pairs = PossibleDuplicate.objects.open()
    assert {(p.first, p.second) for p in open_pairs} == {(two[0], third)}
    find_readers()
    assert Task.objects.open().filter(kind="possible_duplicate").count() == 1
    undo_merge(merge=done, by=house.supervisor)
    assert {(p.first, p.second) for p in open_pairs.all()} >= {(two[1], third)}
    assert PossibleDuplicate.objects.unread().filter(second=third).exists()


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────

OWN = (Client, ContactPoint, ContactConsent, CareTeamMember, KnownAt, Task, PossibleDuplicate)


def test_undone_everything_is_where_it_was(house, two):
    shared(house, two, withdrawn=True)
    make_known_at(client=two[1], facility=house.oak, reason=KnownReason.REFERRAL, by=house.ben)
    join_care_team(client=two[1], user=house.nurse, role="nurse", reason="doses", by=house.ben)
    add_contact_point(client=two[1], kind="phone", value="217 555 0199", by=house.ben)
    PossibleDuplicate.objects.all().delete()
    Task.objects.all().delete()
    open_task(kind=TaskKind.CALL_CLIENT, source="test:1", client=two[1], facility=house.elm)
    before = rows_of(*OWN)
    done = merge(house, two)
    assert rows_of(*OWN) != before
    undone = undo_merge(merge=done, by=house.supervisor)
    assert rows_of(*OWN) == before
    assert undone.undone_by == house.supervisor
    event = AuditEvent.objects.get(route="client.unmerged")
    assert set(event.clients) == {client.pk for client in two}
    with pytest.raises(Conflict) as refused:
        undo_merge(merge=done, by=house.supervisor)
    assert refused.value.code == "already_undone"


def test_what_was_written_on_the_survivor_since_stays_there(house, two):
    done = merge(house, two)
    point = add_contact_point(client=two[0], kind="email", value="s@example.org", by=house.ana)
    undo_merge(merge=done, by=house.supervisor)
    point.refresh_from_db()
    assert point.client == two[0]


def test_it_is_not_undone_once_something_was_changed_and_says_what(house, two):
    add_contact_point(client=two[1], kind="phone", value="217 555 0199", by=house.ben)
    done = merge(house, two)
    two[0].care_team.current().filter(user=house.ben).get().change(until=now())
    moved = two[0].contact_points.get(position=1)
    update_contact_point(point=moved, by=house.ana, position=0)
    before = rows_of(*OWN, Merge)
    with pytest.raises(Conflict) as refused:
        undo_merge(merge=done, by=house.supervisor)
    assert refused.value.code == "changed_since"
    assert refused.value.extra == {"changed": ["care team member", "contact point"]}
    assert rows_of(*OWN, Merge) == before


def test_it_is_undone_within_thirty_days(house, two, time_machine):
    done = merge(house, two)
    time_machine.move_to(now() + dt.timedelta(days=30, seconds=1), tick=False)
    with pytest.raises(Conflict) as refused:
        undo_merge(merge=done, by=house.supervisor)
    assert refused.value.code == "too_late_to_undo"


def test_whoever_may_not_merge_may_not_undo(house, two):
    done = merge(house, two)
    for person in (house.ana, house.intake):
        with pytest.raises(Forbidden):
            undo_merge(merge=done, by=User.objects.get(pk=person.pk))


def test_a_merge_keeps_ids_codes_and_times_only(house, two):
    shared(house, two, withdrawn=True)
    done = merge(house, two)
    kept = str(done.moved)
    for word in ("Sam", "Rivera", "+12175550134", "1990-05-17", "same card"):
        assert word not in kept
