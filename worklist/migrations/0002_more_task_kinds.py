"""Kinds of tasks: a counselor to be named, a possible duplicate."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("worklist", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="task",
            name="kind",
            field=models.CharField(
                choices=[
                    ("accept_client", "Accept a new client"),
                    ("name_counselor", "Name the next primary counselor: this one left"),
                    ("possible_duplicate", "Two records may be of one person"),
                    ("reschedule_request", "Client asks for another time"),
                    ("client_declined", "Client can't come"),
                    ("call_client", "Call the client: a reminder may not have arrived"),
                    ("read_reply", "Read a client's reply"),
                    ("no_show_outreach", "Reach out after a missed appointment"),
                    ("text_refused", "A message's text was refused as not discreet"),
                    ("reminder_undeliverable", "A reminder could not be delivered"),
                    ("channel_down", "A message channel is not working"),
                ],
                max_length=32,
            ),
        ),
    ]
