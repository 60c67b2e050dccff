"""How a member of a cohort stands, what a best mark is, how the educators' table is sorted, and more time in words."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from statistics import mean
from typing import Any

from elearn.cohorts.rules import Expected
from elearn.content.schema import Counts, Outcome
from elearn.quizzes.rules import NO_LIMIT, USUAL_TIME, Gain, MoreTime
from elearn.reports.intervals import Interval, of_mean

# What may be set, in percent of the usual time, in words that follow "In timed quizzes you have".
TIMES: Mapping[int | None, str] = {
    USUAL_TIME: "the usual time",
    125: "a quarter more time",
    150: "half as much time again",
    200: "twice the time",
    NO_LIMIT: "no time limit",
}


class Status(StrEnum):
    """How far somebody is, in the words of the table."""

    NOT_JOINED = "Not joined"
    NOT_STARTED = "Not started"
    STARTED = "Started"
    FINISHED = "Finished"


@dataclass(frozen=True)
class Best:
    """The best mark in one quiz."""

    points: int
    possible: int

    @property
    def share(self) -> Fraction:
        """Points of possible, exactly."""
        return Fraction(self.points, self.possible) if self.possible else Fraction(0)


@dataclass(frozen=True)
class Row:
    """One person in a cohort's table. None: there is nothing to show, because they have not joined or not got so far."""

    name: str
    sort_name: str
    email: str
    email_confirmed: bool
    status: Status
    steps: int | None = None
    attempts: int | None = None
    best: tuple[Best | None, ...] = ()
    passed: int | None = None
    certificate: date | None = None


FEWEST_FOR_GAINS = 5
"""A mean of fewer people would tell of single ones."""


@dataclass(frozen=True)
class CohortGain:
    """One outcome before and after, as mean shares of a cohort; no figures where too few people have both."""

    outcome: Outcome
    people: int
    before: float = 0.0
    after: float = 0.0
    interval: Interval | None = None


def cohort_gain(outcome: Outcome, gains: Sequence[Gain]) -> CohortGain:
    """What a cohort gained in one outcome."""
    if len(gains) < FEWEST_FOR_GAINS:
        return CohortGain(outcome, len(gains))
    before = mean(gain.before.points / gain.before.possible for gain in gains)
    after = mean(gain.after.points / gain.after.possible for gain in gains)
    return CohortGain(outcome, len(gains), before, after, of_mean([gain.points for gain in gains]))


@dataclass(frozen=True)
class Summary:
    """The numbers above the table. Whoever has finished has started, too."""

    expected_not_joined: int
    joined: int
    started: int
    finished: int
    certificates: int


def status_of(*, joined: bool, enrolled: bool, finished: bool) -> Status:
    """The word for how far somebody is. Only who has started is shown as finished."""
    if not joined:
        return Status.NOT_JOINED
    if not enrolled:
        return Status.NOT_STARTED
    return Status.FINISHED if finished else Status.STARTED


def best_of(marks: Iterable[Best]) -> Best | None:
    """The highest share of points, whole numbers compared; of equal shares, the one out of more."""
    return max(marks, key=lambda mark: (mark.share, mark.possible), default=None)


def counting_of(marks: Sequence[Best], counts: Counts) -> Best | None:
    """The mark that counts by the quiz's rules, of those in the order of their attempts: the best, or the latest."""
    if counts is Counts.LATEST:
        return marks[-1] if marks else None
    return best_of(marks)


def not_joined(roster: Iterable[Expected], joined_emails: Iterable[str]) -> list[Row]:
    """A row for everybody on the roster with whose address nobody has joined."""
    there = {email.casefold() for email in joined_emails}
    return [
        Row(
            name=person.name or person.email,
            sort_name=sort_name(*_split(person.name)) if person.name else fold(person.email),
            email=person.email,
            email_confirmed=True,
            status=Status.NOT_JOINED,
        )
        for person in roster
        if person.email.casefold() not in there
    ]


