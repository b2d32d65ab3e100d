#!/usr/bin/env python
"""The command line. `migrate` and its kin speak as the database's owner, everything else as the application."""

import os
import sys

OWNER_COMMANDS = {"migrate", "flush", "sqlmigrate"}


def main() -> None:
    """Run one management command with the database role that suits it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["CASEWORK_DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (settings first)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
