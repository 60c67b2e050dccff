"""What people write in their own words: tidied, and searched for NHS numbers, by one rule everywhere (trust.md D-2). Pure."""

import re
import unicodedata
from collections.abc import Iterator

NHS_NUMBER_DIGITS = 10
ELEVEN = 11
# Spaces of any kind, dashes of any kind, and characters that nobody sees, between the groups of a number.
_GAP = "[\\s\u00ad\u2010-\u2015\u2212\u200b-\u200d\u2060\ufeff\\-]{1,3}"
_RUN = re.compile(rf"\d+(?:{_GAP}\d+)*")


def tidy_text(text: str) -> str:
    """A typed text with plain line ends, in Unicode's composed form, without control characters (PostgreSQL refuses NUL)."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()


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
