"""Names as they are compared, kept by the database itself, and what finds them."""

import clients.names
import common.discretion
import common.text
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0002_record_number_sequence'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='client',
            name='client_names',
        ),
        migrations.AlterField(
            model_name='client',
            name='chosen_name',
            field=models.CharField(blank=True, max_length=80, validators=[common.text.validate_plain_line]),
        ),
        migrations.AlterField(
            model_name='client',
            name='greeting_name',
            field=models.CharField(help_text='The name used in messages.', max_length=40, validators=[common.text.validate_plain_line, common.discretion.validate_discreet]),
        ),
        migrations.AlterField(
            model_name='client',
            name='legal_first_name',
            field=models.CharField(max_length=80, validators=[common.text.validate_plain_line]),
        ),
        migrations.AlterField(
            model_name='client',
            name='legal_last_name',
            field=models.CharField(max_length=80, validators=[common.text.validate_plain_line]),
        ),
        migrations.AddField(
            model_name='client',
            name='name_key',
            field=models.GeneratedField(db_persist=True, expression=clients.names.NameKey('legal_first_name', 'legal_last_name'), output_field=models.TextField()),
        ),
        migrations.AddField(
            model_name='client',
            name='names',
            field=models.GeneratedField(db_persist=True, expression=clients.names.PlainNames('legal_first_name', 'legal_last_name', 'chosen_name'), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='client',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F('names'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(models.F('record_number'), name='gin_trgm_ops'), name='client_search'),
        ),
        migrations.AddIndex(
            model_name='client',
            index=models.Index(fields=['name_key'], name='client_name_key'),
        ),
        migrations.AddIndex(
            model_name='client',
            index=models.Index(fields=['birth_date'], name='client_birth_date'),
        ),
    ]
