"""Medians, spread and ratios of rounds, and how they are shown and kept. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Measured:
    """One round of load on one server."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Round:
    """The floor and the application, one right after the other."""

    floor: Measured
    application: Measured

    @property
    def ratio(self) -> float:
        """What the application reached of the floor."""
        return self.application.requests_per_second / self.floor.requests_per_second


@dataclass(frozen=True)
class Spread:
    """The quartiles of a series: half of it lies between the first and the third."""

    first: float
    middle: float
    third: float

    def __str__(self) -> str:
        return f"{self.first:.2f} to {self.third:.2f}"


def spread(values: Sequence[float]) -> Spread:
    """The quartiles, by linear interpolation between the values themselves; a single value is all three."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    return Spread(*quantiles(values, n=4, method="inclusive"))


@dataclass(frozen=True)
class Result:
    """One line of `latest.json`. `floor` is the floor's requests a second in the same rounds."""

    scenario: str
    database: str
    concurrency: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    floor: float
    ratio: float


@dataclass(frozen=True)
class Line:
    """A result with what only the table shows."""

    result: Result
    ratios: Spread
    bar: float | None
    floor_p99_ms: float = 0
    tail_counts: bool = False

    @property
    def verdict(self) -> str:
        """Whether the bar is met, in a word; where the tail counts, the p99 may not be worse than the floor's either."""
        if self.bar is None:
            return "no bar"
        slow_tail = self.tail_counts and self.result.p99_ms > self.floor_p99_ms
        met = self.result.ratio >= self.bar and not slow_tail
        return f"{'met' if met else 'MISSED'} ({self.bar:.2f}{', p99' if self.tail_counts else ''})"


def summarise(
    scenario: str,
    database: str,
    concurrency: int,
    rounds: Sequence[Round],
    bar: float | None,
    *,
    tail_counts: bool = False,
) -> Line:
    """The medians over the rounds; the ratio is that of the medians, the spread that of the rounds' own ratios."""
    reached = median(r.application.requests_per_second for r in rounds)
    floor = median(r.floor.requests_per_second for r in rounds)
    result = Result(
        scenario=scenario,
        database=database,
        concurrency=concurrency,
        requests_per_second=round(reached, 1),
        p50_ms=round(median(r.application.p50_ms for r in rounds), 2),
        p99_ms=round(median(r.application.p99_ms for r in rounds), 2),
        floor=round(floor, 1),
        ratio=round(reached / floor, 3),
    )
    floor_p99 = round(median(r.floor.p99_ms for r in rounds), 2)
    return Line(result, spread([r.ratio for r in rounds]), bar, floor_p99, tail_counts)


HEADINGS = (
    "scenario",
    "database",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "floor/s",
    "floor p99",
    "ratio",
    "quartiles",
    "bar",
)


def table(lines: Sequence[Line]) -> str:
    """The lines as a table of plain text."""
    rows = [HEADINGS] + [_cells(line) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cells(line: Line) -> tuple[str, ...]:
    result = line.result
    return (
        result.scenario,
        result.database,
        f"{result.requests_per_second:,.0f}",
        f"{result.p50_ms:.1f}",
        f"{result.p99_ms:.1f}",
        f"{result.floor:,.0f}",
        f"{line.floor_p99_ms:.1f}",
        f"{result.ratio:.3f}",
        str(line.ratios),
        line.verdict,
    )


def as_json(lines: Sequence[Line]) -> str:
    """What `latest.json` holds."""
    return json.dumps([asdict(line.result) for line in lines], indent=2) + "\n"
