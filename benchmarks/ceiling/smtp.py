"""(c) Messages built by Django and sent by smtplib over one kept connection: a process of two.

python -m benchmarks.ceiling.smtp PORT MESSAGES      prints the seconds it took
"""

import smtplib
import sys
import time

import django
from django.conf import settings
from django.core.mail import EmailMessage

from dev.console import say

TEXT = (
    "Hi {name},\n\nyou have an appointment Tue, Nov 24 10:00 at Elm St.\n\n"
    "Confirm it, or ask for another time:\nhttp://127.0.0.1:8000/a/0123456789abcdef{name}/\n"
)


def main() -> None:
    """Build and send them all, and say how long that took."""
    port, messages = int(sys.argv[1]), int(sys.argv[2])
    settings.configure(DEFAULT_CHARSET="utf-8", EMAIL_USE_LOCALTIME=False)
    django.setup()
    smtp = smtplib.SMTP("127.0.0.1", port)
    smtp.ehlo()
    say("ready")
    sys.stdin.readline()
    begun = time.monotonic()
    for number in range(messages):
        to = f"client.{number}@example.org"
        email = EmailMessage(
            "Your appointment Tue, Nov 24", TEXT.format(name=number), "office@example.org", [to],
            headers={"Message-ID": f"<{number}@example.org>", "Auto-Submitted": "auto-generated"},
        )  # fmt: skip
        smtp.sendmail("office@example.org", [to], email.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]  # Django's own
    say(str(time.monotonic() - begun))
    smtp.quit()


if __name__ == "__main__":
    main()
