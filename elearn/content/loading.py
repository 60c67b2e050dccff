"""Reading a module's folder into a `Module`, and saying everything that is wrong with it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from elearn.content.problems import Damaged, Parsed, Problem, YamlText, line_with, parse, read_yaml
from elearn.content.rendering import (
    BadFigure,
    Placed,
    Terms,
    Text,
    anchor_of,
    count_words,
    read_svg,
    render_lesson,
    render_words,
)
from elearn.content.schema import (
    Coverage,
    Fact,
    FigureFile,
    ItemRecord,
    LessonFile,
    LessonStep,
    ModuleFile,
    QuizFile,
    QuizRules,
    QuizStep,
    Source,
    Term,
)
from elearn.content.structure import AnyItem, Asked, Figure, Lesson, Module, Quiz, Step, StepKind
from elearn.shared.canonical import digest

ItemParser = Callable[[Any], AnyItem]
"""Makes an item of what a file says; raises pydantic's ValidationError."""

FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
SECTION = re.compile(r"^(#{2,3} .*?) \{([A-Z]{2}-[^}]*)\} *$", re.MULTILINE)
PRETEST_RULES = QuizRules(attempts=1, waiting_hours=(), counted=False)
DATES = {"released", "last_reviewed", "next_review", "withdrawn"}
OUT_OF_SERVICE = "This part is being mended, so you can pass it by for now. Your certificate waits for it."
WITHDRAWN = "This part has been withdrawn, so you can pass it by. Your certificate waits for what replaces it."
OUTSIDE = "End it with :::, before any figure or check"
OWN_STEPS = {
    "reflection": "Reflect on what you learned",
    "evaluation": "Evaluate the module",
    "certificate": "Get your certificate",
}


