"""What is the same on a lesson's page for everybody, or for everybody who gave the same answer: rendered once, and kept.

It is made by macros that get the lesson, or an item and an answer, and nothing else: no request, no viewer. The token of
each form, which is the person's own, is left out: the page puts it between two parts.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request
from markupsafe import Markup

from elearn.content.rendering import Text
from elearn.content.structure import Lesson
from elearn.items.base import Item, Response

EXTENSION = "elearn.fixed"
TEMPLATE = "modules/fixed.html"
CHOOSE = "Choose one answer"
# An item of few options has few answers. One of many is not kept beyond these, but rendered again.
MOST_ANSWERS = 32


@dataclass(frozen=True)
class FixedCheck:
    """An inline check from its token onwards, for each answer that somebody gave."""

    item: Item
    answers: dict[str, Markup] = field(default_factory=dict)

    def after(self, response: Response | None, *, unanswered: bool = False) -> Markup:
        """The check as it stands after this answer; `unanswered` says that a form came back without one."""
        key = json.dumps([response, unanswered], sort_keys=True)
        found = self.answers.get(key)
        if found is None:
            found = self._render(response, unanswered)
            if len(self.answers) < MOST_ANSWERS:
                self.answers[key] = found
        return found

    def _render(self, response: Response | None, unanswered: bool) -> Markup:
        order = self.item.natural_order()
        review = self.item.review(order, response, everything=True) if response is not None else None
        rest = _macros().check_rest(self.item.id, self.item.face(order, response), review, CHOOSE if unanswered else "")
        return Markup(rest)  # noqa: S704 - a macro of ours has made it


@dataclass(frozen=True)
class Part:
    """A stretch of a lesson, and the inline check whose opening ends it."""

    html: Markup
    check: FixedCheck | None = None


@dataclass(frozen=True)
class FixedLesson:
    """A lesson from its objectives to its sources."""

    lesson: Lesson
    parts: tuple[Part, ...]
    sources: Markup


def fixed_lesson(module: str, lesson: Lesson, address: Callable[[str], str]) -> FixedLesson:
    """What is fixed of a lesson, kept for as long as the application has this very lesson.

    `address` gives where the form of a check goes to.
    """
    kept: dict[tuple[str, str, str], FixedLesson] = current_app.extensions.setdefault(EXTENSION, {})
    key = request.script_root, module, lesson.slug
    found = kept.get(key)
    if found is None or found.lesson is not lesson:
        found = kept[key] = _render(lesson, address)
    return found


def _macros() -> Any:
    # A template's module is Jinja's name for its macros; they see globals only, nothing of a request.
    return current_app.jinja_env.get_template(TEMPLATE).module


def _render(lesson: Lesson, address: Callable[[str], str]) -> FixedLesson:
    macros = _macros()
    parts: list[Part] = []
    stretch, figures = [macros.objectives(lesson)], 0
    for part in lesson.parts:
        if isinstance(part, Text):
            stretch.append(part.html)
        elif part.kind == "figure":
            figures += 1
            stretch.append(macros.drawing(lesson.figures[part.id], figures))
        elif isinstance(item := lesson.checks[part.id], Item):
            stem = item.face(item.natural_order(), None).stem
            stretch.append(macros.check_opening(item.id, len(parts) + 1, stem, address(item.id)))
            parts.append(Part(_joined(stretch), FixedCheck(item)))
            stretch = []
    return FixedLesson(lesson, (*parts, Part(_joined(stretch))), macros.sources(lesson))


def _joined(stretch: list[Markup]) -> Markup:
    return Markup("\n").join(stretch)
