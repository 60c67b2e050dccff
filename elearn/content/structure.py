"""A module as the application uses it: frozen, complete, and free of files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Protocol

from markupsafe import Markup

from elearn.content.rendering import Placed, Text
from elearn.content.schema import (
    BlueprintCell,
    Change,
    Contributor,
    Coverage,
    Dated,
    Fact,
    ItemRecord,
    Level,
    Outcome,
    QuizRules,
    Source,
    Term,
)

WORDS_A_MINUTE = 180
MINUTES_AN_ITEM = 1.5
MINUTES_A_FIGURE = 0.5
ROUNDED_DOWN_TO = 15


class StepKind(StrEnum):
    """The kinds of step on a path."""

    LESSON = "lesson"
    QUIZ = "quiz"
    REFLECTION = "reflection"
    EVALUATION = "evaluation"
    CERTIFICATE = "certificate"


class AnyItem(Protocol):
    """What content needs to know of an item, whatever its type."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def objective(self) -> str | None: ...  # noqa: D102
    @property
    def level(self) -> Level: ...  # noqa: D102
    @property
    def section(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def inline(self) -> bool: ...  # noqa: D102
    @property
    def possible(self) -> int: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Asked:
    """A lesson's opening question, and its answer."""

    question: Markup
    answer: Markup


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption and its long description."""

    id: str
    title: str
    alt: str
    svg: Markup
    description: Markup
    facts: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """One page of reading. `fault` says why a damaged one is out of service."""

    slug: str
    number: int
    title: str
    summary: str = ""
    outcomes: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    parts: tuple[Text | Placed, ...] = ()
    anchors: tuple[tuple[str, str], ...] = ()
    links: frozenset[str] = frozenset()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    checks: Mapping[str, AnyItem] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    facts: tuple[str, ...] = ()
    section_facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opening: Asked | None = None
    terms: frozenset[str] = frozenset()
    dates: Dated | None = None
    words: int = 0
    digest: str = ""
    fault: str = ""

    @property
    def minutes(self) -> float:
        """Reading time by the formula of design.md section 11."""
        return self.words / WORDS_A_MINUTE + MINUTES_AN_ITEM * len(self.checks) + MINUTES_A_FIGURE * len(self.figures)

    def title_of(self, anchor: str) -> str:
        """The heading at an anchor, or the lesson's title."""
        return dict(self.anchors).get(anchor, self.title)


@dataclass(frozen=True)
class Quiz:
    """Rules, blueprint and items. `fault` says why a damaged one is out of service."""

    slug: str
    title: str
    summary: str = ""
    rules: QuizRules = field(default_factory=QuizRules)
    blueprint: tuple[BlueprintCell, ...] = ()
    items: tuple[AnyItem, ...] = ()
    dates: Dated | None = None
    digest: str = ""
    fault: str = ""

    @property
    def length(self) -> int:
        """Items in one paper."""
        return sum(cell.draw for cell in self.blueprint)

    @property
    def minutes(self) -> float:
        """Time for one attempt."""
        return MINUTES_AN_ITEM * self.length


@dataclass(frozen=True)
class Step:
    """One step of the path; `id` is what completions name."""

    id: str
    kind: StepKind
    slug: str
    title: str
    minutes: int
    fault: str = ""


@dataclass(frozen=True)
class Module:
    """The whole activity."""

    slug: str
    title: str
    version: str
    summary: str
    audience: str
    outcomes: tuple[Outcome, ...]
    path: tuple[Step, ...]
    lessons: Mapping[str, Lesson]
    quizzes: Mapping[str, Quiz]
    pretest: Quiz | None
    facts: Mapping[str, Fact]
    sources: Mapping[str, Source]
    coverage: tuple[Coverage, ...]
    glossary: tuple[Term, ...]
    records: Mapping[str, ItemRecord]
    history: tuple[Change, ...]
    authors: tuple[Contributor, ...]
    funding: str
    method: str
    provenance: str
    released: date
    last_reviewed: date
    next_review: date
    withdrawn: date | None
    digest: str

    @property
    def minutes(self) -> int:
        """CPD minutes: what reading and answering take, rounded down to a quarter of an hour."""
        lessons = self.lessons.values()
        items = sum(len(lesson.checks) for lesson in lessons) + sum(quiz.length for quiz in self.quizzes.values())
        # The words of all lessons are divided once: thirds of minutes, added up, could fall short of a full quarter.
        exact = (
            sum(lesson.words for lesson in lessons) / WORDS_A_MINUTE
            + MINUTES_AN_ITEM * items
            + MINUTES_A_FIGURE * sum(len(lesson.figures) for lesson in lessons)
        )
        return int(exact // ROUNDED_DOWN_TO) * ROUNDED_DOWN_TO

    @property
    def hours(self) -> str:
        """CPD hours in words, such as `1.25`."""
        return f"{self.minutes / 60:g}"

    @property
    def every_quiz(self) -> Sequence[Quiz]:
        """The pre-test, where there is one, and the quizzes of the path."""
        return [*([self.pretest] if self.pretest else []), *self.quizzes.values()]

    @property
    def is_whole(self) -> bool:
        """Whether no step is out of service."""
        return not any(step.fault for step in self.path)

    def step(self, step_id: str) -> Step | None:
        """The step with this id."""
        return next((step for step in self.path if step.id == step_id), None)

    def is_place(self, step_id: str, anchor: str) -> bool:
        """Whether a person can be at this heading or check of this step."""
        step = self.step(step_id)
        if step is None or not anchor:
            return step is not None
        lesson = self.lessons.get(step.slug)
        return lesson is not None and (anchor in dict(lesson.anchors) or anchor.removeprefix("check-") in lesson.checks)

    def quiz(self, slug: str) -> Quiz:
        """A quiz; of one that the content has no more, what its attempts need to be shown."""
        known = next((quiz for quiz in self.every_quiz if quiz.slug == slug), None)
        return known or Quiz(slug, slug.replace("-", " ").capitalize())

    def section(self, reference: str) -> tuple[Lesson, str] | None:
        """The lesson and anchor that a `lesson#anchor` names."""
        slug, _, anchor = reference.partition("#")
        lesson = self.lessons.get(slug)
        return (lesson, anchor) if lesson is not None else None

    def lessons_by_source(self) -> list[tuple[Source, list[Lesson]]]:
        """Every source with the lessons that cite it."""
        citing: dict[str, list[Lesson]] = {key: [] for key in self.sources}
        for lesson in self.lessons.values():
            for source in lesson.sources:
                citing[source.id].append(lesson)
        return [(source, citing[key]) for key, source in self.sources.items()]

    def dates_of(self, item: AnyItem) -> Dated | None:
        """An item's own dates, or those of the lesson or quiz that it stands in."""
        record = self.records.get(item.id)
        if record and record.dates:
            return record.dates
        lessons = (lesson.dates for lesson in self.lessons.values() if item.id in lesson.checks)
        quizzes = (quiz.dates for quiz in self.every_quiz if item in quiz.items)
        return next(chain(lessons, quizzes), None)

    def sections_taught(self) -> Sequence[str]:
        """Every `lesson#anchor` there is."""
        return [f"{lesson.slug}#{anchor}" for lesson in self.lessons.values() for anchor, _ in lesson.anchors]
