"""When an attempt may start, what passes, and what a result may show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from elearn.content.schema import QuizRules


@dataclass(frozen=True)
class Mark:
    """Points out of those possible, and whether they pass. Whole numbers decide: no float stands before a certificate."""

    points: int
    possible: int
    passed: bool


def mark(points: Sequence[int], possible: int, pass_percent: int) -> Mark:
    """Add up the points of a paper: `points * 100 >= pass_percent * possible` passes."""
    total = sum(points)
    return Mark(total, possible, possible > 0 and total * 100 >= pass_percent * possible)


def needed(possible: int, pass_percent: int) -> int:
    """The fewest points that pass."""
    return -(-pass_percent * possible // 100)


@dataclass(frozen=True)
class Sitting:
    """One finished or open attempt, as far as the rules about the next one ask."""

    number: int
    submitted_at: datetime | None
    passed: bool | None


class StartState(StrEnum):
    """Whether an attempt may start."""

    MAY_START = "may start"
    IN_PROGRESS = "in progress"
    PASSED = "passed"
    WAIT = "wait"
    NO_MORE = "no more"


@dataclass(frozen=True)
class MayStart:
    """Whether the next attempt may start, when if not yet, and how many are left."""

    state: StartState
    number: int
    left: int
    opens_at: datetime | None = None


def may_start(sittings: Sequence[Sitting], rules: QuizRules, now: datetime) -> MayStart:
    """Decide on the next attempt. `sittings` are all so far, in order of their number."""
    left = max(0, rules.attempts - len(sittings))
    last = sittings[-1] if sittings else None
    number = len(sittings) + 1
    if last is not None and last.submitted_at is None:
        return MayStart(StartState.IN_PROGRESS, last.number, left)
    if any(sitting.passed for sitting in sittings):
        return MayStart(StartState.PASSED, number, left)
    if left == 0:
        return MayStart(StartState.NO_MORE, number, 0)
    if last is None or last.submitted_at is None:
        return MayStart(StartState.MAY_START, number, left)
    opens_at = last.submitted_at + timedelta(hours=rules.waiting_hours[len(sittings) - 1])
    if now < opens_at:
        return MayStart(StartState.WAIT, number, left, opens_at)
    return MayStart(StartState.MAY_START, number, left)


def shows_everything(passed: bool, number: int, rules: QuizRules) -> bool:
    """Every key and rationale after a pass or the last attempt; before that only what was chosen, and what to reread."""
    return passed or number >= rules.attempts
