"""Quiet hours: when a message may go, in the facility's zone and in the client's."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clients.models import Client
from organization.models import Facility

MINUTE = dt.timedelta(minutes=1)


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
        edges = [edge for edge in self._edges(moment, self.ends) if edge > moment]
        return next((edge for edge in edges if not self.covers(edge)), edges[-1])

    def last_moment_before(self, moment: dt.datetime) -> dt.datetime:
        """The last moment before the quiet that covers `moment` began."""
        edges = [edge - MINUTE for edge in self._edges(moment, self.starts) if edge <= moment]
        return next((edge for edge in reversed(edges) if not self.covers(edge)), edges[0])

    def _edges(self, moment: dt.datetime, time: dt.time) -> list[dt.datetime]:
        """When the clock shows this time about then. Set back it may show it twice, and it may be
        quiet between; set forward it may not show it at all, then it is up to as long before or after.
        """
        zone = ZoneInfo(self.zone)
        day = moment.astimezone(zone).date()
        return sorted(
            dt.datetime.combine(day + dt.timedelta(days=offset), time, zone)
            .replace(fold=fold)
            .astimezone(dt.UTC)
            for offset in (-2, -1, 0, 1, 2)
            for fold in (0, 1)
        )


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
