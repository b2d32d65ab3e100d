"""Record numbers come from a sequence: never twice, whoever asks at the same moment."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE client_record_number START 100001",
            "DROP SEQUENCE client_record_number",
        )
    ]
