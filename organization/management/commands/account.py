"""`manage.py account`: for whoever runs the installation, where no administrator may or can."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from organization.models import User
from organization.services.accounts import deactivate, end_password, reactivate

LONGEST_REASON = 200  # as `DeactivationInput` has it


class Command(BaseCommand):
    """Of an account anywhere. The audit trail says that it was done here, and by nobody with an account."""

    help = "Close somebody's account, open it again, or end its password, wherever they work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=("close", "open", "end-password"))
        parser.add_argument("email", help="The account's address.")
        parser.add_argument("--reason", default="", help="Why it is closed; kept with the account.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError("There is no account with this address.")
        try:
            said = self._do(options["act"], user, options["reason"].strip())
        except DomainError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(said)

    def _do(self, act: str, user: User, reason: str) -> str:
        if act == "open":
            reactivate(user=user, by=None)
            return (
                "The account is open, with the roles it had; a link is on its way to its mailbox."
            )
        if act == "end-password":
            return (
                "Password, sessions, tokens and links have ended. With this link they choose a new "
                "password. It works once, within a day, for whoever opens it first; it is shown "
                f"only now:\n\n    {end_password(user=user)}\n"
            )
        if not 0 < len(reason) <= LONGEST_REASON:
            raise CommandError(f"Say why by --reason, in {LONGEST_REASON} characters at most.")
        deactivate(user=user, reason=reason, by=None)
        return "The account is closed: no session, token or link opens anything from now on."
