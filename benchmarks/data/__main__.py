"""Fill a migrated, empty database: `python -m benchmarks.data --size S20k|S1M [--clients N]`.

Needs the owner's role (CASEWORK_DATABASE_ROLE=owner): `make bench-data` sets it.
"""

import argparse
import os

import django

from dev.console import Trouble, run_main, say


def main() -> int:
    """Read the command line and fill the database that the environment names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data")
    parser.add_argument("--size", default="S20k", choices=["S5k", "S20k", "S1M"])
    parser.add_argument("--clients", type=int, help="the same proportions for so many clients")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    fill_database(asked.size, asked.clients, asked.seed)
    return 0


def fill_database(name: str, clients: int | None, seed: int) -> None:
    """Fill it, unless somebody's data are there."""
    from benchmarks.data.bulk import laid_aside
    from benchmarks.data.filling import database_megabytes, fill, finish
    from benchmarks.data.sizes import SIZES
    from clients.models import Client
    from common.clock import now

    if Client.objects.exists():
        raise Trouble("There are clients in this database already: take an empty one.")
    size = SIZES[name]
    size = size.scaled_to(clients) if clients else size
    with laid_aside():
        fill(size, now=now(), seed=seed).finish()
        say("  indexes and foreign keys, then vacuum and analyze …")
    finish()
    say(f"  {database_megabytes():,} MB on disk")


if __name__ == "__main__":
    run_main(main)
