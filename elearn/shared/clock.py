"""The one clock: UTC, replaceable in tests, shown to people in the zone of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen: list[datetime] = []


def now() -> datetime:
    """The moment, in UTC."""
    return _frozen[-1] if _frozen else datetime.now(UTC)


def today(zone: str = "UTC") -> date:
    """The date that the wall calendar shows in `zone`."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def frozen_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (for tests and for the demonstration's invented past)."""
    _frozen.append(moment)
    try:
        yield
    finally:
        _frozen.pop()


def in_words(moment: datetime | date, zone: str = "UTC") -> str:
    """A date as people read it, `22 November 2026`."""
    day = moment.astimezone(ZoneInfo(zone)) if isinstance(moment, datetime) else moment
    return f"{day.day} {day:%B %Y}"


def time_in_words(moment: datetime, zone: str = "UTC") -> str:
    """A date and time as people read it, `22 November 2026 at 10:42`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y at %H:%M}"


def lately_in_words(moment: datetime, zone: str = "UTC") -> str:
    """A time as people read it who look back: `10:42` today, with its date on any other day."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M}" if local.date() == today(zone) else time_in_words(moment, zone)


def zone_in_words(zone: str) -> str:
    """A zone as people name it: `London time` for Europe/London, `UTC` for UTC."""
    place = zone.rpartition("/")[2].replace("_", " ")
    return place if zone == place or zone.startswith("Etc/") else f"{place} time"
