from datetime import UTC, datetime, timedelta

import pytest

from elearn.content.schema import QuizRules
from elearn.quizzes.rules import MayStart, Release, Sitting, StartState, mark, may_start, needed, released

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RULES = QuizRules(pass_percent=75, attempts=3, waiting_hours=(0, 24))


@pytest.mark.parametrize(
    ("points", "possible", "passed"),
    [
        (0, 8, False),
        (5, 8, False),
        (6, 8, True),
        (8, 8, True),
        (0, 0, False),
        (3, 4, True),
        (2, 3, False),
        (9, 12, True),
        (8, 12, False),
    ],
)
def test_three_quarters_pass_exactly(points: int, possible: int, passed: bool) -> None:
    assert mark([1] * points + [0] * (possible - points), possible, 75).passed is passed


@pytest.mark.parametrize(
    ("possible", "percent", "fewest"), [(8, 75, 6), (8, 76, 7), (3, 75, 3), (10, 100, 10), (10, 1, 1)]
)
def test_needed_is_the_fewest_points_that_pass(possible: int, percent: int, fewest: int) -> None:
    assert needed(possible, percent) == fewest
    assert mark([1] * fewest, possible, percent).passed
    assert not mark([1] * (fewest - 1), possible, percent).passed


def failed(number: int, hours_ago: float) -> Sitting:
    return Sitting(number, NOW - timedelta(hours=hours_ago), passed=False)


@pytest.mark.parametrize(
    ("sittings", "decision"),
    [
        ([], MayStart(StartState.MAY_START, 1, 3)),
        ([Sitting(1, None, None)], MayStart(StartState.IN_PROGRESS, 1, 2)),
        ([failed(1, 0)], MayStart(StartState.MAY_START, 2, 2)),
        ([failed(1, 9), failed(2, 1)], MayStart(StartState.WAIT, 3, 1, NOW + timedelta(hours=23))),
        ([failed(1, 99), failed(2, 24)], MayStart(StartState.MAY_START, 3, 1)),
        ([failed(1, 99), failed(2, 98), failed(3, 1)], MayStart(StartState.NO_MORE, 4, 0)),
        ([failed(1, 99), Sitting(2, NOW, passed=True)], MayStart(StartState.PASSED, 3, 1)),
        ([failed(1, 99), failed(2, 98), Sitting(3, NOW, passed=True)], MayStart(StartState.PASSED, 4, 0)),
        ([failed(1, 99), failed(2, 48), Sitting(3, None, None)], MayStart(StartState.IN_PROGRESS, 3, 0)),
    ],
)
def test_when_the_next_attempt_may_start(sittings: list[Sitting], decision: MayStart) -> None:
    assert may_start(sittings, RULES, NOW) == decision


@pytest.mark.parametrize(
    ("passed", "number", "shown"),
    [
        (False, 1, Release.CHOSEN),
        (False, 2, Release.CHOSEN),
        (False, 3, Release.EVERYTHING),
        (True, 1, Release.EVERYTHING),
    ],
)
def test_keys_are_shown_after_a_pass_or_the_last_attempt(passed: bool, number: int, shown: Release) -> None:
    assert released(RULES, number, NOW, passed=passed) is shown
