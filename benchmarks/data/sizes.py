"""How much there is of everything, at each size."""

from dataclasses import dataclass

CLIENTS_A_COUNSELOR = 67
"""Those in treatment now, 30 to 60, and those who have left."""
COUNSELORS_A_FACILITY = 30


@dataclass(frozen=True)
class Size:
    """Rows wanted; everything else follows from these."""

    name: str
    clients: int
    appointments: int
    audit_rows: int

    @property
    def counselors(self) -> int:
        """Staff with a caseload."""
        return max(2, round(self.clients / CLIENTS_A_COUNSELOR))

    @property
    def facilities(self) -> int:
        """Sites: about fifty staff at each."""
        return max(2, round(self.counselors / COUNSELORS_A_FACILITY))

    def scaled_to(self, clients: int) -> "Size":
        """The same proportions for another number of clients."""
        share = clients / self.clients
        return Size(
            self.name, clients, round(self.appointments * share), round(self.audit_rows * share)
        )


SIZES = {
    size.name: size
    for size in (
        Size("S5k", clients=5_000, appointments=25_000, audit_rows=75_000),
        Size("S20k", clients=20_000, appointments=100_000, audit_rows=300_000),
        Size("S1M", clients=200_000, appointments=1_000_000, audit_rows=3_000_000),
    )
}
