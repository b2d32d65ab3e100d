"""When and why an account was closed. One that was closed before this is said to have been just now."""

from django.db import migrations, models
from django.utils import timezone


def say_when(apps, schema_editor):
    closed = apps.get_model("organization", "User").objects.filter(is_active=False)
    closed.update(deactivated_at=timezone.now(), deactivated_because="not recorded")


class Migration(migrations.Migration):
    dependencies = [("organization", "0003_invitations")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="deactivated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="deactivated_because",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.RunPython(say_when, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(is_active=True, deactivated_at__isnull=True)
                | models.Q(is_active=False, deactivated_at__isnull=False),
                name="user_deactivated_has_time",
            ),
        ),
    ]
