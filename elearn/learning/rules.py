"""What a reflection, an evaluation and a reported problem may hold."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

LONGEST_REFLECTION = 3000
LONGEST_COMMENT = 1000
SHORTEST_PROBLEM = 10
LONGEST_PROBLEM = 2000
MOST_PROBLEMS, PROBLEMS_WINDOW = 30, timedelta(hours=1)
USEFUL = {5: "Very useful", 4: "Useful", 3: "Fairly useful", 2: "Not very useful", 1: "Not useful at all"}


class RightLevel(StrEnum):
    """How hard the module was for the person."""

    TOO_BASIC = "too basic"
    ABOUT_RIGHT = "about right"
    TOO_HARD = "too hard"


class Balanced(StrEnum):
    """Whether the module was balanced and free of commercial bias (facts CP-06, CP-13)."""

    YES = "yes"
    MOSTLY = "mostly"
    NO = "no"


class ProblemKind(StrEnum):
    """What a reported problem is about."""

    ITEM = "item"
    LESSON = "lesson"


class ProblemState(StrEnum):
    """How far a reported problem is; the values are the words that people read."""

    NEW = "new"
    LOOKING = "looking"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True)
class ReflectionTexts:
    """The four answers of a reflection (fact CP-11); the last may be empty."""

    learned: str
    will_change: str
    effect_on_patients: str
    next_step: str = ""


@dataclass(frozen=True)
class Opinion:
    """What somebody thinks of a module, without who."""

    useful: int
    right_level: RightLevel
    balanced: Balanced
    bias_seen: str = ""
    comment: str = ""


def month_of(day: date) -> str:
    """`2026-11`: all that is kept of when an evaluation was written."""
    return f"{day:%Y-%m}"
