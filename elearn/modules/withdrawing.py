"""Taking a lesson or an item out of a module that is in use, and what is left of the module then."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from elearn.content.rendering import Placed
from elearn.content.structure import Lesson, Module, Quiz, Step
from elearn.shared import clock

CONTENT = "content"
"""The epoch that every withdrawal moves on."""


class PartKind(StrEnum):
    """What may be withdrawn."""

    LESSON = "lesson"
    ITEM = "item"


@dataclass(frozen=True)
class Withdrawal:
    """One part that is out of use, and why."""

    module: str
    kind: PartKind
    part: str
    reason: str
    at: datetime

    @property
    def words(self) -> str:
        """What learners read."""
        return (
            f"Withdrawn on {clock.in_words(self.at)}: {self.reason} You can pass it by. Your certificate waits for it."
        )


def without(module: Module, withdrawals: Collection[Withdrawal]) -> Module:
    """The module without what is withdrawn: a lesson is passed by, an item is neither drawn nor asked.

    A quiz that has too few items left for a paper is out of service too.
    """
    own = [withdrawal for withdrawal in withdrawals if withdrawal.module == module.slug]
    if not own:
        return module
    gone = {withdrawal.part: withdrawal for withdrawal in own if withdrawal.kind is PartKind.ITEM}
    closed = {withdrawal.part: withdrawal for withdrawal in own if withdrawal.kind is PartKind.LESSON}
    lessons = {slug: _lesson(lesson, closed, gone) for slug, lesson in module.lessons.items()}
    quizzes = {slug: _quiz(quiz, gone) for slug, quiz in module.quizzes.items()}
    faults = {f"lesson:{slug}": lesson.fault for slug, lesson in lessons.items()}
    faults |= {f"quiz:{slug}": quiz.fault for slug, quiz in quizzes.items()}
    return replace(
        module,
        lessons=lessons,
        quizzes=quizzes,
        pretest=_quiz(module.pretest, gone) if module.pretest else None,
        path=tuple(_step(step, faults) for step in module.path),
    )


def _lesson(lesson: Lesson, closed: Mapping[str, Withdrawal], gone: Mapping[str, Withdrawal]) -> Lesson:
    if lesson.slug in closed:
        return replace(lesson, fault=lesson.fault or closed[lesson.slug].words)
    if not gone.keys() & lesson.checks.keys():
        return lesson
    return replace(
        lesson,
        checks={key: item for key, item in lesson.checks.items() if key not in gone},
        parts=tuple(part for part in lesson.parts if not (isinstance(part, Placed) and part.id in gone)),
    )


def _quiz(quiz: Quiz, gone: Mapping[str, Withdrawal]) -> Quiz:
    if not gone.keys() & {item.id for item in quiz.items}:
        return quiz
    items = tuple(item for item in quiz.items if item.id not in gone)
    short = [c for c in quiz.blueprint if sum(item.objective == c.objective for item in items) < c.draw]
    last = max((gone[item.id] for item in quiz.items if item.id in gone), key=lambda withdrawal: withdrawal.at)
    return replace(quiz, items=items, fault=quiz.fault or (last.words if short else ""))


def _step(step: Step, faults: Mapping[str, str]) -> Step:
    return replace(step, fault=step.fault or faults.get(step.id, ""))
