"""`manage.py setup`: the first run. Checks what is given, then makes a facility and its administrator."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError, Invalid
from organization.management.preflight import Verdict, findings
from organization.models import Facility, LinkPurpose, User
from organization.services.founding import Founded, found, standing
from organization.services.links import make_link, send_link

QUESTIONS = {
    "facility": "The facility's legal name",
    "discreet_name": "Its discreet name, all that a message to a client says",
    "discreet_phone": "The telephone number that clients are told to call",
    "zone": "Its time zone, such as America/Chicago",
    "admin_email": "The first administrator's work e-mail",
    "admin_name": "The first administrator's full name",
}
OPTION_OF = {"legal_name": "facility", "email": "admin_email", "full_name": "admin_name"}
"""Where a column's name is not its option's."""


class Command(BaseCommand):
    """Asks for what no option gave. No password is asked for: the administrator chooses it."""

    help = "Check the settings, and make the first facility and its first administrator."
    requires_system_checks = ()  # findings() runs them, with those for a deployment

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, question in QUESTIONS.items():
            parser.add_argument(_option(name), default="", help=question)
        parser.add_argument("--no-input", action="store_true", help="Ask nothing.")
        parser.add_argument(
            "--mail-link", action="store_true",
            help="Mail the administrator's link instead of printing it.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        self._look()
        given = {name: options[name].strip() for name in QUESTIONS}
        try:
            founded = self._founded(given, asks=not options["no_input"])
        except DomainError as error:
            raise CommandError(error.detail) from None
        self._tell(founded, mail=options["mail_link"])

    def _look(self) -> None:
        found_fault = False
        for finding in findings():
            self.stdout.write(f"{finding.verdict.value:>5}  {finding.words}")
            found_fault |= finding.verdict is Verdict.FAULT
        if found_fault:
            raise CommandError("Mend what is called a fault above, then run this again.")

    def _standing(self, given: dict[str, str]) -> Founded:
        if not (given["facility"] and given["admin_email"]):
            raise CommandError(
                "Casework is set up already. An administrator who can sign in at "
                f"{settings.PUBLIC_URL} invites everybody else. If the first one never did, run "
                "this again with the same --facility and --admin-email for a new link."
            )
        return standing(legal_name=given["facility"], email=given["admin_email"])

    def _founded(self, given: dict[str, str], *, asks: bool) -> Founded:
        """What stands already; else ask for what is missing, and again for what is refused."""
        if Facility.objects.exists():
            return self._standing(given)
        while True:
            self._complete(given, asks=asks)
            try:
                return found(
                    facility=Facility(
                        legal_name=given["facility"],
                        discreet_name=given["discreet_name"],
                        discreet_phone=given["discreet_phone"],
                        zone=given["zone"],
                    ),
                    email=given["admin_email"],
                    full_name=given["admin_name"],
                )
            except Invalid as error:
                for fault in error.faults:
                    name = OPTION_OF.get(fault.field, fault.field)
                    self.stderr.write(f"{_option(name)}: {fault.detail}")
                    given[name] = ""
                if not asks:
                    raise CommandError("Nothing was made.") from None

    def _complete(self, given: dict[str, str], *, asks: bool) -> None:
        missing = [name for name, value in given.items() if not value]
        if missing and not asks:
            raise CommandError(f"Also give {', '.join(_option(name) for name in missing)}.")
        for name in missing:
            given[name] = input(f"{QUESTIONS[name]}: ").strip()

    def _tell(self, founded: Founded, *, mail: bool) -> None:
        administrator = founded.administrator
        self.stdout.write(
            f"{founded.facility.legal_name} {'is made' if founded.made else 'stands already'}; "
            f"{administrator.full_name} administers it."
        )
        if administrator.has_usable_password():
            self.stdout.write(f"They have chosen a password: sign in at {settings.PUBLIC_URL}.")
        elif mail:
            send_link(user=administrator, purpose=LinkPurpose.INVITATION, by=None)
            self.stdout.write("A link for choosing a password is on its way to their mailbox.")
        else:
            self._print_link(administrator)

    def _print_link(self, administrator: User) -> None:
        link = make_link(user=administrator, purpose=LinkPurpose.INVITATION, by=None)
        self.stdout.write(
            "With this link they choose a password. It works once, within three days, for whoever "
            f"opens it first; it is shown only now:\n\n    {link}\n"
        )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
