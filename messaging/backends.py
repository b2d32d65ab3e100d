"""Django's mail, through the outbox: account mail for staff is a message like any other."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

from messaging.services.outbox import enqueue_account_mail


class OutboxEmailBackend(BaseEmailBackend):
    """Writes a message with purpose `account` for each recipient; the drain sends it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for email in email_messages:
            for recipient in email.recipients():
                enqueue_account_mail(to=recipient, subject=str(email.subject), body=str(email.body))
        return len(email_messages)
