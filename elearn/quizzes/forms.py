"""What a question's form says beside the answer itself."""

from contextlib import suppress
from datetime import datetime

from elearn.items.base import Sent
from elearn.quizzes.models import LONGEST_TAB
from elearn.quizzes.rules import Claim, Confidence

LARGEST_NUMBER = 2**31 - 1


def _first(sent: Sent, name: str) -> str:
    return next(iter(sent.get(name, ())), "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST_NUMBER else None


def read_claim(sent: Sent, received_at: datetime) -> Claim:
    """What the page says of its answer; what is not of its form is left out."""
    tab = _first(sent, "tab")
    sound = tab.isascii() and tab.isalnum() and len(tab) <= LONGEST_TAB
    number = _number(_first(sent, "number")) or 0
    return Claim(
        seen=_number(_first(sent, "seen")),
        tab=tab if sound else "",
        number=number if sound else 0,
        received_at=received_at,
    )


def read_confidence(sent: Sent) -> Confidence | None:
    """How sure the person says they are; None where they do not say."""
    with suppress(ValueError):
        return Confidence(_first(sent, "sure"))
    return None
