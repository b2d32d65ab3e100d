"""Importing telephones and mailboxes: no consent that the file doesn't state, and none revived."""

import datetime as dt

import pytest

from clients.models import ConsentMethod, ContactConsent, ContactPoint
from clients.services import withdraw_consent
from interop.models import ExternalReference
from interop.states import ImportKind, ImportState
from tests.interop.files import counts, imported, report, table

pytestmark = pytest.mark.django_db

FINISHED, REFUSED = ImportState.FINISHED, ImportState.REFUSED
PHONE = {"external_ref": "4711", "kind": "phone", "value": "(217) 555-0134"}
CONSENT = {
    "consent_method": "written", "consent_date": "2025-03-01", "consent_wording": "2019-old",
}  # fmt: skip


@pytest.fixture
def sam(house):
    client = house.client()
    ExternalReference.objects.create(
        facility=house.elm, system="previous", ref="4711", client=client
    )
    return client


def points(house, *rows, **options):
    return imported(house, table(*rows), kind=ImportKind.CONTACT_POINTS, **options)


def test_a_contact_point_without_a_consent_gets_none(house, sam):
    mail = {
        "record_number": sam.record_number, "external_ref": "", "kind": "email",
        "value": "Sam@Example.org", "safe_to_leave_voicemail": "",
    }  # fmt: skip
    job = points(house, PHONE | {"safe_to_leave_voicemail": "yes"}, mail)
    assert counts(job) == (FINISHED, 2, 0, 0)
    by_kind = {point.kind: point for point in sam.contact_points.all()}
    assert by_kind["phone"].value == "+12175550134"
    assert by_kind["phone"].safe_to_leave_voicemail is True
    assert by_kind["email"].value == "sam@example.org"
    assert by_kind["email"].safe_to_leave_voicemail is False
    assert ContactConsent.objects.count() == 0


def test_a_consent_is_kept_as_the_file_states_it(house, sam):
    points(house, PHONE | CONSENT)
    consent = ContactConsent.objects.get()
    assert consent.contact_point.client == sam
    assert (consent.method, consent.wording_version) == (ConsentMethod.WRITTEN, "2019-old")
    assert consent.granted_at == dt.datetime(2025, 3, 1, 6, tzinfo=dt.UTC)  # Chicago's midnight
    assert consent.granted_by == house.intake


def test_a_consent_withdrawn_since_the_file_was_made_is_not_revived(house, sam):
    points(house, PHONE | CONSENT)
    withdraw_consent(point=sam.contact_points.get(), by=house.ana)
    assert counts(points(house, PHONE | CONSENT)) == (FINISHED, 0, 1, 0)
    assert ContactConsent.objects.filter(withdrawn_at=None).count() == 0


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"value": "12"}, "value", "invalid_number"),
        ({"kind": "email"}, "value", "invalid_email"),
        ({"kind": "pigeon"}, "kind", "invalid_choice"),
        ({"external_ref": "4712"}, "external_ref", "unknown_client"),
        ({"external_ref": ""}, "external_ref", "one_of_two"),
        ({"record_number": "C1"}, "record_number", "one_of_two"),
        (CONSENT | {"consent_method": ""}, "consent_method", "incomplete_consent"),
        (CONSENT | {"consent_date": ""}, "consent_method", "incomplete_consent"),
        (CONSENT | {"consent_wording": ""}, "consent_method", "incomplete_consent"),
        (CONSENT | {"consent_date": "2099-01-01"}, "consent_date", "in_the_future"),
    ],
)  # fmt: skip
def test_refused_rows(house, sam, cells, field, code):
    job = points(house, PHONE | cells)
    assert (counts(job), report(job)) == ((REFUSED, 0, 0, 1), [(2, field, code)])
    assert ContactPoint.objects.count() == 0


def test_a_client_whom_the_sender_does_not_see_is_not_there(house, sam):
    """The supervisor sees the clients of Ana and Ben, and Cleo's are nobody's to them."""
    theirs = house.client(by=house.cleo, name="Kim")
    row = PHONE | {"external_ref": ""}
    hidden = points(house, row | {"record_number": theirs.record_number}, by=house.supervisor)
    absent = points(house, row | {"record_number": "C999999"}, by=house.supervisor)
    assert report(hidden) == report(absent) == [(2, "record_number", "unknown_client")]
    assert hidden.refused.get().detail == absent.refused.get().detail
    seen = points(house, row | {"record_number": sam.record_number}, by=house.supervisor)
    assert counts(seen) == (FINISHED, 1, 0, 0)


def test_a_reference_of_another_facility_or_system_leads_nowhere(house, sam):
    elsewhere = points(house, PHONE, facility=house.oak, by=house.oak_intake)
    other_system = points(house, PHONE, system="lab")
    for job in (elsewhere, other_system):
        assert report(job) == [(2, "external_ref", "unknown_client")]
