"""What only the whole module can show: references between its files, and promises that its parts make together."""

from collections.abc import Collection, Iterator

from elearn.content.problems import Problem, line_with
from elearn.content.schema import Dated
from elearn.content.shelf import Shelf
from elearn.content.structure import AnyItem, Lesson, Module

MODULE, GLOSSARY = "module.yaml", "glossary.yaml"
DISORDER, IN_ORDER = "The dates are not in order", "released <= last_reviewed < next_review"
# What lesson pages themselves use as ids.
PAGE_ANCHORS = ("objectives", "opening", "opening-answer", "sources", "done", "maincontent")


def check(shelf: Shelf, module: Module) -> list[Problem]:
    """Every problem of a folder that has been read: those of single files, then those of the whole."""
    return sorted(
        {
            *shelf.problems,
            *_sections(shelf, module),
            *_outcomes(shelf, module),
            *_outcomes_named(shelf, module),
            *_links(shelf, module),
            *_anchors(shelf, module),
            *_figures(shelf, module),
            *_coverage(shelf, module),
            *_facts(shelf, module),
            *_dates(shelf, module),
            *_terms(shelf, module),
            *_section_facts(shelf, module),
        }
    )


def items_of(module: Module) -> list[AnyItem]:
    """Every item of a module: the inline checks in the order of the lessons, then the quizzes."""
    checks = [item for lesson in module.lessons.values() for item in lesson.checks.values()]
    return checks + [item for quiz in module.every_quiz for item in quiz.items]


def _line(shelf: Shelf, file: str, needle: str, *, last: bool = False) -> int:
    """The line of a file that says `needle`, the first or the last one."""
    text = (shelf.folder / file).read_text(encoding="utf-8")
    return 1 + text.count("\n", 0, text.rfind(needle)) if last and needle in text else line_with(text, needle)


def _file_of(lesson: Lesson) -> str:
    return f"lessons/{lesson.number:02d}-{lesson.slug}.md"


def _sections(shelf: Shelf, module: Module) -> list[Problem]:
    taught = set(module.sections_taught())
    return [
        Problem(*shelf.item_places[item.id], f"Item {item.id}: there is no section {item.section}", "Name a heading")
        for item in items_of(module)
        if item.section not in taught
    ]


def _outcomes(shelf: Shelf, module: Module) -> list[Problem]:
    known = {outcome.id for outcome in module.outcomes}
    tested = {item.outcome for item in items_of(module)}
    untested = [
        Problem(
            MODULE,
            _line(shelf, MODULE, f"id: {outcome}"),
            f"The outcome {outcome} has no item",
            "Write one, or take the outcome out",
        )
        for outcome in sorted(known - tested)
    ]
    return untested + [
        Problem(*shelf.item_places[item.id], f"Item {item.id}: there is no outcome {item.outcome}", "Mend its name")
        for item in items_of(module)
        if item.outcome not in known
    ]


def _outcomes_named(shelf: Shelf, module: Module) -> Iterator[Problem]:
    """Outcomes that lessons and blueprints name."""
    known = {outcome.id for outcome in module.outcomes}
    named: list[tuple[str, Collection[str]]] = [
        (_file_of(lesson), lesson.outcomes) for lesson in module.lessons.values()
    ]
    named += [(f"quizzes/{quiz.slug}.yaml", [cell.outcome for cell in quiz.blueprint]) for quiz in module.every_quiz]
    for file, outcomes in named:
        for outcome in sorted(set(outcomes) - known):
            yield Problem(file, _line(shelf, file, outcome), f"There is no outcome {outcome}", "Mend its name")


def _links(shelf: Shelf, module: Module) -> list[Problem]:
    taught = {*module.sections_taught(), *module.lessons}
    return [
        Problem(
            _file_of(lesson),
            _line(shelf, _file_of(lesson), f"lesson:{link}"),
            f"A link leads to {link}, which is not there",
            "Mend it",
        )
        for lesson in module.lessons.values()
        for link in sorted(lesson.links - taught)
    ]


