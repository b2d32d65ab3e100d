"""Clients' records: names, where they are known, contact points with consents, care teams, tasks."""

import datetime as dt
from random import Random

from benchmarks.data import words
from benchmarks.data.caseloads import Case
from benchmarks.data.copying import Batch
from benchmarks.data.moments import MINUTE, id_at
from clients.addresses import address_index
from clients.models import CareTeamMember, Client, ContactConsent, ContactPoint, KnownAt
from clients.services import CONSENT_WORDING
from common.crypto import encrypt
from messaging.models import OptOut
from messaging.states import Reason
from worklist.models import Task, TaskKind, TaskState

PLACE = f"{ContactPoint._meta.db_table}.value"
KINDS = {"sms": "phone", "email": "email"}
HAS = {"sms": 0.92, "email": 0.85}


class Registering:
    """Writes everything about a client but their treatment."""

    def __init__(self, batch: Batch, now: dt.datetime, rng: Random) -> None:
        self.batch, self.now, self.rng = batch, now, rng

    def register(self, case: Case) -> None:
        """The record, and what hangs on it."""
        rng, made = self.rng, case.registered_at
        first, last = words.first_name(rng), words.last_name(rng)
        case.greeting_name = first
        case.language = "es" if rng.random() < 0.12 else "en"
        case.preferred = "email" if rng.random() < 0.5 else "sms"
        case.reminded_on_unit = rng.random() < 0.1
        self.batch.add(
            Client, case.id, made,
            record_number=f"C{case.number:06d}", legal_first_name=first, legal_last_name=last,
            chosen_name=words.first_name(rng) if rng.random() < 0.1 else "", greeting_name=first,
            birth_date=made.date() - dt.timedelta(days=rng.randint(18 * 365, 75 * 365)),
            language=case.language, languages=[case.language], preferred_channel=case.preferred,
            messages_on_unit=case.reminded_on_unit, created_by_id=case.counselor.id,
        )  # fmt: skip
        self.batch.add(
            KnownAt, id_at(made, rng), made, client_id=case.id,
            facility_id=case.counselor.site.id, reason="admission", since=made,
        )  # fmt: skip
        self._reach(case, first, last)
        self._team(case)
        self._accepted(case)

    def _reach(self, case: Case, first: str, last: str) -> None:
        values = {
            "sms": words.phone(case.number),
            "email": words.email(first, last, case.number),
        }
        given = [channel for channel in values if self.rng.random() < HAS[channel]] or ["sms"]
        for channel in given:
            self._point(case, channel, values[channel])

    def _point(self, case: Case, channel: str, value: str) -> None:
        rng, made = self.rng, case.registered_at
        point, index = id_at(made, rng), address_index(value)
        self.batch.add(
            ContactPoint, point, made, client_id=case.id, kind=KINDS[channel],
            value=encrypt(value, f"{PLACE}:{point}"), address_index=index,
            safe_to_leave_voicemail=rng.random() < 0.3,
        )  # fmt: skip
        case.points[channel], case.address_indexes[channel] = point, index
        luck = rng.random()
        if luck < 0.06:
            case.refusals[channel] = Reason.NO_CONSENT
            return
        withdrawn = made + 5 * MINUTE if luck < 0.09 else None
        if withdrawn:
            case.refusals[channel] = Reason.NO_CONSENT
        elif luck < 0.10 and channel == "email":
            case.refusals[channel] = Reason.OPTED_OUT
            self.batch.add(
                OptOut, id_at(made, rng), made, address_index=index, channel=channel, since=made
            )
        self.batch.add(
            ContactConsent, id_at(made, rng), made, contact_point_id=point, channel=channel,
            granted_at=made, granted_by_id=case.counselor.id,
            method=rng.choice(("written", "electronic", "verbal")),
            wording_version=CONSENT_WORDING, withdrawn_at=withdrawn,
            withdrawn_by_id=case.counselor.id if withdrawn else None,
        )  # fmt: skip

    def _team(self, case: Case) -> None:
        """The primary counselor, and for some a colleague beside them, until they leave."""
        rng, made = self.rng, case.registered_at
        until = case.discharged_at
        why = "left treatment" if until else ""
        self.batch.add(
            CareTeamMember, id_at(made, rng), made, client_id=case.id, user_id=case.counselor.id,
            role="counselor", primary=True, reason="intake", since=made, until=until,
            ended_because=why,
        )  # fmt: skip
        if case.counselor.colleagues and rng.random() < 0.15:
            self.batch.add(
                CareTeamMember, id_at(made, rng), made, client_id=case.id,
                user_id=rng.choice(case.counselor.colleagues), role="case_manager",
                reason="case management", since=made, until=until, ended_because=why,
            )  # fmt: skip

    def _accepted(self, case: Case) -> None:
        """Accepting a client is a task: done by nearly all."""
        made = case.registered_at
        done = made < self.now - dt.timedelta(days=1)
        self.batch.add(
            Task, id_at(made, self.rng), made, kind=TaskKind.ACCEPT_CLIENT,
            source=f"client:{case.id}:{case.counselor.id}", client_id=case.id,
            facility_id=case.counselor.site.id, assignee_id=case.counselor.id,
            due_at=made + dt.timedelta(days=1), state=TaskState.DONE if done else TaskState.OPEN,
            outcome="accepted" if done else "",
            ended_at=made + dt.timedelta(hours=3) if done else None,
            ended_by_id=case.counselor.id if done else None,
        )  # fmt: skip
