"""Quiet hours: when a message may go, in the facility's zone and in the client's."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clients.models import Client
from common.clock import at_wall_clock
from organization.models import Facility


@dataclass(frozen=True)
class QuietHours:
    """From one wall-clock time until another, each day, in one zone; may span midnight."""

    starts: dt.time
    ends: dt.time
    zone: str

    def covers(self, moment: dt.datetime) -> bool:
        """Whether it is quiet then. The end itself is not."""
        time = moment.astimezone(ZoneInfo(self.zone)).time()
        if self.starts < self.ends:
            return self.starts <= time < self.ends
        return time >= self.starts or time < self.ends

    def end_after(self, moment: dt.datetime) -> dt.datetime:
        """When the quiet that covers `moment` is over."""
        return min(edge for edge in self._edges(moment, self.ends) if edge > moment)

    def last_moment_before(self, moment: dt.datetime) -> dt.datetime:
        """The last moment before the quiet that covers `moment` began."""
        began = max(edge for edge in self._edges(moment, self.starts) if edge <= moment)
        return began - dt.timedelta(minutes=1)

    def _edges(self, moment: dt.datetime, time: dt.time) -> list[dt.datetime]:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        return [
            at_wall_clock(day + dt.timedelta(days=offset), time, self.zone)
            for offset in (-2, -1, 0, 1, 2)
        ]


def quiet_hours(facility: Facility | None, client: Client | None) -> tuple[QuietHours, ...]:
    """Whose quiet hours a message keeps: the facility's, in its own zone and in the client's; and
    the client's own, where they live."""
    if facility is None:
        return ()
    home = (client and client.zone) or facility.zone
    kept: list[QuietHours] = []
    if facility.quiet_from is not None and facility.quiet_until is not None:
        zones = sorted({facility.zone, home})
        kept += [QuietHours(facility.quiet_from, facility.quiet_until, zone) for zone in zones]
    if client and client.quiet_from is not None and client.quiet_until is not None:
        kept.append(QuietHours(client.quiet_from, client.quiet_until, home))
    return tuple(kept)


def next_allowed(moment: dt.datetime, quiet: Iterable[QuietHours]) -> dt.datetime | None:
    """`moment` itself or the next one at which nobody's quiet hours hold; None if there is none."""
    hours = tuple(quiet)
    at = moment
    for _ in range(8):
        covering = [q for q in hours if q.covers(at)]
        if not covering:
            return at
        at = max(q.end_after(at) for q in covering)
    return None


def last_allowed(moment: dt.datetime, quiet: Iterable[QuietHours]) -> dt.datetime | None:
    """`moment` itself or the last one before it at which nobody's quiet hours hold."""
    hours = tuple(quiet)
    at = moment
    for _ in range(8):
        covering = [q for q in hours if q.covers(at)]
        if not covering:
            return at
        at = min(q.last_moment_before(at) for q in covering)
    return None
