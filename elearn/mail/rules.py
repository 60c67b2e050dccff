"""When a letter is tried again, when it is given up, and how long its words are kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)
TRIED_FOR = timedelta(hours=72)
"""As long as GOV.UK Notify and most mail servers go on trying (trust.md F-8)."""
WORDS_KEPT = timedelta(days=7)
"""So long can a letter be sent once more; then its words go, and what is left says to whom and when."""
LONGEST_SUBJECT = 200
LONGEST_ADDRESS = 255
LONGEST_ERROR = 300


class LetterState(StrEnum):
    """Where a letter is."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class ToSend:
    """A letter as it is handed over."""

    id: int
    message_id: str
    person_id: int | None
    recipient: str
    subject: str
    sealed_text: str
    state: LetterState
    written_at: datetime
    tries: int


@dataclass(frozen=True)
class NextTry:
    """What becomes of a letter that could not be handed over."""

    given_up: bool
    at: datetime


def next_try(tries: int, written_at: datetime, now: datetime) -> NextTry:
    """Two minutes after the first try, then twice as long each time up to an hour; given up after three days."""
    wait = min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)
    return NextTry(now + wait > written_at + TRIED_FOR, now + wait)


def one_line(text: str, longest: int = LONGEST_SUBJECT) -> str:
    """Words that go into a header: in one line, whatever was typed."""
    return " ".join("".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in text).split())[:longest]
