"""What a client's visits want said, arranged: one message for a day's visits, and never too many.

One pure function. It looks at no clock and no database, as planning itself (`appointments.reminders`).
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from appointments.reminders import Key
from messaging.states import Reason

Member = tuple[uuid.UUID, Key]
"""An attendance, and what the ledger has one row of for it."""

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Wanted:
    """One reminder that planning wants. `notice`: it tells of a change, and counts for no cap."""

    attendance_id: uuid.UUID
    key: Key
    facility_id: uuid.UUID
    zone: str
    text: str
    starts_at: dt.datetime
    send_at: dt.datetime
    expires_at: dt.datetime
    notice: bool

    @property
    def member(self) -> Member:
        return self.attendance_id, self.key


@dataclass
class Bundle:
    """What goes in one message: the first is the nearest visit's."""

    members: list[Wanted]

    @property
    def send_at(self) -> dt.datetime:
        return min(wanted.send_at for wanted in self.members)

    @property
    def expires_at(self) -> dt.datetime:
        return max(wanted.expires_at for wanted in self.members)

    @property
    def first(self) -> Wanted:
        return self.members[0]


@dataclass(frozen=True)
class Caps:
    """How many reminders a client gets at most, in a day and in a week of the facility's calendar."""

    a_day: int
    a_week: int


@dataclass
class Arrangement:
    """The messages that there shall be, and what there is no room for."""

    bundles: list[Bundle] = field(default_factory=list)
    skipped: dict[Member, Reason] = field(default_factory=dict)


def arrange(wanted: Iterable[Wanted], *, gone: Iterable[dt.datetime], caps: Caps) -> Arrangement:
    """Bundle what one client gets, and keep to the caps: the nearest visits come first.

    `gone`: when the client's reminders went that were handed over already: they count too. Days and
    weeks are those of the nearest visit's facility.
    """
    made = Arrangement()
    bundles = sorted(_bundles(wanted), key=_nearest_first)
    zone = bundles[0].first.zone if bundles else "UTC"
    counted: Counter[object] = Counter(period for at in gone for period in _periods(at, zone))
    for bundle in bundles:
        day, week = _periods(bundle.send_at, zone)
        if bundle.first.notice:
            made.bundles.append(bundle)
        elif counted[day] >= caps.a_day:
            made.skipped |= {each.member: Reason.DAILY_CAP for each in bundle.members}
        elif counted[week] >= caps.a_week:
            made.skipped |= {each.member: Reason.WEEKLY_CAP for each in bundle.members}
        else:
            counted.update((day, week))
            made.bundles.append(bundle)
    return made


def _nearest_first(bundle: Bundle) -> tuple[dt.datetime, dt.datetime, uuid.UUID, str]:
    first = bundle.first
    return first.starts_at, bundle.send_at, first.attendance_id, str(first.key)


def _periods(at: dt.datetime, zone: str) -> tuple[dt.date, tuple[int, int]]:
    """The day and the week that a moment lies in, on a zone's calendar."""
    day = at.astimezone(ZoneInfo(zone)).date()
    year, week, _ = day.isocalendar()
    return day, (year, week)


def _bundles(wanted: Iterable[Wanted]) -> list[Bundle]:
    """Same contact point, same words, visits of one day: one message, at the earliest due time.

    Never two reminders of one visit, and nothing that would be said a day or more too early.
    """
    together: dict[object, list[Wanted]] = defaultdict(list)
    for each in wanted:
        day = each.starts_at.astimezone(ZoneInfo(each.zone)).date()
        point = each.key.contact_point_id
        together[point, each.facility_id, each.notice, each.text, day].append(each)
    return [bundle for group in together.values() for bundle in _in_turn(group)]


def _in_turn(group: Sequence[Wanted]) -> list[Bundle]:
    bundles: list[list[Wanted]] = []
    for each in sorted(group, key=lambda w: (w.send_at, w.starts_at, w.attendance_id, str(w.key))):
        fitting = (
            members
            for members in bundles
            if each.send_at - members[0].send_at < ONE_DAY
            and each.attendance_id not in {m.attendance_id for m in members}
        )
        members = next(fitting, None)
        if members is None:
            bundles.append([each])
        else:
            members.append(each)
    return [
        Bundle(sorted(members, key=lambda w: (w.starts_at, w.attendance_id))) for members in bundles
    ]
