"""Whatever is forged about a callback, it is refused and nothing of it is kept.

`FAULTS` says how many are tried (`make faults` tries 10,000).
"""

import base64
import os
import random
import uuid

import pytest

from dev.sms_messages import callback_fields, inbound_fields, signature
from messaging.models import InboundMessage, Receipt

pytestmark = pytest.mark.django_db

FORGED = int(os.environ.get("FAULTS", "40"))
TOKEN, PUBLIC = "a token that the provider shares", "https://casework.example"
ACCOUNT = "AC00000000000000000000000000000001"
TEXT = {
    "error_code": None,
    "sid": "SM00000000000000000000000000000001",
    "to": "+12175550134",
    "from": "+12175550100",
}
PASSWORD = "service:a long password"


@pytest.fixture(autouse=True)
def _ours(settings):
    settings.TWILIO_AUTH_TOKEN, settings.PUBLIC_URL = TOKEN, PUBLIC
    settings.EMAIL_WEBHOOK_SECRET = PASSWORD


def forged(choose):
    """A callback that the provider could have signed, and then something about it is another."""
    path = choose.choice(["/webhooks/twilio/inbound/", f"/webhooks/twilio/status/{uuid.uuid4()}/"])
    fields = (
        inbound_fields("+12175550134", "+12175550100", "1", ACCOUNT)
        if path.endswith("inbound/")
        else callback_fields(TEXT, ACCOUNT, "delivered")
    )
    signed = signature(f"{PUBLIC}{path}", fields, TOKEN)
    name = choose.choice(sorted(fields))
    match choose.randrange(7):
        case 0:
            fields[name] += choose.choice("0 xyzé")
        case 1:
            fields[f"{name}{choose.randrange(9)}"] = "1"
        case 2:
            del fields[name]
        case 3:
            path += f"?{name}={choose.randrange(99)}"
        case 4:
            signed = signature(f"{PUBLIC}{path}", fields, TOKEN[: choose.randrange(len(TOKEN))])
        case 5:
            place = choose.randrange(len(signed) - 1)
            signed = signed[:place] + choose.choice("!aZ9") * 2 + signed[place + 2 :]
        case _:
            signed = signature(f"http://{choose.randrange(9)}.example{path}", fields, TOKEN)
    return path, fields, signed


def test_no_forged_callback_is_taken(browser):
    for seed in range(FORGED):
        path, fields, signed = forged(random.Random(seed))
        if signed == signature(f"{PUBLIC}{path}", fields, TOKEN):
            continue  # two characters that were these already
        answer = browser.post(path, fields, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 403, seed
    assert (InboundMessage.objects.count(), Receipt.objects.count()) == (0, 0)


def test_no_forged_event_of_the_mail_service_is_taken(browser):
    event = f'{{"RecordType": "Delivery", "Metadata": {{"attempt_id": "{uuid.uuid4()}"}}}}'
    for seed in range(FORGED):
        choose = random.Random(seed)
        guess = "".join(choose.choice(PASSWORD + "xZ") for _ in range(choose.randrange(40)))
        header = f"{choose.choice(['Basic', 'basic', 'Bearer', ''])} "
        header += base64.b64encode(guess.encode()).decode()
        answer = browser.post(
            "/webhooks/email/", event, content_type="application/json",
            headers={"Authorization": header},
        )  # fmt: skip
        assert answer.status_code == 403, seed
    assert Receipt.objects.count() == 0
