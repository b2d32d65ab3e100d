"""A provider of text messages that fails by seeded choice and keeps the true ledger."""

from collections.abc import Mapping
from typing import Any

from dev.journal import Journal
from dev.sms_gateway import Gateway, GatewayHandler
from dev.sms_messages import error, flaw, new_message, shown
from tests.faults.choice import Choice
from tests.faults.ledger import Asked, Ledger

OK = "ok"
ACCEPTED_THEN_SILENT = "accepted_then_silent"  # its callbacks come all the same
ACCEPTED_FOR_GOOD_SILENT = "accepted_no_callback"  # only the provider's list knows
ACCEPTED_LATE_CALLBACK = "accepted_late_callback"  # they come when `call_back_late` is called
SILENT = "silent"
TOO_MANY = "429"
FAULT_BEFORE = "500_before"
FAULT_AFTER = "500_after"
OPTED_OUT = "21610"
UNDELIVERED = "undelivered"
REORDERED, DOUBLED, EARLY = "reordered", "doubled", "early"
ACCEPTING = {
    OK, ACCEPTED_LATE_CALLBACK, ACCEPTED_THEN_SILENT, ACCEPTED_FOR_GOOD_SILENT, FAULT_AFTER, UNDELIVERED, REORDERED,
    DOUBLED, EARLY,
}  # fmt: skip
HANGING = {SILENT, ACCEPTED_THEN_SILENT, ACCEPTED_FOR_GOOD_SILENT, ACCEPTED_LATE_CALLBACK}
STORM: Mapping[str, float] = {
    ACCEPTED_THEN_SILENT: 0.02, SILENT: 0.01, TOO_MANY: 0.04, FAULT_BEFORE: 0.02,
    FAULT_AFTER: 0.02, OPTED_OUT: 0.01, UNDELIVERED: 0.03, REORDERED: 0.1, DOUBLED: 0.1,
    EARLY: 0.1,
}  # fmt: skip
ANSWERS = {
    TOO_MANY: (429, 20429), FAULT_BEFORE: (500, 20500), FAULT_AFTER: (500, 20500),
    OPTED_OUT: (400, 21610),
}  # fmt: skip
NOT_REACHED_HANDSET = 30003
KEPT = 50_000


class Texts(Gateway):
    """The development gateway with the ledger, and a fault for each request by choice."""

    def __init__(self, *, ledger: Ledger, choice: Choice, patience: float, **given: Any) -> None:
        super().__init__(**given)
        self.journal = Journal(kept=KEPT)
        self.ledger, self.choice, self.patience = ledger, choice, patience
        self._late: list[dict[str, Any]] = []
        self._interface.RequestHandlerClass = TextsHandler

    def begin(self, fields: dict[str, str], mode: str) -> dict[str, Any] | None:
        """On record; the message if it is accepted."""
        attempt = fields.get("StatusCallback", "").rstrip("/").rpartition("/")[2]
        self.ledger.add(Asked("sms", attempt, mode, mode in ACCEPTING, fields["To"]))
        if mode not in ACCEPTING:
            return None
        message = self.journal.add(new_message(fields))
        if mode == EARLY:
            self.tell_all(message, ["sent", "delivered"])
        elif mode == ACCEPTED_LATE_CALLBACK:
            self._late.append(message)
        elif mode != ACCEPTED_FOR_GOOD_SILENT:
            self.caller.later(lambda: self.tell_all(message, self._statuses(mode)))
        return message

    @staticmethod
    def _statuses(mode: str) -> list[str]:
        if mode == REORDERED:
            return ["delivered", "sent"]
        if mode == UNDELIVERED:
            return ["sent", "undelivered"]
        return ["sent", "delivered"] * (2 if mode == DOUBLED else 1)

    def call_back_late(self) -> None:
        """Now call back for those whose callbacks were held back."""
        late, self._late = self._late, []
        for message in late:
            self.caller.later(lambda one=message: self.tell_all(one, ["sent", "delivered"]))

    def tell_all(self, message: dict[str, Any], statuses: list[str]) -> None:
        """Call back with each, in this order."""
        for status in statuses:
            code = NOT_REACHED_HANDSET if status == "undelivered" else None
            self.journal.change(message, status=status, error_code=code)
            self._tell(message, status)


class TextsHandler(GatewayHandler):
    """Answers as the choice says; silent ones let the caller's time run out."""

    def _send(self, fields: dict[str, str]) -> None:
        texts: Texts = self.server.owner
        wrong = flaw(fields, texts.number)
        if wrong:
            self.answer(400, error(wrong, 400))
            return
        mode = texts.choice.draw(fields["To"])
        self.server.stopping.wait(float(texts.behaviour["delay_seconds"]))
        message = texts.begin(fields, mode)
        if mode in HANGING:
            self.server.stopping.wait(texts.patience)
            self.close_connection = True
        elif mode in ANSWERS:
            status, code = ANSWERS[mode]
            self.answer(status, error(code, status))
        else:
            assert message is not None
            answered = message | {"status": "queued", "error_code": None}
            self.answer(201, shown(answered, texts.account))
