"""The application's role may read and append to the trail, and nothing else; a trigger says so too."""

from django.conf import settings
from django.db import migrations


def _for_the_application(sql):
    def run(apps, schema_editor):
        app = settings.APPLICATION_ROLE
        if app and app != schema_editor.connection.settings_dict["USER"]:
            schema_editor.execute(sql.format(app=schema_editor.quote_name(app)))

    return run


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunPython(
            _for_the_application("REVOKE UPDATE, DELETE ON audit_auditevent FROM {app}"),
            _for_the_application("GRANT UPDATE, DELETE ON audit_auditevent TO {app}"),
        )
    ]
