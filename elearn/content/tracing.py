"""From a fact to all that rests on it: what has to be read again when the fact changes."""

from collections.abc import Iterator
from dataclasses import dataclass

from elearn.content.checking import items_of
from elearn.content.structure import Lesson, Module


@dataclass(frozen=True)
class Resting:
    """One thing that rests on a fact: of which kind, where, and in what words people know it."""

    kind: str
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind} {self.where}: {self.words}"


def resting_on(module: Module, fact: str) -> list[Resting]:
    """The sections, figures, items and terms that rest on a fact, in the order of the path."""
    lessons = [found for lesson in module.lessons.values() for found in _in_lesson(lesson, fact)]
    items = [
        Resting("item", item.id, f"{item.type}, {item.section}") for item in items_of(module) if fact in item.facts
    ]
    terms = [Resting("term", term.id, term.term) for term in module.glossary if fact in term.facts]
    return lessons + items + terms


def _in_lesson(lesson: Lesson, fact: str) -> Iterator[Resting]:
    sections = [anchor for anchor, facts in lesson.section_facts.items() if fact in facts]
    for anchor in sections:
        yield Resting("section", f"{lesson.slug}#{anchor}", lesson.title_of(anchor))
    if fact in lesson.facts and not sections:
        yield Resting("lesson", lesson.slug, lesson.title)
    for figure in lesson.figures.values():
        if fact in figure.facts:
            yield Resting("figure", figure.id, figure.title)
