"""The worklist app."""

from django.apps import AppConfig

from common.events import (
    PossibleDuplicateFound,
    PossibleDuplicateSettled,
    PrimaryCounselorLeft,
    PrimaryCounselorNamed,
    StaffLeft,
    StaffReturned,
    subscribe,
)


class WorklistConfig(AppConfig):
    name = "worklist"

    def ready(self) -> None:
        from clients.merging import merge_parts
        from worklist.merging import TASKS
        from worklist.services import (
            ask_about_duplicate,
            ask_for_successors,
            ask_to_accept_client,
            hand_tasks_over,
            stop_asking_about_duplicates,
            stop_asking_for_successors,
        )

        merge_parts.register("worklist", TASKS)
        subscribe(PrimaryCounselorNamed, ask_to_accept_client)
        subscribe(PrimaryCounselorLeft, hand_tasks_over)
        subscribe(PossibleDuplicateFound, ask_about_duplicate)
        subscribe(PossibleDuplicateSettled, stop_asking_about_duplicates)
        subscribe(StaffLeft, ask_for_successors)
        subscribe(StaffReturned, stop_asking_for_successors)
