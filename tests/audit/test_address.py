"""Where a request came from: no header is believed but those of our own proxies."""

import pytest

from audit.middleware import address_of
from audit.models import AuditEvent

PEER, CLIENT, FORGED = "192.0.2.1", "203.0.113.7", "198.51.100.66"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, FORGED, PEER),
        (0, f"{FORGED}, {CLIENT}", PEER),
        (1, None, PEER),  # asked past the proxy
        (1, CLIENT, CLIENT),
        (1, f"{FORGED},{CLIENT}", CLIENT),
        (2, f"{FORGED}, {CLIENT}, 10.0.0.2", CLIENT),
        (2, CLIENT, PEER),  # past one of the two: the one value is the sender's own
        (1, "2001:DB8::0:1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "unknown", PEER),
        (1, "203.0.113.7:4711", PEER),
        (1, "'; drop table", PEER),
        (1, "", PEER),
    ],
)
def test_the_address_of_a_request(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert address_of(rf.get("/", REMOTE_ADDR=PEER, **headers)) == address


def test_a_request_over_a_socket_has_no_address(rf):
    assert address_of(rf.get("/", REMOTE_ADDR="")) is None


@pytest.mark.parametrize(("proxies", "address"), [(0, PEER), (1, CLIENT)])
def test_the_trail_holds_the_address_that_can_be_believed(house, api, settings, proxies, address):
    settings.TRUSTED_PROXIES = proxies
    client = house.client()
    house.admitted(client)
    api.force_authenticate(house.ana)
    answer = api.get(
        f"/api/v1/clients/{client.pk}/",
        REMOTE_ADDR=PEER,
        HTTP_X_FORWARDED_FOR=f"{FORGED}, {CLIENT}",
    )
    assert answer.status_code == 200
    assert AuditEvent.objects.latest("id").address == address
