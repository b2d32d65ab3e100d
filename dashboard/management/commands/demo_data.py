"""`manage.py demo_data`: fill an empty development database with a demo; `--who` tells whom to be."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.demo.maker import is_made, make
from dashboard.demo.people import CLIENTS
from dashboard.demo.places import PASSWORD, SITES
from dashboard.demo.population import FEWEST, MOST
from dashboard.demo.progress import Progress
from dashboard.demo.script import REMINDED_SOON
from organization.models import Membership, User
from organization.roles import Role


class Command(BaseCommand):
    """Safe to run again: what is there stays as it is."""

    help = "Make the demo's facilities, staff, clients and weeks, unless they are there already."

    # They load every page and route; a second run is to be over in a moment.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """`--who` changes nothing; `--clients` is for a smaller demo, made sooner."""
        parser.add_argument(
            "--who", action="store_true", help="only tell whom to sign in as, and the password"
        )
        parser.add_argument(
            "--clients", type=int, default=CLIENTS, metavar="N",
            help=f"how many clients, from {FEWEST} to {MOST} (default: %(default)s)",
        )  # fmt: skip

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
            self._make(options["clients"])

    def _make(self, clients: int) -> None:
        if not FEWEST <= clients <= MOST:
            raise CommandError(f"The demo has from {FEWEST} to {MOST} clients, not {clients}.")
        make(clients, self.stdout.write, Progress(self.stdout).tell)

    def _tell_whom(self) -> None:
        if not is_made():
            raise CommandError("There is no demo data yet. Make it with: manage.py demo_data")
        rows = [("E-mail", "Name", "Role", "Facility", "Password"), *_people()]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.stdout.write("  ".join([*cells, row[4]]))
        self.stdout.write("")
        more = User.objects.filter(email__endswith=".example").count() - len(rows) + 1
        self.stdout.write(
            f"{more} more sign in with the same password, as their first name @ their facility's "
            "domain."
        )
        first = ", ".join(member.name for member in SITES[0].staff[: len(REMINDED_SOON)])
        self.stdout.write(
            f"A client each of {first} gets a text and an e-mail within two or three minutes of "
            "the first start."
        )


def _introduced() -> list[str]:
    """The addresses to try: of the first facility one of each role and a second counselor, of the
    others a counselor."""
    first, *others = SITES
    counselors = first.of_role(Role.COUNSELOR)
    emails = [first.email(member) for member in first.staff]
    shown = {first.of_role(role)[0] for role in Role} | {counselors[1]}
    return [email for email in emails if email in shown] + [
        site.of_role(Role.COUNSELOR)[0] for site in others
    ]


def _people() -> list[tuple[str, ...]]:
    """Whom to sign in as: one line each, with all their facilities."""
    emails = _introduced()
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