def _anchors(shelf: Shelf, module: Module) -> Iterator[Problem]:
    """Headings that would have one address."""
    for lesson in module.lessons.values():
        seen = set(PAGE_ANCHORS)
        for anchor, heading in lesson.anchors:
            if anchor in seen:
                line = _line(shelf, _file_of(lesson), heading, last=True)
                yield Problem(_file_of(lesson), line, f"The heading “{heading}” stands twice", "Give one other words")
            seen.add(anchor)


def _figures(shelf: Shelf, module: Module) -> Iterator[Problem]:
    """Facts and sources that figures name."""
    for figure in (figure for lesson in module.lessons.values() for figure in lesson.figures.values()):
        file = f"figures/{figure.id}.yaml"
        for kind, named, known in (
            ("fact", figure.facts, module.facts),
            ("source", figure.sources, module.sources),
        ):
            for key in sorted(set(named) - set(known)):
                yield Problem(file, _line(shelf, file, key), f"The {kind} {key} is not in {kind}s.yaml", "Add it")


def _coverage(shelf: Shelf, module: Module) -> list[Problem]:
    taught = set(module.sections_taught())
    numbers = [entry.paragraph for entry in module.coverage]
    problems = [
        Problem(
            "coverage.yaml",
            _line(shelf, "coverage.yaml", section),
            f"Paragraph {entry.paragraph}: there is no section {section}",
            "Name a heading",
        )
        for entry in module.coverage
        for section in entry.sections
        if section not in taught
    ]
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(Problem("coverage.yaml", 1, "The paragraphs are not numbered 1, 2, 3 ...", "Number them again"))
    return problems


def _facts(shelf: Shelf, module: Module) -> list[Problem]:
    return [
        Problem(
            "facts.yaml",
            _line(shelf, "facts.yaml", f"id: {fact.id}\n"),
            f"{fact.id} names the source {source}, which is not in sources.yaml",
            "Add it",
        )
        for fact in module.facts.values()
        for source in fact.sources
        if source not in module.sources
    ]


def _dates(shelf: Shelf, module: Module) -> Iterator[Problem]:
    dated: list[tuple[str, str, Dated]] = [
        *((_file_of(lesson), "dates:", lesson.dates) for lesson in module.lessons.values() if lesson.dates),
        *((f"quizzes/{quiz.slug}.yaml", "dates:", quiz.dates) for quiz in module.every_quiz if quiz.dates),
        *((shelf.item_places[key][0], f"id: {key}", r.dates) for key, r in module.records.items() if r.dates),
    ]
    for file, needle, dates in dated:
        if not dates.released <= dates.last_reviewed < dates.next_review:
            yield Problem(file, _line(shelf, file, needle), DISORDER, IN_ORDER)
    if not module.released <= module.last_reviewed < module.next_review:
        yield Problem(MODULE, _line(shelf, MODULE, "released:"), DISORDER, IN_ORDER)


def _terms(shelf: Shelf, module: Module) -> Iterator[Problem]:
    """The glossary: each form belongs to one term, and facts are known."""
    forms: dict[str, str] = {}
    for term in module.glossary:
        line = _line(shelf, GLOSSARY, f"id: {term.id}\n")
        for form in (term.term, *term.also):
            if forms.setdefault(form.lower(), term.id) != term.id:
                fault = f"“{form}” belongs to {forms[form.lower()]} and to {term.id}"
                yield Problem(GLOSSARY, line, fault, "Leave it with one of them")
        for key in sorted(set(term.facts) - set(module.facts)):
            yield Problem(GLOSSARY, line, f"{term.id}: the fact {key} is not in facts.yaml", "Add it")


def _section_facts(shelf: Shelf, module: Module) -> Iterator[Problem]:
    """The facts behind a heading are among those of the lesson."""
    for lesson in module.lessons.values():
        for anchor, facts in lesson.section_facts.items():
            for key in sorted(set(facts) - set(lesson.facts)):
                line = _line(shelf, _file_of(lesson), lesson.title_of(anchor))
                yield Problem(
                    _file_of(lesson), line, f"The fact {key} is not among those of the lesson", "Add it to `facts:`"
                )
