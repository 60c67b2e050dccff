"""The dates of the accessibility statement, and how complaints are answered. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from elearn.shared.limits import seconds_to_wait

# A test fails when the next review is past (trust.md X-18): test again, change the page to what was found, set them anew.
STATEMENT_PREPARED = date(2026, 11, 22)
STATEMENT_REVIEWED = date(2026, 11, 23)
LAST_TESTED = date(2026, 11, 23)
NEXT_REVIEW = date(2027, 5, 22)

LONGEST_COMPLAINER = 160
SHORTEST_COMPLAINT, LONGEST_COMPLAINT = 10, 4000
ANSWER_WITHIN = timedelta(days=30)
"""The law wants an acknowledgement within 30 days, which goes at once; we mean to answer within them, too (D-10)."""
MOST_OF_NETWORK, COMPLAINTS_WINDOW = 5, timedelta(hours=1)


class About(StrEnum):
    """What a complaint is about; the values are the words that people choose."""

    DATA = "how my personal data is used"
    ACCESS = "accessibility"
    CONTENT = "the content of a module"
    RESULT = "a result or a certificate"
    OTHER = "something else"


def answer_due(made_at: datetime) -> datetime:
    """By when a complaint should be answered."""
    return made_at + ANSWER_WITHIN


def wait_of_complaints(made: Sequence[datetime], now: datetime) -> int:
    """Seconds until the next complaint from one network; 0 when it is welcome now."""
    return seconds_to_wait(made, now, MOST_OF_NETWORK, COMPLAINTS_WINDOW)
