"""What a reflection, an evaluation and a reported problem may hold, and how patient details are kept out of them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LONGEST_REFLECTION = 3000
LONGEST_COMMENT = 1000
SHORTEST_PROBLEM = 10
LONGEST_PROBLEM = 2000
NHS_NUMBER_DIGITS = 10
ELEVEN = 11
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


def tidy_text(text: str) -> str:
    """A typed text with plain line ends, in Unicode's composed form, without control characters (PostgreSQL refuses NUL)."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def month_of(day: date) -> str:
    """`2026-11`: all that is kept of when an evaluation was written."""
    return f"{day:%Y-%m}"


# -- NHS numbers (trust.md D-2) ---------------------------------------------------------------------------------------

# Spaces of any kind, dashes of any kind, and characters that nobody sees, between the groups of a number.
_GAP = "[\\s\u00ad\u2010-\u2015\u2212\u200b-\u200d\u2060\ufeff\\-]{1,3}"
_RUN = re.compile(rf"\d+(?:{_GAP}\d+)*")


def find_nhs_number(text: str) -> str | None:
    """The first valid NHS number in a text, as it is written there; None where there is none.

    A number is ten digits in one group or several: `9434765919`, `943 476 5919`, `943-476-5919`. Ten digits inside a
    longer group are something else.
    """
    for run in _RUN.finditer(text):
        for start, end in _ten_digit_stretches(run.group()):
            written = run.group()[start:end]
            if is_nhs_number("".join(c for c in written if c.isdecimal())):
                return written
    return None


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits carry the check digit of an NHS number (weights 10 to 2, modulo 11)."""
    if len(digits) != NHS_NUMBER_DIGITS or not digits.isdecimal():
        return False
    values = [int(digit) for digit in digits]
    check = (ELEVEN - sum(weight * value for weight, value in zip(range(10, 1, -1), values, strict=False))) % ELEVEN
    return check == values[-1]


def _ten_digit_stretches(run: str) -> Iterator[tuple[int, int]]:
    groups = [(match.start(), match.end()) for match in re.finditer(r"\d+", run)]
    for first in range(len(groups)):
        digits = 0
        for start, end in groups[first:]:
            digits += end - start
            if digits == NHS_NUMBER_DIGITS:
                yield groups[first][0], end
            if digits >= NHS_NUMBER_DIGITS:
                break