@dataclass
class Reader:
    """One reading of one folder: what was found wrong gathers in `problems`."""

    folder: Path
    parse_item: ItemParser
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    glossary: dict[str, Term] = field(default_factory=dict)
    records: dict[str, ItemRecord] = field(default_factory=dict)
    item_places: dict[str, tuple[str, int]] = field(default_factory=dict)

    def note(self, file: str, line: int, fault: str, remedy: str) -> None:
        """Remember a problem."""
        self.problems.append(Problem(file, line, fault, remedy))

    def read(self) -> Module:
        """The module. Raises Damaged only where there is no usable `module.yaml`."""
        document = read_yaml(self.folder / "module.yaml", self.folder)
        front = parse(ModuleFile, document)
        self.sources = self._by_id(Source, "sources.yaml")
        self.facts = self._by_id(Fact, "facts.yaml")
        self.glossary = self._by_id(Term, "glossary.yaml")
        self._terms = Terms(self.glossary.values())
        lessons = {
            step.lesson: self._lesson(step.lesson, number)
            for number, step in enumerate((s for s in front.path if isinstance(s, LessonStep)), start=1)
        }
        quizzes = {step.quiz: self._quiz(step.quiz, front) for step in front.path if isinstance(step, QuizStep)}
        pretest = self._quiz(front.pretest, front, PRETEST_RULES) if front.pretest else None
        return Module(
            **front.model_dump(
                include={
                    *("slug", "title", "version", "summary", "audience", "funding", "method", "provenance"),
                    *("released", "last_reviewed", "next_review", "withdrawn"),
                }
            ),
            outcomes=front.outcomes,
            authors=front.authors,
            path=tuple(_step(step, lessons, quizzes) for step in front.path),
            lessons=lessons,
            quizzes=quizzes,
            pretest=pretest,
            facts=self.facts,
            sources=self.sources,
            history=front.history,
            coverage=tuple(entry for _, entry in self._list(Coverage, "coverage.yaml")),
            glossary=tuple(self.glossary.values()),
            records=self.records,
            digest=digest(
                [
                    front.model_dump(mode="json", exclude=DATES | {"history"}),
                    [term.model_dump(mode="json") for term in self.glossary.values()],
                    *(lesson.digest for lesson in lessons.values()),
                    *(q.digest for q in (*quizzes.values(), *filter(None, [pretest]))),
                ]
            ),
        )

    # -- lists of things ---------------------------------------------------------------------------------------------

    def _list(self, shape: type[Parsed], name: str) -> Iterator[tuple[int, Parsed]]:
        """Every entry of a list that can be used, with its line."""
        try:
            document = read_yaml(self.folder / name, self.folder)
        except Damaged as damaged:
            self.problems += damaged.problems
            return
        if not isinstance(document.value, list):
            self.note(name, 1, "The file is not a list", "Begin each entry with a dash")
            return
        for index in range(len(document.value)):
            try:
                yield document.line_of((index,)), parse(shape, document, (index,))
            except Damaged as damaged:
                self.problems += damaged.problems

    def _by_id(self, shape: Any, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for line, entry in self._list(shape, name):
            if entry.id in found:
                self.note(name, line, f"{entry.id} stands twice", "Keep one of the two")
            found[entry.id] = entry
        return found

    # -- lessons -----------------------------------------------------------------------------------------------------

    def _lesson(self, slug: str, number: int) -> Lesson:
        path = self.folder / "lessons" / f"{number:02d}-{slug}.md"
        try:
            return self._whole_lesson(path, slug, number)
        except Damaged as damaged:
            self.problems += damaged.problems
            return Lesson(slug=slug, number=number, title=slug.replace("-", " ").capitalize(), fault=OUT_OF_SERVICE)

    def _whole_lesson(self, path: Path, slug: str, number: int) -> Lesson:
        file = path.relative_to(self.folder).as_posix()
        text = _text_of(path, file)
        match = FRONT_MATTER.match(text)
        if match is None:
            raise Damaged([Problem(file, 1, "There is no front matter", "Begin the file with --- and end it with ---")])
        front = parse(LessonFile, read_yaml(path, self.folder, match[1], first_line=2))
        first_line = 1 + text.count("\n", 0, match.end())
        written = text[match.end() :]
        body = render_lesson(SECTION.sub(r"\1", written), self.sources, first_line, self._terms)
        placed = [part for part in body.parts if isinstance(part, Placed)]
        items = self._checks(slug)
        figures = {p.id: self._figure(p.id) for p in placed if p.kind == "figure"}
        problems = [
            *(Problem(file, line, f"There is no box called {name}", "Mend its name") for line, name in body.unknown),
            *(Problem(file, line, "A box is not closed, or opened", OUTSIDE) for line in body.unclosed),
            *self._placement(file, placed, items),
            *(self._missing_source(file, text, f"[{key}]") for key in sorted(body.cited - set(front.sources))),
            *(self._missing_source(file, text, key) for key in front.sources if key not in self.sources),
            *(
                Problem(file, line_with(text, key), f"The fact {key} is not in facts.yaml", "Add it")
                for key in front.facts
                if key not in self.facts
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
            parts=tuple(part for part in body.parts if not self._is_withdrawn(part)),
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
            checks={key: item for key, item in items.items() if not self._is_withdrawn(item)},
            sources=tuple(self.sources[key] for key in front.sources),
            facts=front.facts,
            words=body.words + count_words(front.opening.question) + count_words(front.opening.answer),
            digest=digest(
                [
                    front.model_dump(mode="json", exclude={"dates"}),
                    *(written, sorted(item.digest for item in items.values())),
                    *(sorted((f.id, f.title, f.alt, f.svg, f.description) for f in figures.values())),
                    *(self.sources[key].model_dump(mode="json") for key in front.sources),
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
        path = self.folder / "checks" / f"{slug}.yaml"
        if not path.exists():
            return {}
        document = read_yaml(path, self.folder)
        items = self._items(document, document.value, ())
        unfit = [
            Problem(
                *self.item_places[item.id], f"Item {item.id} is of a type that only a quiz can ask", "Move it there"
            )
            for item in items
            if not item.inline
        ]
        if unfit:
            raise Damaged(unfit)
        return {item.id: item for item in items}

    def _figure(self, figure_id: str) -> Figure:
        path = self.folder / "figures" / f"{figure_id}.yaml"
        front = parse(FigureFile, read_yaml(path, self.folder))
        drawing = path.with_suffix(".svg")
        file = drawing.relative_to(self.folder).as_posix()
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

    # -- quizzes and items -------------------------------------------------------------------------------------------

    def _quiz(self, slug: str, module: ModuleFile, rules: QuizRules | None = None) -> Quiz:
        try:
            document = read_yaml(self.folder / "quizzes" / f"{slug}.yaml", self.folder)
            front = parse(QuizFile, document)
            every = self._items(document, front.items, ("items",))
            items = tuple(item for item in every if not self._is_withdrawn(item))
            self._check_blueprint(document, front, items)
        except Damaged as damaged:
            self.problems += damaged.problems
            return Quiz(slug=slug, title=slug.replace("-", " ").capitalize(), fault=OUT_OF_SERVICE)
        return Quiz(
            slug=slug,
            title=front.title,
            summary=front.summary,
            rules=rules or front.rules or module.quiz_rules,
            blueprint=front.blueprint,
            items=items,
            dates=front.dates,
            fault=WITHDRAWN if front.dates.withdrawn else "",
            digest=digest(
                [
                    front.model_dump(mode="json", exclude={"dates", "items"}),
                    *(item.digest for item in items),
                    module.quiz_rules.model_dump(mode="json"),
                ]
            ),
        )

    def _items(self, document: YamlText, raw: Any, place: tuple[str, ...]) -> list[AnyItem]:
        if not isinstance(raw, list | tuple):
            raise Damaged([Problem(document.file, 1, "The file is not a list of items", "Begin each item with a dash")])
        items, problems = [], []
        for index, value in enumerate(raw):
            try:
                item = self.parse_item(self._without_record(document, value, (*place, index)))
            except ValidationError as error:
                name = value.get("id", index + 1) if isinstance(value, dict) else index + 1
                for fault in error.errors():
                    field_name = ".".join(str(step) for step in fault["loc"]) or "the item"
                    where = (*place, index, *fault["loc"])
                    message = f"Item {name}, {field_name}: {fault['msg']}"
                    problems.append(Problem(document.file, document.line_of(where), message, "Mend the item"))
                continue
            line = document.line_of((*place, index))
            if item.id in self.item_places:
                problems.append(Problem(document.file, line, f"The id {item.id} stands twice", "Give one another id"))
            self.item_places[item.id] = (document.file, line)
            problems += [
                Problem(document.file, line, f"Item {item.id}: the fact {key} is not in facts.yaml", "Add it")
                for key in item.facts
                if key not in self.facts
            ]
            items.append(item)
        if problems:
            raise Damaged(problems)
        return items

    def _without_record(self, document: YamlText, value: Any, place: tuple[str | int, ...]) -> Any:
        """What the item itself says. Its record is kept apart: a review of it makes no other version. Raises Damaged."""
        if not isinstance(value, dict) or "record" not in value:
            return value
        self.records[str(value.get("id"))] = parse(ItemRecord, document, (*place, "record"))
        return {name: said for name, said in value.items() if name != "record"}

    def _is_withdrawn(self, item: AnyItem | Text | Placed) -> bool:
        """Whether an item, or the check that stands somewhere, has been withdrawn by the dates of its record."""
        record = None if isinstance(item, Text) else self.records.get(item.id)
        return bool(record and record.dates and record.dates.withdrawn)

    @staticmethod
    def _check_blueprint(document: YamlText, front: QuizFile, items: tuple[AnyItem, ...]) -> None:
        cells = {cell.objective: cell for cell in front.blueprint}
        problems = [
            Problem(
                document.file, document.line_of(("items", n)), f"Item {i.id}: no objective {i.objective}", "Mend it"
            )
            for n, i in enumerate(items)
            if i.objective not in cells
        ]
        for n, item in enumerate(items):
            cell = cells.get(item.objective or "")
            if cell and item.level not in cell.levels:
                fault = f"Item {item.id}: {cell.objective} has no items that ask to {item.level}"
                problems.append(Problem(document.file, document.line_of(("items", n)), fault, "Name another level"))
        for n, cell in enumerate(front.blueprint):
            have = sum(item.objective == cell.objective for item in items)
            if have < cell.draw:
                fault = f"The objective {cell.objective} draws {cell.draw} items and has {have}"
                line = document.line_of(("blueprint", n))
                problems.append(Problem(document.file, line, fault, "Write more items, or draw fewer"))
        if problems:
            raise Damaged(problems)


def _text_of(path: Path, file: str) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise Damaged([Problem(file, 1, "The lesson is missing", "Add it, or take it out of the path")]) from error
    except UnicodeDecodeError as error:
        raise Damaged([Problem(file, 1, "The file is not UTF-8", "Save it as UTF-8")]) from error


def _step(step: object, lessons: Mapping[str, Lesson], quizzes: Mapping[str, Quiz]) -> Step:
    if isinstance(step, LessonStep):
        lesson = lessons[step.lesson]
        minutes = max(1, round(lesson.minutes))
        return Step(f"lesson:{lesson.slug}", StepKind.LESSON, lesson.slug, lesson.title, minutes, lesson.fault)
    if isinstance(step, QuizStep):
        quiz = quizzes[step.quiz]
        minutes = max(1, round(quiz.minutes))
        return Step(f"quiz:{quiz.slug}", StepKind.QUIZ, quiz.slug, f"Quiz: {quiz.title}", minutes, quiz.fault)
    word = TypeAdapter(str).validate_python(step)
    return Step(word, StepKind(word), word, OWN_STEPS[word], 0)
