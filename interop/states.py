"""What can be imported, and what becomes of an import."""

from django.db import models


class ImportKind(models.TextChoices):
    CLIENTS = "clients", "Clients"
    CONTACT_POINTS = "contact_points", "Contact points"
    APPOINTMENTS = "appointments", "Appointments"


class ImportState(models.TextChoices):
    """`waiting → running → finished | refused | failed`; `cancelled` from the first two.

    Only `finished` has written anything, and that only where it wasn't a dry run.
    """

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    REFUSED = "refused", "Refused: rows need another value"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNDER_WAY = (ImportState.WAITING, ImportState.RUNNING)


class Failure(models.TextChoices):
    """Why an import failed that isn't its rows' fault; the label tells the way out."""

    MAY_NOT = (
        "may_not",
        "Whoever sent the file may not import here any longer. Have a colleague send it.",
    )
    TOO_LONG = "too_long", "It took longer than an hour. Send the file in parts."
    GAVE_UP = "gave_up", "It was interrupted three times. Send it again, in parts if it is large."
    OUR_FAULT = "our_fault", "The fault is on our side. Tell your administrator the import's id."
