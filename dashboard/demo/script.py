"""What the demo arranges on purpose, before the calendar fills up with the ordinary."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from appointments.states import AppointmentKind, AttendanceStatus
from clients.models import Channel
from common.clock import at_wall_clock
from dashboard.demo.acts import MINUTE, Cases
from dashboard.demo.calendar import Calendar
from dashboard.demo.diary import DAYS_BACK, HOUR, SLOTS, Diary, Visit
from dashboard.demo.history import History
from dashboard.demo.people import DAY, Consent, Person
from dashboard.demo.places import ELM, HARBOR, OAK, Site
from organization.models import PhaseKind

SOON = MINUTE
REMINDED_SOON = (0, 1, 1)
"""Minutes after the first of them, one each for Elm St's first three counselors."""

STRANGER = "+12175550199"
QUESTION, SPANISH_QUESTION = "Is there parking behind the house?", "¿Puedo llevar a mi hermana?"
STOP_IN_A_SENTENCE = "please stop texting my work phone, use the mail"


@dataclass
class Script:
    """The demo's plot: who is special and how, then everything put on its day."""

    people: Sequence[Person]
    moment: dt.datetime
    history: History
    cases: Cases
    calendar: Calendar

    def schedule(self) -> None:
        """Have all of it happen."""
        diary = Diary(self.people, self.moment)
        self._peculiar()
        self._reminded_soon(diary)
        self._worker_stood_still(diary)
        self._booked_at_night(diary)
        self._called_after_discharge(diary)
        diary.fill()
        for person in self.people:
            self.cases.schedule(person)
        self.history.begins = min(visit.booked_at for visit in diary.visits)
        for visit in diary.visits:
            self.calendar.schedule(visit)
        for days in range(DAYS_BACK, 0, -1):
            evening = at_wall_clock(diary.today(ELM) - days * DAY, dt.time(16, 50), ELM.zone)
            self.history.at(evening, self.calendar.do_tasks)
        self._texts()

    # ── Who ───────────────────────────────────────────────────────────────────────────────────

    def _outpatients(self, site: Site) -> list[Person]:
        return [p for p in self.people if p.site == site and p.phase == PhaseKind.OUTPATIENT]

    def _leading(self, site: Site) -> list[Person]:
        """One outpatient of each of the first three counselors, in the counselors' order."""
        first_of = {p.counselor: p for p in reversed(self._outpatients(site))}
        order = [site.email(member) for member in site.staff]
        return sorted(first_of.values(), key=lambda p: order.index(p.counselor))[:3]

    def _others(self, site: Site) -> list[Person]:
        leading = self._leading(site)
        return [p for p in self._outpatients(site) if p not in leading]

    def _peculiar(self) -> None:
        """Well reachable ones; a dead number, an unlucky one, opt-outs, consents withdrawn, nobody's
        address at all; and two who want messages on the unit too."""
        for person in (*self._leading(ELM), *self._leading(OAK), self._others(OAK)[0]):
            person.consents = dict.fromkeys(Channel, Consent.GRANTED)
            person.preferred = Channel.SMS
        elm, oak, harbor = self._others(ELM), self._others(OAK), self._others(HARBOR)
        for person in (elm[0], elm[1], oak[1], oak[2], harbor[2]):
            person.consents[Channel.SMS] = Consent.GRANTED
            person.preferred = Channel.SMS
        self.history.provider.dead |= {elm[0].phone, harbor[2].phone}
        self.history.provider.unreached.add(oak[1].phone)
        elm[2].consents[Channel.SMS] = Consent.WITHDRAWN
        harbor[1].consents = dict.fromkeys(Channel, Consent.WITHDRAWN)
        harbor[0].consents = dict.fromkeys(Channel, Consent.NO_POINT)
        for site in (ELM, HARBOR):
            living_in = [
                p for p in self.people if p.site == site and p.phase == PhaseKind.INPATIENT
            ]
            living_in[0].messages_on_unit = True
            living_in[0].consents[Channel.SMS] = Consent.GRANTED

    # ── Appointments ──────────────────────────────────────────────────────────────────────────

    def _reminded_soon(self, diary: Diary) -> None:
        """A text and an e-mail each, a minute or two after the first start."""
        due = (self.moment + SOON).replace(second=0, microsecond=0) + MINUTE
        for person, minutes in zip(self._leading(ELM), REMINDED_SOON, strict=True):
            self._add(diary, person, due + DAY + minutes * MINUTE, self.moment - 2 * DAY)

    def _worker_stood_still(self, diary: Diary) -> None:
        """One afternoon nothing was sent: who was booked for that day did not hear, nor come."""
        day = diary.today(OAK) - DAY
        while day.weekday() > 4:
            day -= DAY
        noon = at_wall_clock(day, dt.time(13), OAK.zone)
        self.history.outage = (noon, noon + 5 * HOUR)
        for person, slot in zip(self._leading(OAK)[:2], SLOTS[-2:], strict=True):
            start = at_wall_clock(day, slot, OAK.zone)
            visit = self._add(diary, person, start, noon + 10 * MINUTE)
            visit.outcomes[person.number] = AttendanceStatus.NO_SHOW

    def _booked_at_night(self, diary: Diary) -> None:
        """For the next morning: quiet hours leave no time to say so, and a call becomes due."""
        today = diary.today(OAK)
        evening = at_wall_clock(today - DAY, dt.time(21, 30), OAK.zone)
        start = at_wall_clock(today, SLOTS[0], OAK.zone)
        self._add(diary, self._others(OAK)[0], start, evening)

    def _called_after_discharge(self, diary: Diary) -> None:
        """Booked in time, and of no concern to reminders since the discharge."""
        person = next(p for p in self.people if p.site == ELM and p.courses[-1].ended_at)
        ended_at = person.courses[-1].ended_at
        assert ended_at is not None
        start = at_wall_clock(diary.today(ELM) + 2 * DAY, SLOTS[4], ELM.zone)
        self._add(diary, person, start, ended_at - 2 * DAY, AppointmentKind.PHONE)

    def _add(
        self,
        diary: Diary,
        person: Person,
        start: dt.datetime,
        booked_at: dt.datetime,
        kind: AppointmentKind = AppointmentKind.INDIVIDUAL,
    ) -> Visit:
        visit = diary.add([person], start, kind=kind, booked_at=booked_at)
        assert visit is not None, "the demo's own arrangements are in each other's way"
        return visit

    # ── Texts ─────────────────────────────────────────────────────────────────────────────────

    def _texts(self) -> None:
        """What came in by text without being asked for."""
        elm, oak = self._others(ELM), self._others(OAK)
        spanish = next(p for p in elm[3:] + self._leading(ELM) if "es" in p.languages)
        asks = self._leading(ELM)[0]
        for ago, sender, body in (
            (7 * DAY, oak[2].phone, "STOP"),
            (26 * HOUR, elm[1].phone, "Stop."),
            (20 * HOUR, oak[1].phone, STOP_IN_A_SENTENCE),
            (6 * HOUR, STRANGER, "Who is this?"),
            (3 * HOUR, spanish.phone, SPANISH_QUESTION),
            (35 * MINUTE, asks.phone, QUESTION),
        ):
            self._text(self.moment - ago, sender, body)

    def _text(self, moment: dt.datetime, sender: str, body: str) -> None:
        self.history.at(moment, lambda: self.cases.receive(sender, body))
