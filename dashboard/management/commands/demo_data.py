"""`manage.py demo_data`: fill an empty development database with a demo; `--who` tells whom to be."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.demo.maker import is_made, make
from dashboard.demo.places import PASSWORD, SITES
from dashboard.demo.script import REMINDED_SOON
from organization.models import Membership, User
from organization.roles import Role


class Command(BaseCommand):
    """Safe to run again: what is there stays as it is."""

    help = "Make the demo's facilities, staff, clients and weeks, unless they are there already."

    # They load every page and route; a second run is to be over in a moment.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """`--who` changes nothing."""
        parser.add_argument(
            "--who", action="store_true", help="only tell whom to sign in as, and the password"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse, tell, or make."""
        if not settings.DEVELOPMENT:
            raise CommandError(
                f"Demo data is for development only; CASEWORK_ENV is {settings.ENVIRONMENT}."
            )
        if options["who"]:
            self._tell_whom()
        elif is_made():
            self.stdout.write("The demo data is there already; nothing is changed.")
        else:
            make(self.stdout.write)

    def _tell_whom(self) -> None:
        if not is_made():
            raise CommandError("There is no demo data yet. Make it with: manage.py demo_data")
        rows = [("E-mail", "Name", "Role", "Facility", "Password"), *_people()]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.stdout.write("  ".join([*cells, row[4]]))
        self.stdout.write("")
        first = ", ".join(member.name for member in SITES[0].staff[: len(REMINDED_SOON)])
        self.stdout.write(
            f"A client each of {first} gets a text and an e-mail within two or three minutes of "
            "the first start."
        )


def _people() -> list[tuple[str, ...]]:
    """Whoever can sign in, in the order of the data: one line each, with all their facilities."""
    emails = [site.email(member) for site in SITES for member in site.staff]
    users = {user.email: user for user in User.objects.filter(email__in=emails)}
    held = Membership.objects.current().filter(user__in=users.values())
    where: dict[str, list[str]] = {}
    roles: dict[str, str] = {}
    for membership in held.select_related("user", "facility").order_by("created_at"):
        where.setdefault(membership.user.email, []).append(membership.facility.discreet_name)
        roles[membership.user.email] = str(Role(membership.role).label)
    return [
        (email, users[email].full_name, roles[email], ", ".join(where[email]), PASSWORD)
        for email in emails
        if email in where
    ]
