"""Make the secrets that docker-compose.yml reads: `python3 deploy/make_secrets.py [FOLDER]`.

Needs nothing but Python. What is there already stays as it is. The folder is closed to everybody
else; the files in it are not, because Compose mounts each as it is, and the processes that read
them run as users of their own.
"""

import base64
import secrets
import sys
from pathlib import Path

OWNER, APPLICATION, DATABASE = "casework_owner", "casework_app", "casework"


def key() -> str:
    """32 random bytes."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def made() -> dict[str, str]:
    """Every secret by its file's name; empty where somebody else gives it."""
    admin, redis = secrets.token_hex(24), secrets.token_hex(24)
    owner, application = secrets.token_hex(24), secrets.token_hex(24)
    return {
        "secret_key": secrets.token_urlsafe(48),
        "field_keys": f"k1:{key()}",
        "blind_index_key": key(),
        "postgres_password": admin,
        "admin_database_url": f"postgres://postgres:{admin}@postgres/{DATABASE}",
        "migration_database_url": f"postgres://{OWNER}:{owner}@postgres/{DATABASE}",
        "database_url": f"postgres://{APPLICATION}:{application}@postgres/{DATABASE}",
        "redis_password": redis,
        "redis_url": f"redis://:{redis}@redis:6379/0",
        "email_host_password": "",
        "email_service_token": "",
        "email_webhook_secret": f"casework:{secrets.token_hex(24)}",
        "twilio_auth_token": "",
    }


TOGETHER = (("postgres_password", "admin_database_url"), ("redis_password", "redis_url"))
"""Two files that hold the same password: made together or not at all."""


def main(folder: Path) -> int:
    """Make what is missing; 1 when only one half of a pair is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for pair in TOGETHER:
        if len({(folder / name).exists() for name in pair}) == 2:
            sys.stderr.write(f"error: of {' and '.join(pair)} only one is in {folder}\n")
            return 1
    for name, value in made().items():
        path = folder / name
        if not path.exists():
            path.write_text(f"{value}\n" if value else "")
            path.chmod(0o444 if value else 0o644)
    sys.stdout.write(
        f"The secrets are in {folder}. Keep a copy of field_keys and blind_index_key apart from\n"
        "the database's backups: without them nobody can read what is sealed.\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "secrets")))
