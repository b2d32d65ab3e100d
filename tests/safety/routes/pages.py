"""Pages: staff's, those for signing in, the client's own, webhooks, health, the development inbox.

Whoever is not signed in is led to the sign-in page by 302.
"""

from tests.safety.routes.rows import ALL, NOBODY, Row, alike

BOOK = "own team supervisor intake desk desk_off"
NEW = "quite another word of passage"
PAIR = {"password1": NEW, "password2": NEW}
TEXT = {"MessageSid": "SM9", "From": "+12175550199", "Body": "hello"}
RECEIPT = {"MessageSid": "SM9", "MessageStatus": "delivered"}
STATUS = "/webhooks/twilio/status/019c0000-0000-7000-8000-000000000000/"


def act(address: str, yes: str, undone: str) -> list[Row]:
    """A form's target: back to the page; by GET as well, which changes nothing."""
    return [
        Row(f"POST {address}", send={"outcome": "called"}, ok=302, yes=yes,
            undone=f"{NOBODY} {undone}", changes=True),
        alike(f"GET {address}", 302),
    ]  # fmt: skip


ROWS = [
    Row("GET /", yes=ALL, nobody=302, there=200),
    *act("/attendances/{started}/arrived/", BOOK, "nurse"),
    *act("/attendances/{started}/no-show/", BOOK, "nurse"),
    *act("/attendances/{started}/completed/", "own team supervisor", "nurse intake desk desk_off"),
    *act("/tasks/{task}/completion/", "own team supervisor", "nurse intake"),
    # Behind a reminder's link: whoever holds it
    alike("GET /a/{link}/", 200),
    alike("GET /a/{link}/appointment.ics", 200),
    alike("POST /a/{link}/confirm/", 200, changes=True),
    alike("POST /a/{link}/another-time/", 200, changes=True),
    alike("POST /a/{link}/cannot-come/", 200, changes=True),
    alike("GET /a/{link}/confirm/", 405),
    alike("GET /a/{link}/stop/", 200),
    alike("POST /a/{link}/stop/", 200, changes=True),
    alike("GET /a/nothing/of/ours", 404),
    alike("POST /a/nothing/of/ours", 404),
    # A mailed link, and choosing a password by it
    alike("GET /accounts/link/{mailed}/", 302),
    alike("GET /accounts/link/", 410),
    alike("POST /accounts/link/", 410, send={"password": NEW, "again": NEW}),
    # Signing in and out
    Row("GET /accounts/login/", yes=ALL, ok=302, nobody=200, there=302),
    Row(
        "POST /accounts/login/",
        send={"login": "{email}", "password": "a long word of passage"},
        yes=ALL,
        ok=302,
        nobody=302,
        there=302,
    ),
    Row("GET /accounts/logout/", yes=ALL, nobody=302, there=200),
    Row("POST /accounts/logout/", yes=ALL, ok=302, nobody=302, there=302),
    alike("GET /accounts/inactive/", 200),
    Row("GET /accounts/signup/", yes=ALL, ok=302, nobody=200, there=302),
    Row(
        "POST /accounts/signup/",
        send={"email": "x@example.org", "password1": NEW},
        yes=ALL,
        ok=302,
        nobody=200,
        there=302,
    ),
    Row("GET /accounts/password/change/", yes=ALL, nobody=302, there=200),
    Row(
        "POST /accounts/password/change/",
        send=PAIR | {"oldpassword": "wrong"},
        yes=ALL,
        nobody=302,
        there=200,
    ),
    alike("GET /accounts/password/reset/", 200),
    alike("POST /accounts/password/reset/", 302, send={"email": "{email}"}),
    alike("GET /accounts/password/reset/done/", 200),
    alike("GET /accounts/password/reset/key/{key}/", 302),
    alike("POST /accounts/password/reset/key/{key}/", 302, send=PAIR),
    alike("GET /accounts/password/reset/key/done/", 200),
    # Machines
    alike("POST /webhooks/twilio/inbound/", 200, send=TEXT, signed=True, changes=True),
    alike("POST /webhooks/twilio/inbound/", 403, send=TEXT),
    alike("POST /webhooks/email/", 403),
    alike(f"POST {STATUS}", 204, send=RECEIPT, signed=True, changes=True),
    alike(f"POST {STATUS}", 403, send=RECEIPT),
    alike("GET /health/live", 200),
    alike("GET /health/ready", 200),
    alike("GET /health/queue", 503),
    # In development alone
    alike("GET /dev/inbox/", 200),
    alike("POST /dev/inbox/answer/", 302, send={"from": "1", "to": "2", "body": "YES"}),
]
