"""An item as whoever checks or judges it looks at it: question by question, and by what a guesser earns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Choosing(Enum):
    """How the options of a question are used."""

    ONE = auto()
    SEVERAL = auto()
    SHARED = auto()
    """One of a list that stands for several questions (extended matching)."""
    JUDGED = auto()
    """Each is called true or false by itself."""
    LISTED = auto()
    """They are put in order, or stand for others to choose from: none of them is the key."""


@dataclass(frozen=True)
class Put:
    """One question with its options, in plain words; `part` names it where an item puts several."""

    question: str
    options: Mapping[str, str]
    keys: frozenset[str] = frozenset()
    choosing: Choosing = Choosing.ONE
    part: str = ""
    stem: str = ""


def by_chance_of(parts: Iterable[float]) -> tuple[float, ...]:
    """How likely each number of points is, from 0 up, where each part is got right by itself with such a chance.

    The Poisson binomial distribution, part by part.
    """
    spread = [1.0]
    for chance in parts:
        missed = [share * (1 - chance) for share in spread] + [0.0]
        got = [0.0] + [share * chance for share in spread]
        spread = [a + b for a, b in zip(missed, got, strict=True)]
    return tuple(spread)


def shares(points: Iterable[int], possible: int) -> tuple[float, ...]:
    """How often each number of points, from 0 to `possible`, stands in a list of what equally likely answers earn."""
    counted = [0] * (possible + 1)
    for number in points:
        counted[number] += 1
    total = sum(counted)
    return tuple(number / total for number in counted)
