"""The worklist app."""

from django.apps import AppConfig

from common.events import PrimaryCounselorLeft, PrimaryCounselorNamed, subscribe


class WorklistConfig(AppConfig):
    name = "worklist"

    def ready(self) -> None:
        from worklist.services import ask_to_accept_client, hand_tasks_over

        subscribe(PrimaryCounselorNamed, ask_to_accept_client)
        subscribe(PrimaryCounselorLeft, hand_tasks_over)
