"""Reading one lesson: its file, its checks and its figures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elearn.content.problems import Damaged, Problem, line_with, parse, read_yaml
from elearn.content.rendering import (
    BadFigure,
    Placed,
    Terms,
    anchor_of,
    count_words,
    read_svg,
    render_lesson,
    render_words,
)
from elearn.content.schema import FigureFile, LessonFile
from elearn.content.shelf import Shelf
from elearn.content.structure import AnyItem, Asked, Figure, Lesson
from elearn.shared.canonical import digest

FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
SECTION = re.compile(r"^(#{2,3} .*?) \{([A-Z]{2}-[^}]*)\} *$", re.MULTILINE)
OUT_OF_SERVICE = "This part is being mended, so you can pass it by for now. Your certificate waits for it."
WITHDRAWN = "This part has been withdrawn, so you can pass it by. Your certificate waits for what replaces it."
OUTSIDE = "End it with :::, before any figure or check"


@dataclass
class LessonReader:
    """Reads the lessons of a folder, whose sources, facts and glossary stand on the shelf."""

    shelf: Shelf
    terms: Terms

    def read(self, slug: str, number: int) -> Lesson:
        """A lesson; one that is damaged is out of service, and the shelf says why."""
        path = self.shelf.folder / "lessons" / f"{number:02d}-{slug}.md"
        try:
            return self._whole(path, slug, number)
        except Damaged as damaged:
            self.shelf.problems += damaged.problems
            return Lesson(slug=slug, number=number, title=slug.replace("-", " ").capitalize(), fault=OUT_OF_SERVICE)

    def _whole(self, path: Path, slug: str, number: int) -> Lesson:
        file = path.relative_to(self.shelf.folder).as_posix()
        text = _text_of(path, file)
        match = FRONT_MATTER.match(text)
        if match is None:
            raise Damaged([Problem(file, 1, "There is no front matter", "Begin the file with --- and end it with ---")])
        front = parse(LessonFile, read_yaml(path, self.shelf.folder, match[1], first_line=2))
        first_line = 1 + text.count("\n", 0, match.end())
        written = text[match.end() :]
        body = render_lesson(SECTION.sub(r"\1", written), self.shelf.sources, first_line, self.terms)
        placed = [part for part in body.parts if isinstance(part, Placed)]
        items = self._checks(slug)
        figures = {p.id: self._figure(p.id) for p in placed if p.kind == "figure"}
        problems = [
            *(Problem(file, line, f"There is no box called {name}", "Mend its name") for line, name in body.unknown),
            *(Problem(file, line, "A box is not closed, or opened", OUTSIDE) for line in body.unclosed),
            *self._placement(file, placed, items),
            *(self._missing_source(file, text, f"[{key}]") for key in sorted(body.cited - set(front.sources))),
            *(self._missing_source(file, text, key) for key in front.sources if key not in self.shelf.sources),
            *(
                Problem(file, line_with(text, key), f"The fact {key} is not in facts.yaml", "Add it")
                for key in front.facts
                if key not in self.shelf.facts
            ),
        ]
        if problems:
            raise Damaged(problems)
        return Lesson(
            slug=slug,
            number=number,
            title=front.title,
            summary=front.summary,
            outcomes=front.outcomes,
            objectives=front.objectives,
            parts=tuple(part for part in body.parts if not self.shelf.is_withdrawn(part)),
            fault=WITHDRAWN if front.dates.withdrawn else "",
            section_facts={
                anchor_of(match[1]): tuple(match[2].replace(",", " ").split()) for match in SECTION.finditer(written)
            },
            opening=Asked(render_words(front.opening.question), render_words(front.opening.answer)),
            terms=body.terms,
            dates=front.dates,
            anchors=body.anchors,
            links=body.links,
            figures=figures,
            checks={key: item for key, item in items.items() if not self.shelf.is_withdrawn(item)},
            sources=tuple(self.shelf.sources[key] for key in front.sources),
            facts=front.facts,
            words=body.words + count_words(front.opening.question) + count_words(front.opening.answer),
            digest=digest(
                [
                    front.model_dump(mode="json", exclude={"dates"}),
                    *(written, sorted(item.digest for item in items.values())),
                    *(sorted((f.id, f.title, f.alt, f.svg, f.description) for f in figures.values())),
                    *(self.shelf.sources[key].model_dump(mode="json") for key in front.sources),
                ]
            ),
        )

    @staticmethod
    def _missing_source(file: str, text: str, key: str) -> Problem:
        fault = f"The source {key.strip('[]')} is cited but not listed"
        return Problem(file, line_with(text, key), fault, "Add it to `sources:` and to sources.yaml")

    @staticmethod
    def _placement(file: str, placed: list[Placed], items: Mapping[str, AnyItem]) -> list[Problem]:
        wanted = [p for p in placed if p.kind == "check"]
        return [
            Problem(file, p.line, f"There is no check {p.id}", "Write it in checks/, or take it out")
            for p in wanted
            if p.id not in items
        ] + [
            Problem(file, 1, f"The check {key} is not placed in the lesson", "Place it with ::: check, or take it out")
            for key in items
            if key not in {p.id for p in wanted}
        ]

    def _checks(self, slug: str) -> dict[str, AnyItem]:
        path = self.shelf.folder / "checks" / f"{slug}.yaml"
        if not path.exists():
            return {}
        document = read_yaml(path, self.shelf.folder)
        items = self.shelf.items(document, document.value, ())
        unfit = [
            Problem(
                *self.shelf.item_places[item.id],
                f"Item {item.id} is of a type that only a quiz can ask",
                "Move it there",
            )
            for item in items
            if not item.inline
        ]
        if unfit:
            raise Damaged(unfit)
        return {item.id: item for item in items}

    def _figure(self, figure_id: str) -> Figure:
        path = self.shelf.folder / "figures" / f"{figure_id}.yaml"
        front = parse(FigureFile, read_yaml(path, self.shelf.folder))
        drawing = path.with_suffix(".svg")
        file = drawing.relative_to(self.shelf.folder).as_posix()
        try:
            svg = read_svg(drawing, {"role": "img", "aria-label": front.alt, "focusable": "false"})
        except FileNotFoundError as error:
            raise Damaged([Problem(file, 1, "The drawing is missing", "Add it beside its description")]) from error
        except BadFigure as error:
            raise Damaged([Problem(file, 1, str(error), "Use only what docs/authoring.md lists")]) from error
        return Figure(
            id=figure_id,
            title=front.title,
            alt=front.alt,
            svg=svg,
            description=render_words(front.description),
            facts=front.facts,
            sources=front.sources,
        )


def _text_of(path: Path, file: str) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise Damaged([Problem(file, 1, "The lesson is missing", "Add it, or take it out of the path")]) from error
    except UnicodeDecodeError as error:
        raise Damaged([Problem(file, 1, "The file is not UTF-8", "Save it as UTF-8")]) from error