def _split(name: str) -> tuple[str, str]:
    """Given names and family name of a name in one piece, by the commonest order."""
    given, _, family = name.rpartition(" ")
    return given, family


def fold(text: str) -> str:
    """Letters without accents and capitals, so that Österberg stands by Osborne."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def sort_name(given_names: str, family_name: str) -> str:
    """What a person is sorted by: the family name, then the given names."""
    return f"{fold(family_name)}\0{fold(given_names)}"


def summary(rows: Sequence[Row]) -> Summary:
    """Count a cohort's rows."""
    return Summary(
        expected_not_joined=sum(row.status is Status.NOT_JOINED for row in rows),
        joined=sum(row.status is not Status.NOT_JOINED for row in rows),
        started=sum(row.status in (Status.STARTED, Status.FINISHED) for row in rows),
        finished=sum(row.status is Status.FINISHED for row in rows),
        certificates=sum(row.certificate is not None for row in rows),
    )


class SortKey(StrEnum):
    """The columns that the table may be sorted by, as the address says them."""

    NAME = "name"
    STEPS = "steps"
    ATTEMPTS = "attempts"
    BEST = "best"
    PASSED = "passed"
    CERTIFICATE = "certificate"


class Direction(StrEnum):
    """Which way; the words are those of `aria-sort`."""

    ASCENDING = "ascending"
    DESCENDING = "descending"

    @property
    def other(self) -> "Direction":
        """The other way."""
        return Direction.DESCENDING if self is Direction.ASCENDING else Direction.ASCENDING


@dataclass(frozen=True)
class Sort:
    """By what, and which way."""

    key: SortKey = SortKey.NAME
    direction: Direction = Direction.ASCENDING

    def towards(self, key: SortKey) -> "Sort":
        """What a link to `key` asks for: the other way round where the table is sorted by it already."""
        return Sort(key, self.direction.other if key is self.key else Direction.ASCENDING)


def read_sort(key: str | None, direction: str | None) -> Sort:
    """What an address asks for; words that we do not know mean the family name, ascending."""
    return Sort(
        SortKey(key) if key in set(SortKey) else SortKey.NAME,
        Direction(direction) if direction in set(Direction) else Direction.ASCENDING,
    )


def _all_best(row: Row) -> Fraction | None:
    marks = [mark.share for mark in row.best if mark is not None]
    return sum(marks, Fraction(0)) if marks else None


_VALUES: dict[SortKey, Callable[[Row], Any]] = {
    SortKey.NAME: lambda row: row.sort_name,
    SortKey.STEPS: lambda row: row.steps,
    SortKey.ATTEMPTS: lambda row: row.attempts,
    SortKey.BEST: _all_best,
    SortKey.PASSED: lambda row: row.passed,
    SortKey.CERTIFICATE: lambda row: row.certificate,
}


def sort_rows(rows: Iterable[Row], sort: Sort) -> list[Row]:
    """Sort; rows without a value come last in both directions, and equal ones stand by family name and address."""
    value_of = _VALUES[sort.key]
    by_name = sorted(rows, key=lambda row: (row.sort_name, row.email))
    valued = [row for row in by_name if value_of(row) is not None]
    # Python's sort keeps equal rows in their order, and so does its reverse.
    valued.sort(key=value_of, reverse=sort.direction is Direction.DESCENDING)
    return valued + [row for row in by_name if value_of(row) is None]


def csv_name(cohort_name: str, day: date) -> str:
    """A file name that every system takes: letters, digits and hyphens, and the date."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(cohort_name)).strip("-")[:60].strip("-")
    return f"cohort-{words}-{day.isoformat()}.csv" if words else f"cohort-{day.isoformat()}.csv"


def time_in_words(more: MoreTime) -> str:
    """What a person has in timed quizzes."""
    time = TIMES.get(more.time_percent, f"{more.time_percent} % of the usual time")
    return f"{time}, and may take rest breaks" if more.rest_breaks else time
