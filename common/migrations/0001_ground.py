"""The ground: extensions, and what the application's role may do.

The owner migrates, the application serves. When the two are different roles, everything the owner
makes from here on can be read and written by the application; what it may not change (the audit
trail) is taken back where the table is made.
"""

from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations

GRANTS = """
GRANT USAGE ON SCHEMA public TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app};
"""
REVOKES = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {app};
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {app};
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {app};
"""


def _for_the_application(sql):
    def run(apps, schema_editor):
        app = settings.APPLICATION_ROLE
        owner = schema_editor.connection.settings_dict["USER"]
        if app and app != owner:
            schema_editor.execute(sql.format(app=schema_editor.quote_name(app)))

    return run


class Migration(migrations.Migration):
    initial = True
    run_before = [
        ("contenttypes", "0001_initial"),
        ("sessions", "0001_initial"),
    ]
    dependencies = []
    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.RunPython(_for_the_application(GRANTS), _for_the_application(REVOKES)),
    ]
