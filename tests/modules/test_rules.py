"""The path, when a lesson may be finished, and how a module stands: tables."""

from dataclasses import replace
from datetime import date
from pathlib import Path as File

import pytest

from elearn.content.structure import Lesson, Module, Step, StepKind
from elearn.modules.catalogue import load
from elearn.modules.rules import ReviewState, StepState, lay_path, may_finish_lesson, standing
from tests.content.small import write

STEPS = [
    Step("lesson:a", StepKind.LESSON, "a", "Lesson A", 5),
    Step("lesson:b", StepKind.LESSON, "b", "Lesson B", 5),
    Step("quiz:q", StepKind.QUIZ, "q", "Quiz: Q", 5),
    Step("reflection", StepKind.REFLECTION, "reflection", "Reflect", 0),
    Step("certificate", StepKind.CERTIFICATE, "certificate", "Certificate", 0),
]
D, N, L = StepState.DONE, StepState.OPEN, StepState.LOCKED
ALL = ["lesson:a", "lesson:b", "quiz:q", "reflection", "certificate"]


@pytest.fixture
def small(tmp_path: File) -> Module:
    return load(write(tmp_path))


def module_with(small: Module, *damaged: str) -> Module:
    return replace(small, path=tuple(replace(s, fault="Being mended." if s.id in damaged else "") for s in STEPS))


PATHS: list[tuple[list[str], list[str], list[StepState], str | None]] = [
    # done, damaged, states, next
    ([], [], [N, L, L, L, L], "lesson:a"),
    (ALL[:1], [], [D, N, L, L, L], "lesson:b"),
    (ALL[:2], [], [D, D, N, L, L], "quiz:q"),
    (ALL[:3], [], [D, D, D, N, L], "reflection"),
    (ALL[:4], [], [D, D, D, D, N], "certificate"),
    (ALL, [], [D, D, D, D, D], None),
    (["lesson:b"], [], [N, D, L, L, L], "lesson:a"),
    (["quiz:q"], [], [N, L, D, L, L], "lesson:a"),
    (["lesson:a", "quiz:q"], [], [D, N, D, L, L], "lesson:b"),
    (["lesson:gone", "nonsense"], [], [N, L, L, L, L], "lesson:a"),
    ([], ["lesson:a"], [N, N, L, L, L], "lesson:b"),
    ([], ["lesson:b"], [N, L, L, L, L], "lesson:a"),
    (ALL[:1], ["lesson:b"], [D, N, N, L, L], "quiz:q"),
    (["lesson:a", "lesson:b"], ["quiz:q"], [D, D, N, N, L], "reflection"),
    (["lesson:a", "lesson:b", "reflection"], ["quiz:q"], [D, D, N, D, L], None),
    (ALL[:4], ["quiz:q"], [D, D, D, D, L], None),
    (ALL, ["quiz:q"], [D, D, D, D, D], None),
    ([], ["lesson:a", "lesson:b", "quiz:q"], [N, N, N, N, L], "reflection"),
]


@pytest.mark.parametrize(("done", "damaged", "states", "following"), PATHS)
def test_the_path(
    small: Module, done: list[str], damaged: list[str], states: list[StepState], following: str | None
) -> None:
    path = lay_path(module_with(small, *damaged), done)
    assert [step.state for step in path.steps] == states
    assert (path.next.step.id if path.next else None) == following
    assert path.done == states.count(D)
    for step in path.steps:
        assert step.is_open == (step.state is not L)
        assert bool(step.reason) == (step.state is L)


@pytest.mark.parametrize(
    ("done", "damaged", "step", "reason"),
    [
        ([], [], "lesson:b", "First finish “Lesson A”."),
        ([], [], "certificate", "First finish “Lesson A”."),
        (ALL[:1], [], "quiz:q", "First finish “Lesson B”."),
        (["lesson:b"], [], "quiz:q", "First finish “Lesson A”."),
        (ALL[:2], [], "certificate", "First finish “Quiz: Q”."),
        ([], ["lesson:a"], "quiz:q", "First finish “Lesson B”."),
        (ALL[:4], ["lesson:b"], "certificate", "“Lesson B” is out of service, and your certificate waits for it."),
        ([], ["lesson:b"], "certificate", "“Lesson B” is out of service, and your certificate waits for it."),
    ],
)
def test_a_locked_step_says_why(small: Module, done: list[str], damaged: list[str], step: str, reason: str) -> None:
    assert lay_path(module_with(small, *damaged), done).of(step).reason == reason


def test_steps_are_found_by_id_and_by_what_comes_before(small: Module) -> None:
    path = lay_path(module_with(small), [])
    after = path.after("lesson:b")
    assert after is not None
    assert after.step.id == "quiz:q"
    assert path.after("certificate") is None
    with pytest.raises(KeyError):
        path.of("lesson:z")


@pytest.mark.parametrize(
    ("checks", "tried", "allowed", "words"),
    [
        ([], [], True, ""),
        (["x"], [], False, "Try the question in this lesson first"),
        (["x"], ["x"], True, ""),
        (["x"], ["y"], False, "Try the question"),
        (["x", "y"], [], False, "Try the 2 questions"),
        (["x", "y"], ["x"], False, "Try the question"),
        (["x", "y"], ["y", "x", "z"], True, ""),
        (["x", "y", "z"], ["y"], False, "Try the 2 questions"),
    ],
)
def test_a_lesson_is_finished_when_each_check_is_tried(
    checks: list[str], tried: list[str], allowed: bool, words: str
) -> None:
    lesson = Lesson("a", 1, "A", checks=dict.fromkeys(checks))  # type: ignore[arg-type]
    decision = may_finish_lesson(lesson, tried)
    assert decision.allowed is allowed
    assert words in decision.reason
    assert bool(decision.reason) is not allowed


NEXT, LAST = date(2027, 2, 1), date(2027, 1, 31)
REVIEW = {"1.0.0": date(2026, 3, 1)}
WITHDRAWN = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("reviewed", "withdrawn", "today", "state"),
    [
        ({}, None, date(2026, 3, 1), ReviewState.DRAFT),
        ({"0.9.0": date(2026, 3, 1)}, None, date(2026, 3, 1), ReviewState.DRAFT),
        ({"1.0.1": date(2026, 3, 1)}, None, date(2026, 3, 1), ReviewState.DRAFT),
        (REVIEW, None, date(2026, 3, 1), ReviewState.REVIEWED),
        (REVIEW, None, LAST, ReviewState.REVIEWED),
        (REVIEW, None, NEXT, ReviewState.OVERDUE),
        (REVIEW, None, date(2030, 1, 1), ReviewState.OVERDUE),
        ({}, None, NEXT, ReviewState.OVERDUE),
        (REVIEW, WITHDRAWN, date(2026, 5, 31), ReviewState.REVIEWED),
        (REVIEW, WITHDRAWN, WITHDRAWN, ReviewState.WITHDRAWN),
        (REVIEW, WITHDRAWN, NEXT, ReviewState.WITHDRAWN),
        ({}, WITHDRAWN, date(2026, 5, 31), ReviewState.DRAFT),
        ({}, WITHDRAWN, WITHDRAWN, ReviewState.WITHDRAWN),
    ],
)
def test_how_a_module_stands(
    small: Module, reviewed: dict[str, date], withdrawn: date | None, today: date, state: ReviewState
) -> None:
    found = standing(replace(small, withdrawn=withdrawn), reviewed, today)
    assert found.state is state
    assert found.awards is (state is ReviewState.REVIEWED)
    assert found.reason
