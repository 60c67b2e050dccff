"""When an attempt may start and when its time ends, whether an answer may be saved, what passes, what a result may show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from elearn.content.schema import Counts, Feedback, Outcome, QuizRules

GRACE = timedelta(seconds=30)
"""For an answer that was on its way when the time ended (trust.md Q-6: at most a minute)."""

LONGEST_BREAK = timedelta(hours=24)
"""How long the time of an attempt stands still in one rest break; then it goes on by itself."""
LONGEST_BREAK_SECONDS = int(LONGEST_BREAK.total_seconds())

NO_LIMIT = None
USUAL_TIME = 100


class AttemptState(StrEnum):
    """An attempt is open until it is submitted."""

    OPEN = "open"
    SUBMITTED = "submitted"


class ClosedBy(StrEnum):
    """Who submitted an attempt: the person, or the clock."""

    PERSON = "person"
    TIME = "time"


class Confidence(StrEnum):
    """How sure somebody is of an answer, before any feedback. It never changes the mark."""

    SURE = "sure"
    FAIRLY_SURE = "fairly sure"
    GUESSING = "guessing"


# -- marks -----------------------------------------------------------------------------------------------------------


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


# -- attempts and retakes --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sitting:
    """One finished or open attempt, as far as the rules about the next one ask."""

    number: int
    submitted_at: datetime | None
    passed: bool | None
    points: int | None = None
    possible: int = 0
    deadline: datetime | None = None
    paused_at: datetime | None = None


class StartState(StrEnum):
    """Whether an attempt may start."""

    MAY_START = "may start"
    IN_PROGRESS = "in progress"
    PASSED = "passed"
    WAIT = "wait"
    NO_MORE = "no more"
    CLOSED = "closed"


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
    opens_at = None
    if last is not None and last.submitted_at is None:
        return MayStart(StartState.IN_PROGRESS, last.number, left)
    if any(sitting.passed for sitting in sittings):
        return MayStart(StartState.PASSED, number, left)
    if left == 0:
        return MayStart(StartState.NO_MORE, number, 0)
    if last is not None and last.submitted_at is not None:
        opens_at = last.submitted_at + timedelta(hours=rules.waiting_hours[len(sittings) - 1])
    if rules.closes is not None and max(now, opens_at or now) >= rules.closes:
        return MayStart(StartState.CLOSED, number, left)
    if opens_at is not None and now < opens_at:
        return MayStart(StartState.WAIT, number, left, opens_at)
    return MayStart(StartState.MAY_START, number, left)


def counting(sittings: Sequence[Sitting], rules: QuizRules) -> Sitting | None:
    """The finished attempt whose mark counts: the best by the share of its points (the earlier of equals), or the latest.

    None before one is finished.
    """
    finished = [sitting for sitting in sittings if sitting.points is not None and sitting.possible]
    if not finished:
        return None
    if rules.counts is Counts.LATEST:
        return finished[-1]
    best = finished[0]
    for sitting in finished[1:]:
        if (sitting.points or 0) * best.possible > (best.points or 0) * sitting.possible:
            best = sitting
    return best


# -- time ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MoreTime:
    """What one person may have: `time_percent` of the usual time (None: no limit at all), and rest breaks."""

    time_percent: int | None = USUAL_TIME
    rest_breaks: bool = False

    def minutes(self, rules: QuizRules) -> float | None:
        """The minutes that this person has for an attempt; None without a limit."""
        if rules.limit_minutes is None or self.time_percent is None:
            return None
        return rules.limit_minutes * self.time_percent / 100


class EndsBy(StrEnum):
    """What ends an attempt's time first."""

    LIMIT = "limit"
    CLOSING = "closing"


@dataclass(frozen=True)
class End:
    """When an attempt's time ends, and by what."""

    at: datetime
    by: EndsBy


def end_of(started_at: datetime, rules: QuizRules, more: MoreTime, paused_seconds: int = 0) -> End | None:
    """When the time of an attempt ends: by its limit or by the quiz's closing, whichever is earlier (Q-7).

    Rest breaks stretch the limit; nothing stretches the closing. None where neither is set.
    """
    ends = []
    minutes = more.minutes(rules)
    if minutes is not None:
        ends.append(End(started_at + timedelta(minutes=minutes, seconds=paused_seconds), EndsBy.LIMIT))
    if rules.closes is not None:
        ends.append(End(rules.closes, EndsBy.CLOSING))
    return min(ends, key=lambda end: end.at, default=None)


