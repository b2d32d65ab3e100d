"""A mail server that fails at every step of SMTP by seeded choice, and keeps the true ledger."""

import re
from collections.abc import Mapping
from itertools import count

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from dev.smtp_server import Mailbox, Server, hang_up
from tests.faults.choice import Choice
from tests.faults.ledger import Asked, Ledger

OK = "ok"
STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "dot")
CODES = ("421", "451", "554")
ACCEPTED_THEN_DROPPED = "dropped after the dot, accepted"
LOST_THEN_DROPPED = "dropped after the dot, lost"
REFUSALS = {f"{code} at {step}" for code in CODES for step in STEPS}
STORM: Mapping[str, float] = {
    **{f"{code} at {step}": 0.01 for code in ("451", "554") for step in STEPS[2:]},
    **{f"421 at {step}": 0.004 for step in STEPS[2:]},
    ACCEPTED_THEN_DROPPED: 0.02,
    LOST_THEN_DROPPED: 0.02,
}
CONNECTING: Mapping[str, float] = {
    f"{code} at {step}": 0.01 for code in CODES for step in STEPS[:2]
}
MESSAGE_ID = re.compile(rb"^Message-ID: <([0-9a-f-]{36})@", re.MULTILINE | re.IGNORECASE)


class FaultyMailbox(Mailbox):
    """Takes, refuses or loses; what it takes is on record before it says so."""

    def __init__(self, ledger: Ledger, mails: Choice) -> None:
        super().__init__()
        self._ledger, self._mails = ledger, mails

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self,
        server: "FaultySession",
        _session: Session,
        envelope: Envelope,
        sender: str,
        _: list[str],
    ) -> str:
        """The mode is drawn here; the recipient isn't known yet, so the connection's count decides."""
        server.mode = self._mails.draw("mail")
        refusal = server.refusal("MAIL")
        if refusal:
            return refusal
        envelope.mail_from = sender
        return "250 OK"

    async def handle_RCPT(  # type: ignore[override]  # noqa: N802
        self,
        server: "FaultySession",
        _session: Session,
        envelope: Envelope,
        address: str,
        _: list[str],
    ) -> str:
        refusal = server.refusal("RCPT")
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # type: ignore[override]  # noqa: N802
        self, server: "FaultySession", _session: Session, envelope: Envelope
    ) -> str:
        refusal = server.refusal("dot")
        accepted = refusal is None and server.mode != LOST_THEN_DROPPED
        found = MESSAGE_ID.search(envelope.original_content or b"")
        key = found[1].decode() if found else ""
        self._ledger.add(Asked("email", key, server.mode, accepted, envelope.rcpt_tos[0]))
        if server.mode in (ACCEPTED_THEN_DROPPED, LOST_THEN_DROPPED):
            hang_up(server)
        return refusal or "250 OK: kept"


class FaultySession(SMTP):
    """One connection: its own faults at connect and EHLO, those of its mails after."""

    mode = OK
    connecting = OK

    def refusal(self, step: str) -> str | None:
        """The reply that the mode has for this step, if it has one."""
        for mode in (self.connecting, self.mode):
            code, _, at = mode.partition(" at ")
            if at == step:
                return f"{code} on purpose"
        return None

    async def _handle_client(self) -> None:
        refusal = self.refusal("connect")
        if refusal:
            await self.push(refusal)
            self.transport.close()
            return
        await super()._handle_client()

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        refusal = self.refusal("EHLO")
        if refusal:
            await self.push(refusal)
            return
        await super().smtp_EHLO(hostname)

    @syntax("HELO hostname")
    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        refusal = self.refusal("EHLO")
        if refusal:
            await self.push(refusal)
            return
        await super().smtp_HELO(hostname)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        refusal = self.refusal("DATA")
        if refusal:
            await self.push(refusal)
            return
        await super().smtp_DATA(arg)


class Mails(Server):
    """The development mail server with faults by choice."""

    def __init__(self, *, ledger: Ledger, mails: Choice, connections: Choice) -> None:
        super().__init__()
        self.mailbox = FaultyMailbox(ledger, mails)
        self._connections = connections
        self._numbers = count()

    def _session(self) -> SMTP:
        session = FaultySession(self.mailbox, hostname="localhost", loop=self._loop)
        session.connecting = self._connections.draw("connection")
        return session
