"""Make the two database roles, or give them their passwords anew: `python -m config.database_roles`.

Speaks as the server's administrator (ADMIN_DATABASE_URL). The owner (MIGRATION_DATABASE_URL)
migrates, the application (DATABASE_URL) serves and owns nothing. May be run again at any time.
"""

import os
import sys
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from config.faults import Fault, refuse_to_start, startup_faults
from config.faults.given import read

NEEDED = ("ADMIN_DATABASE_URL", "MIGRATION_DATABASE_URL", "DATABASE_URL")


def sign_in(url: str) -> tuple[str, str]:
    """The role and the password in a database's address."""
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


def make_role(link: psycopg.Connection[tuple[object, ...]], url: str) -> sql.Identifier:
    """The role of an address, there and with its password; its name.

    The password goes out as its SCRAM verifier: in clear it could end in the server's log.
    """
    name, password = sign_in(url)
    verifier = link.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    ).decode()
    known = link.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "ALTER" if known else "CREATE"
    role = sql.Identifier(name)
    link.execute(
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(sql.SQL(verb), role, sql.Literal(verifier))
    )
    return role


def make_roles(admin: str, owner: str, application: str) -> None:
    """Both roles, and what each may do to the database; in one transaction."""
    with psycopg.connect(admin, connect_timeout=5) as link:
        database = sql.Identifier(link.info.dbname)
        roles = {"owner": make_role(link, owner), "app": make_role(link, application)}
        for statement in (
            "ALTER DATABASE {database} OWNER TO {owner}",
            "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {database} TO {app}",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "GRANT USAGE ON SCHEMA public TO {app}",
        ):
            link.execute(sql.SQL(statement).format(database=database, **roles))


def main() -> int:
    """Check the settings, make the roles; a line instead of a traceback when the server refuses."""
    refuse_to_start(startup_faults())
    values = read(os.environ).values
    refuse_to_start([Fault(name, "is not set") for name in NEEDED if name not in values])
    try:
        make_roles(*(values[name] for name in NEEDED))
    except psycopg.Error as error:
        sys.stderr.write(
            f"error: the roles can't be made: {type(error).__name__} {error.sqlstate}\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
