"""Data in bulk, made twice: the same seed and time give the same rows."""

from django.db import transaction

from appointments.models import Attendance
from benchmarks.data.filling import fill
from benchmarks.data.sizes import SIZES
from common.clock import now

NOW = now()


@transaction.atomic
def rows_of_one_filling(seed: int) -> list[tuple[object, ...]]:
    fill(SIZES["S20k"].scaled_to(30), now=NOW, seed=seed)
    rows = Attendance.objects.order_by("pk")
    found = list(rows.values_list("pk", "client", "status", "appointment__starts_at"))
    transaction.set_rollback(True)
    return found


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(db):
    once = rows_of_one_filling(seed=1)

    assert rows_of_one_filling(seed=1) == once
    assert rows_of_one_filling(seed=2) != once