def rested(paused_at: datetime, now: datetime) -> int:
    """The whole seconds of a rest break that do not count as time."""
    return min(max(0, int((now - paused_at).total_seconds())), LONGEST_BREAK_SECONDS)


def is_over(deadline: datetime | None, received_at: datetime) -> bool:
    """Whether what came at this moment comes too late, grace included."""
    return deadline is not None and received_at > deadline + GRACE


# -- saving ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """What a page says of the answer that it sends.

    `seen` is the sequence of the answer that it showed (None: it does not say). `tab` and `number` make the key that lets
    an answer in once; the numbers of a tab rise (0: no key). `received_at` is when the server first had the answer.
    """

    seen: int | None = None
    tab: str = ""
    number: int = 0
    received_at: datetime | None = None


class Arrival(StrEnum):
    """What to do with an answer that arrives."""

    SAVE = "save"
    KNOWN = "known"
    STALE = "stale"


def is_behind(claim: Claim, tab: str, tab_number: int) -> bool:
    """Whether the answer that stands came with this very request, or with a later one of the same tab."""
    return bool(claim.tab) and claim.tab == tab and 0 < claim.number <= tab_number


def arrival(claim: Claim, sequence: int, tab: str, tab_number: int, *, known: bool, same: bool) -> Arrival:
    """Decide on an answer that arrives, by the one that stands (`sequence`, and the tab and number that it came with).

    What stands already, and what an older request of the same tab brings late, is known. An answer from a page that has
    not seen the one that stands is stale, unless both come from one tab (trust.md Q-4). So is one whose key is `known`
    while another stands: it came before and was replaced since, and its page must not show it as saved.
    """
    if same or is_behind(claim, tab, tab_number):
        return Arrival.KNOWN
    own = bool(claim.tab) and claim.tab == tab
    if known or (claim.seen is not None and claim.seen != sequence and not own):
        return Arrival.STALE
    return Arrival.SAVE


# -- feedback --------------------------------------------------------------------------------------------------------


class Release(StrEnum):
    """How much a result shows of keys and rationales."""

    NOTHING = "nothing"
    CHOSEN = "chosen"
    EVERYTHING = "everything"


def released(rules: QuizRules, number: int, now: datetime, *, passed: bool, ever_passed: bool = False) -> Release:
    """What the result of a finished attempt shows (trust.md Q-2).

    `number` is that of the last attempt that is finished, whichever is looked at; `ever_passed`: any of them has passed.

    Stepwise, the default, shows after a failed try what concerns the chosen options, and all after a pass or the last try.
    """
    done = passed or ever_passed
    match rules.feedback:
        case Feedback.SUBMIT:
            return Release.EVERYTHING
        case Feedback.PASSED:
            return Release.EVERYTHING if done else Release.NOTHING
        case Feedback.LAST_ATTEMPT:
            return Release.EVERYTHING if done or number >= rules.attempts else Release.NOTHING
        case Feedback.DATE:
            opens = rules.feedback_from
            return Release.EVERYTHING if opens is not None and now >= opens else Release.NOTHING
        case Feedback.STEPWISE:
            return Release.EVERYTHING if done or number >= rules.attempts else Release.CHOSEN


# -- gains -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """Points of those that could be had."""

    points: int = 0
    possible: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.points + other.points, self.possible + other.possible)

    @property
    def percent(self) -> int:
        """Rounded to a whole number."""
        return round(100 * self.points / self.possible) if self.possible else 0


@dataclass(frozen=True)
class Gain:
    """One outcome before and after."""

    outcome: Outcome
    before: Share
    after: Share

    @property
    def points(self) -> float:
        """The difference of the two shares, from -1 to 1."""
        return self.after.points / self.after.possible - self.before.points / self.before.possible


# -- rulings ---------------------------------------------------------------------------------------------------------

SHORTEST_REASON = 10
LONGEST_REASON = 1_000


class RulingKind(StrEnum):
    """What an educator decides on an item whose key was wrong."""

    CORRECT = "correct"
    ACCEPT = "accept"
    VOID = "void"
    FULL = "full"
