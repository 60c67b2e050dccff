"""When a step is done, open or locked, and why; what the module's dates and reviews allow."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from elearn.content.structure import Lesson, Module, Step, StepKind

FIRST_CYCLE = 1


class StepState(StrEnum):
    """How far a person is with one step."""

    DONE = "done"
    OPEN = "open"
    LOCKED = "locked"


@dataclass(frozen=True)
class PathStep:
    """A step as one person stands to it, with the reason where it is locked."""

    step: Step
    state: StepState
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the person may go there: done steps stay open to read again."""
        return self.state is not StepState.LOCKED


@dataclass(frozen=True)
class Path:
    """All steps of a module as one person stands to them."""

    steps: tuple[PathStep, ...]

    def of(self, step_id: str) -> PathStep:
        """The step with this id. Raises KeyError."""
        for path_step in self.steps:
            if path_step.step.id == step_id:
                return path_step
        raise KeyError(step_id)

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.state is StepState.DONE for step in self.steps)

    @property
    def next(self) -> PathStep | None:
        """The first step that waits for the person; None when all is done or what is left is out of service."""
        return next((step for step in self.steps if step.state is StepState.OPEN and not step.step.fault), None)

    def after(self, step_id: str) -> PathStep | None:
        """The step that follows another on the path."""
        ids = [path_step.step.id for path_step in self.steps]
        place = ids.index(step_id) + 1
        return self.steps[place] if place < len(ids) else None


def lay_path(module: Module, done: Collection[str]) -> Path:
    """The path of a person who has done these steps.

    A step opens when every step before it is done. A damaged one is passed by, except that the certificate waits for it.
    """
    steps: list[PathStep] = []
    first_missing: Step | None = None
    for step in module.path:
        if step.id in done:
            steps.append(PathStep(step, StepState.DONE))
            continue
        if step.kind is StepKind.CERTIFICATE and not module.is_whole:
            fault = next(s for s in module.path if s.fault)
            steps.append(
                PathStep(
                    step, StepState.LOCKED, f"“{fault.title}” is out of service, and your certificate waits for it."
                )
            )
        elif first_missing is not None:
            steps.append(PathStep(step, StepState.LOCKED, f"First finish “{first_missing.title}”."))
        else:
            steps.append(PathStep(step, StepState.OPEN))
        if not step.fault:
            first_missing = first_missing or step
    return Path(tuple(steps))


@dataclass(frozen=True)
class MayFinish:
    """Whether a lesson may be called done, and if not, why."""

    allowed: bool
    reason: str = ""


def may_finish_lesson(lesson: Lesson, tried: Collection[str]) -> MayFinish:
    """A lesson is done when each of its checks has been tried and the person says so."""
    left = [key for key in lesson.checks if key not in tried]
    if not left:
        return MayFinish(True)
    words = "the question" if len(left) == 1 else f"the {len(left)} questions"
    return MayFinish(False, f"Try {words} in this lesson first. You may get them wrong: they are there to learn from.")


WARNED_BEFORE = timedelta(days=90)


@dataclass(frozen=True)
class Due:
    """A part of a module whose next review is near or past."""

    part: str
    on: date
    overdue: bool


def due_reviews(module: Module, today: date) -> list[Due]:
    """The parts whose next review is due within 90 days, the most urgent first: the module, lessons, quizzes, items."""
    dated = [
        ("The module", module.next_review),
        *((f"Lesson {x.number}: {x.title}", x.dates.next_review) for x in module.lessons.values() if x.dates),
        *((f"Quiz: {quiz.title}", quiz.dates.next_review) for quiz in module.every_quiz if quiz.dates),
        *((f"Question {key}", record.dates.next_review) for key, record in module.records.items() if record.dates),
    ]
    near = [Due(part, on, on <= today) for part, on in dated if on - today <= WARNED_BEFORE]
    return sorted(near, key=lambda due: due.on)


class ReviewState(StrEnum):
    """What may be said about the content's clinical review."""

    DRAFT = "draft for clinical review"
    REVIEWED = "clinically reviewed"
    OVERDUE = "review overdue"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Standing:
    """Whether the module may award certificates today, and what its pages say about it."""

    state: ReviewState
    awards: bool
    reason: str


def standing(module: Module, reviewed: Mapping[str, date], today: date) -> Standing:
    """How the module stands today; `reviewed` maps the versions that an administrator recorded a review of to its date."""
    if module.withdrawn is not None and module.withdrawn <= today:
        return Standing(ReviewState.WITHDRAWN, False, "This module is withdrawn and awards no new certificates.")
    if today >= module.next_review:
        return Standing(
            ReviewState.OVERDUE, False, "This module is past its review date and awards no new certificates."
        )
    if module.version not in reviewed:
        return Standing(
            ReviewState.DRAFT,
            False,
            "This version is a draft for clinical review. It awards no certificate until a review is recorded.",
        )
    return Standing(ReviewState.REVIEWED, True, "A clinical review of this version is recorded.")
