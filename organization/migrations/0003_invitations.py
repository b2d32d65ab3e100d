"""One-time links for choosing a password, and names of one line."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.discretion
import common.ids
import common.text


class Migration(migrations.Migration):
    dependencies = [("organization", "0002_idempotency_keys")]

    operations = [
        migrations.CreateModel(
            name="OneTimeLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("invitation", "First sign-in"),
                            ("reset", "A password to be chosen anew"),
                        ],
                        max_length=12,
                    ),
                ),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="one_time_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(used_at__isnull=True, voided_at__isnull=True),
                        fields=("user",),
                        name="one_time_link_unspent_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(used_at__isnull=True) | models.Q(voided_at__isnull=True),
                        name="one_time_link_used_or_voided",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            model_name="facility",
            name="legal_name",
            field=models.CharField(max_length=120, validators=[common.text.validate_plain_line]),
        ),
        migrations.AlterField(
            model_name="facility",
            name="discreet_name",
            field=models.CharField(
                max_length=40,
                validators=[common.text.validate_plain_line, common.discretion.validate_discreet],
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="full_name",
            field=models.CharField(max_length=120, validators=[common.text.validate_plain_line]),
        ),
    ]
