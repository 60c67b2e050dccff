"""What is the same on a module's pages for everybody, or for everybody in the same place: rendered once, and kept.

It is made by macros that are given the module, a lesson, a step and its state, or an item and an answer, and nothing else:
no request, no viewer. What is kept is found again by all that it was made of. The token of each form, which is the
person's own, is left out: the page puts it between two parts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import current_app, request, url_for
from markupsafe import Markup

from elearn.content.rendering import Text
from elearn.content.structure import AnyItem, Lesson, Module
from elearn.items.base import BadResponse, Item, Response
from elearn.modules.addresses import address_of
from elearn.modules.one_page import fit
from elearn.modules.rules import Path, PathStep, StepState

EXTENSION = "elearn.fixed"
TEMPLATE = "modules/fixed.html"
# An item of few options has few answers. One of many is not kept beyond these, but rendered again.
MOST_ANSWERS = 32


def _macros() -> Any:
    # A template's module is Jinja's name for its macros; they see globals only, nothing of a request.
    return current_app.jinja_env.get_template(TEMPLATE).module


def _question(template: str) -> Any:
    return current_app.jinja_env.get_template(template).module


@dataclass(frozen=True)
class FixedCheck:
    """An inline check from its token onwards, for each answer that somebody gave."""

    item: Item
    answers: dict[str, Markup] = field(default_factory=dict)

    def after(self, response: Response | None, error: str = "") -> Markup:
        """The check as it stands after this answer; `error` says what is wrong with a form that came back."""
        key = json.dumps([response, error], sort_keys=True)
        found = self.answers.get(key)
        if found is None:
            found = self._render(response, error)
            if len(self.answers) < MOST_ANSWERS:
                self.answers[key] = found
        return found

    def _render(self, response: Response | None, error: str) -> Markup:
        order = self.item.natural_order()
        review = self.item.review(order, response, everything=True) if response is not None else None
        face = self.item.face(order, response)
        return Markup(_macros().check_rest(self.item.id, _question(face.template), face, review, error))  # noqa: S704


@dataclass(frozen=True)
class Part:
    """A stretch of a lesson, and the inline check whose opening ends it."""

    html: Markup
    check: FixedCheck | None = None


@dataclass(frozen=True)
class FixedLesson:
    """A lesson from its objectives to its sources, and where its last button leads."""

    parts: tuple[Part, ...]
    sources: Markup
    done: str

    def after(
        self, tried: Mapping[str, tuple[str, Response]], fault: tuple[str, BadResponse] | None
    ) -> list[tuple[Markup, Markup | None]]:
        """The parts, each with its check after the answer to it; one to an earlier version of the item does not count."""
        return [(part.html, _after(part.check, tried, fault)) for part in self.parts]


def _after(
    check: FixedCheck | None, tried: Mapping[str, tuple[str, Response]], fault: tuple[str, BadResponse] | None
) -> Markup | None:
    if check is None:
        return None
    digest, response = tried.get(check.item.id, ("", None))
    current = response if digest == check.item.digest else None
    return check.after(current, str(fault[1]) if fault and fault[0] == check.item.id else "")


class FixedModule:
    """What is fixed of a module's pages, rendered when it is first asked for."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._lessons: dict[str, FixedLesson] = {}
        self._behind: dict[bool, Markup] = {}
        self._rows: dict[tuple[str, StepState, str], Markup] = {}

    @cached_property
    def address(self) -> str:
        """The module's page."""
        return url_for("modules.module", module=self.module.slug)

    @cached_property
    def place(self) -> str:
        """Where a page says which heading the person reads."""
        return url_for("modules.place", module=self.module.slug)

    @cached_property
    def about(self) -> Markup:
        """What the module says of itself before starting."""
        return Markup(_macros().about(self.module))  # noqa: S704 - a macro of ours has made it

    def behind(self, *, signed_in: bool) -> Markup:
        """The links to the pages behind the module."""
        if signed_in not in self._behind:
            self._behind[signed_in] = Markup(_macros().behind(self.module, signed_in))  # noqa: S704 - ours
        return self._behind[signed_in]

    def rows(self, path: Path) -> list[Markup]:
        """The path as a task list's rows."""
        return [self._row(number, step) for number, step in enumerate(path.steps, start=1)]

    def _row(self, number: int, step: PathStep) -> Markup:
        key = step.step.id, step.state, step.reason
        if key not in self._rows:
            address = address_of(self.module, step.step) if step.is_open else ""
            self._rows[key] = Markup(_macros().row(step, number, address))  # noqa: S704 - a macro of ours has made it
        return self._rows[key]

    def lesson(self, lesson: Lesson) -> FixedLesson:
        """One of the module's lessons."""
        if lesson.slug not in self._lessons:
            self._lessons[lesson.slug] = self._render(lesson)
        return self._lessons[lesson.slug]

    @cached_property
    def whole(self) -> list[tuple[Lesson, Markup]]:
        """Every lesson as it stands on the page of all of them."""
        figures = 0
        found = []
        for lesson in self.module.lessons.values():
            if not lesson.fault:
                found.append((lesson, fit(self._on_one_page(lesson, figures), lesson.slug)))
                figures += len(lesson.figures)
        return found

    def _on_one_page(self, lesson: Lesson, figures: int) -> Markup:
        address = url_for("modules.lesson", module=self.module.slug, lesson=lesson.slug)
        parts: list[Markup] = []
        for html, item in _stretches(lesson, figures):
            parts.append(html)
            if item is not None:
                place = len(parts) // 2 + 1, len(lesson.checks)
                parts.append(_macros().check_elsewhere(item.id, place, item, address))
        return _joined(parts)

    def _render(self, lesson: Lesson) -> FixedLesson:
        parts: list[Part] = []
        for html, item in _stretches(lesson):
            if isinstance(item, Item):
                place = len(parts) + 1, len(lesson.checks)
                address = url_for("modules.check", module=self.module.slug, lesson=lesson.slug, check=item.id)
                stem = item.face(item.natural_order(), None).stem
                opening = _macros().check_opening(item.id, place, stem, address)
                parts.append(Part(_joined([html, opening]), FixedCheck(item)))
            else:
                parts.append(Part(html))
        done = url_for("modules.done", module=self.module.slug, lesson=lesson.slug)
        return FixedLesson(tuple(parts), _macros().sources(lesson), done)


def _stretches(lesson: Lesson, figures: int = 0) -> Iterator[tuple[Markup, AnyItem | None]]:
    """The lesson in stretches, each with the check that it ends at; the last ends with the lesson.

    `figures` stand before it on the same page.
    """
    macros = _macros()
    stretch = [macros.objectives(lesson), macros.opening(lesson)]
    for part in lesson.parts:
        if isinstance(part, Text):
            stretch.append(part.html)
        elif part.kind == "figure":
            figures += 1
            stretch.append(macros.drawing(lesson.figures[part.id], figures))
        else:
            yield _joined(stretch), lesson.checks[part.id]
            stretch = []
    yield _joined([*stretch, macros.opening_answer(lesson)]), None


def _joined(stretch: list[Markup]) -> Markup:
    return Markup("\n").join(stretch)


def fixed(module: Module) -> FixedModule:
    """What is fixed of a module, kept for as long as the application has this very module under this address."""
    kept: dict[tuple[str, str], FixedModule] = current_app.extensions.setdefault(EXTENSION, {})
    key = request.script_root, module.slug
    found = kept.get(key)
    if found is None or found.module is not module:
        found = kept[key] = FixedModule(module)
    return found
