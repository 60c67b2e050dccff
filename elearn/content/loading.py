"""Reading a module's folder into a `Module`, and saying everything that is wrong with it."""

from collections.abc import Mapping

from pydantic import TypeAdapter

from elearn.content.lessons import OUT_OF_SERVICE, WITHDRAWN, LessonReader
from elearn.content.problems import Damaged, Problem, YamlText, parse, read_yaml
from elearn.content.rendering import Terms
from elearn.content.schema import Coverage, Fact, LessonStep, ModuleFile, QuizFile, QuizRules, QuizStep, Source, Term
from elearn.content.shelf import Shelf
from elearn.content.structure import AnyItem, Lesson, Module, Quiz, Step, StepKind
from elearn.shared.canonical import digest

PRETEST_RULES = QuizRules(attempts=1, waiting_hours=(), counted=False)
DATES = {"released", "last_reviewed", "next_review", "withdrawn"}
OWN_STEPS = {
    "reflection": "Reflect on what you learned",
    "evaluation": "Evaluate the module",
    "certificate": "Get your certificate",
}


def read_module(shelf: Shelf) -> Module:
    """The module. Raises Damaged only where there is no usable `module.yaml`."""
    document = read_yaml(shelf.folder / "module.yaml", shelf.folder)
    front = parse(ModuleFile, document)
    shelf.sources = shelf.by_id(Source, "sources.yaml")
    shelf.facts = shelf.by_id(Fact, "facts.yaml")
    shelf.glossary = shelf.by_id(Term, "glossary.yaml")
    lesson_reader = LessonReader(shelf, Terms(shelf.glossary.values()))
    lessons = {
        step.lesson: lesson_reader.read(step.lesson, number)
        for number, step in enumerate((s for s in front.path if isinstance(s, LessonStep)), start=1)
    }
    quizzes = {step.quiz: _quiz(shelf, step.quiz, front) for step in front.path if isinstance(step, QuizStep)}
    pretest = _quiz(shelf, front.pretest, front, PRETEST_RULES) if front.pretest else None
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
        facts=shelf.facts,
        sources=shelf.sources,
        history=front.history,
        coverage=tuple(entry for _, entry in shelf.entries(Coverage, "coverage.yaml")),
        glossary=tuple(shelf.glossary.values()),
        records=shelf.records,
        digest=digest(
            [
                front.model_dump(mode="json", exclude=DATES | {"history"}),
                [term.model_dump(mode="json") for term in shelf.glossary.values()],
                *(lesson.digest for lesson in lessons.values()),
                *(q.digest for q in (*quizzes.values(), *filter(None, [pretest]))),
            ]
        ),
    )


def _quiz(shelf: Shelf, slug: str, module: ModuleFile, rules: QuizRules | None = None) -> Quiz:
    try:
        document = read_yaml(shelf.folder / "quizzes" / f"{slug}.yaml", shelf.folder)
        front = parse(QuizFile, document)
        every = shelf.items(document, front.items, ("items",))
        items = tuple(item for item in every if not shelf.is_withdrawn(item))
        _check_blueprint(document, front, items)
    except Damaged as damaged:
        shelf.problems += damaged.problems
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


def _check_blueprint(document: YamlText, front: QuizFile, items: tuple[AnyItem, ...]) -> None:
    cells = {cell.objective: cell for cell in front.blueprint}
    problems = [
        Problem(document.file, document.line_of(("items", n)), f"Item {i.id}: no objective {i.objective}", "Mend it")
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
