"""The API describes itself truly, and its page of documentation needs nothing from elsewhere."""

import re

import pytest
from django.contrib.staticfiles import finders
from drf_spectacular.generators import SchemaGenerator

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def paths():
    return SchemaGenerator().get_schema(request=None, public=True)["paths"]


def test_the_page_of_documentation_keeps_to_our_content_security_policy(browser):
    page = browser.get("/api/v1/docs/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    assert "<style" not in html
    assert not re.search(r"\s(style|on\w+)=", html)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 3
    assert all("src=" in attributes and not inside.strip() for attributes, inside in scripts)


def test_all_that_the_page_of_documentation_loads_is_served_by_us(browser):
    html = browser.get("/api/v1/docs/").content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(addresses) == 5
    for address in addresses:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        else:
            script = browser.get(address.replace("&amp;", "&"))
            assert script.status_code == 200
            assert script["Content-Type"].startswith("application/javascript")
            assert '"/api/v1/schema/"' in script.content.decode()


def test_booking_is_described_with_what_a_conflict_carries(paths):
    booking = paths["/api/v1/appointments/"]["post"]
    assert booking["summary"] == "Book an appointment; its reminders are planned with it"
    assert booking["tags"] == ["appointments"]
    assert sorted(booking["responses"]) == ["201", "400", "401", "403", "404", "409", "413", "415"]
    conflict = booking["responses"]["409"]["content"]["application/problem+json"]
    assert conflict["schema"] == {"$ref": "#/components/schemas/BookingConflict"}
    assert sorted(conflict["examples"]) == ["client_busy", "slot_taken"]


def test_a_list_is_described_with_its_filters(paths):
    listed = paths["/api/v1/appointments/"]["get"]
    assert sorted(p["name"] for p in listed["parameters"]) == [
        "client", "cursor", "facility", "from", "kind", "page_size", "staff", "status", "until",
        "updated_after",
    ]  # fmt: skip
    assert sorted(listed["responses"]) == ["200", "400", "401", "403"]
    described = paths["/api/v1/messages/"]["get"]["parameters"]
    assert sorted(p["name"] for p in described) == [
        "channel", "client", "cursor", "page_size", "purpose", "state", "updated_after",
    ]  # fmt: skip
