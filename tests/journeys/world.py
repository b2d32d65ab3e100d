"""What the journeys find when they begin: one facility, its programs, a few counselors. No clients.

`python -m tests.journeys.world` writes it into the database of the environment.
"""

PLACE = "Birch Rd"
PASSWORD = "a long word of passage"
COUNSELORS = ("ana@birchrd.example", "ben@birchrd.example", "chidi@birchrd.example",
              "delia@birchrd.example")  # fmt: skip
NAMES = ("Ana Lopez", "Ben Okafor", "Chidi Warren", "Delia Ramos")


def make() -> None:
    from appointments.services.policies import RuleWish, set_rules
    from appointments.states import RuleChannel, RuleWhen
    from organization.models import Facility, PhaseKind, Program
    from organization.roles import Role
    from organization.services.staff import hire

    facility = Facility.objects.create(
        legal_name="Birch Road Treatment Center",
        discreet_name=PLACE,
        discreet_phone="(217) 555-0100",
        zone="America/Chicago",
    )
    for kind in PhaseKind:
        Program.objects.create(
            facility=facility, name=f"{kind.label} program", phase=kind,
            residential=kind in (PhaseKind.DETOX, PhaseKind.INPATIENT), level_of_care="3.7",
            level_of_care_edition="3", planned_days=30,
        )  # fmt: skip
    for email, name in zip(COUNSELORS, NAMES, strict=True):
        hire(email=email, full_name=name, facility=facility, role=Role.COUNSELOR, password=PASSWORD)
    manager = hire(
        email="mara@birchrd.example", full_name="Mara Quist", facility=facility, role=Role.MANAGER
    )
    rules = [RuleWish(RuleWhen.OFFSET, channel, 24 * 60) for channel in
             (RuleChannel.SMS, RuleChannel.EMAIL)]  # fmt: skip
    set_rules(facility=facility, rules=rules, by=manager)


if __name__ == "__main__":
    import django

    django.setup()
    make()
