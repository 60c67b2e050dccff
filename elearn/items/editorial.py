"""What a careful editor asks of a module's items: records, sound writing, comparable papers, a method for each mark."""

from collections.abc import Iterable, Iterator, Mapping

from elearn.content.problems import Problem
from elearn.content.schema import ItemRecord, Level
from elearn.content.structure import AnyItem, Module, Quiz
from elearn.items import standard
from elearn.items.base import Item
from elearn.items.item_writing import NAMES, flaws, out_of_balance

Places = Mapping[str, tuple[str, int]]
"""Where each item stands: file and line."""

MOST_RECALL = 0.25  # fact CP-30


def problems(module: Module, places: Places) -> list[Problem]:
    """Everything that an editor would send back."""
    checks = [item for lesson in module.lessons.values() for item in lesson.checks.values()]
    found: list[Problem] = []
    for item in checks:
        found += _of_item(item, module.records.get(item.id), places[item.id])
    found += _of_many(checks, "checks/")
    for quiz in (quiz for quiz in module.every_quiz if not quiz.fault):
        for item in quiz.items:
            found += _of_item(item, module.records.get(item.id), places[item.id], in_quiz=True)
        found += _of_many(quiz.items, _file_of(quiz))
        found += _blueprint(quiz)
        if quiz.rules.counted:
            found += _pass_mark(quiz, module.records)
    return found + list(_recall(module, checks))


def _file_of(quiz: Quiz) -> str:
    return f"quizzes/{quiz.slug}.yaml"


def _of_item(
    item: AnyItem, record: ItemRecord | None, place: tuple[str, int], *, in_quiz: bool = False
) -> Iterator[Problem]:
    if record is None:
        yield Problem(*place, f"Item {item.id} has no record", "Give it a difficulty and a history")
    elif in_quiz and record.facility is None:
        remedy = "Say which share of its points a borderline learner gets"
        yield Problem(*place, f"Item {item.id} has no facility", remedy)
    if not isinstance(item, Item):
        return
    overrules = record.overrules if record else {}
    broken = flaws(item)
    for flaw in broken:
        if flaw.rule not in overrules:
            where = f", {flaw.part}" if flaw.part else ""
            fault = f"Item {item.id}{where}: {flaw.words} ({flaw.rule}, {flaw.source})"
            yield Problem(*place, fault, "Mend it, or overrule the rule in its record, with the reason")
    for name in sorted(set(overrules) - {flaw.rule for flaw in broken}):
        fault = f"Item {item.id} overrules {name}, which " + ("it keeps" if name in NAMES else "is no rule")
        yield Problem(*place, fault, "Take that out of its record")


def _of_many(items: Iterable[AnyItem], file: str) -> Iterator[Problem]:
    for fault in out_of_balance([item for item in items if isinstance(item, Item)]):
        yield Problem(file, 1, fault, "Move keys, or cut words")


def _blueprint(quiz: Quiz) -> Iterator[Problem]:
    """Papers are comparable where the items of a cell bring the same points; a retake shares at most half with the first."""
    for cell in quiz.blueprint:
        items = standard.items_in(cell, quiz)
        if len({item.possible for item in items}) > 1:
            fault = f"The items of {cell.objective} bring different points"
            yield Problem(_file_of(quiz), 1, fault, "Put them into cells of like points")
        if quiz.rules.attempts > 1 and 2 * len(items) < 3 * cell.draw:
            fault = f"The objective {cell.objective} has too few items: a retake would share more than half"
            yield Problem(_file_of(quiz), 1, fault, "Write more, or draw fewer")


def _pass_mark(quiz: Quiz, records: Mapping[str, ItemRecord]) -> Iterator[Problem]:
    share = standard.cut(quiz, records)
    if share is not None and standard.pass_percent(share) != quiz.rules.pass_percent:
        fault = f"The pass mark is {quiz.rules.pass_percent} %, and the expected facilities give {100 * share:.1f} %"
        yield Problem(_file_of(quiz), 1, fault, f"Set it to {standard.pass_percent(share)}, or judge the items again")


def _recall(module: Module, checks: Iterable[AnyItem]) -> Iterator[Problem]:
    items = [*checks, *(item for quiz in module.every_quiz for item in quiz.items)]
    recalling = sum(item.level is Level.RECALL for item in items)
    if recalling > MOST_RECALL * len(items):
        fault = f"{recalling} of {len(items)} items ask for recall alone"
        yield Problem("module.yaml", 1, fault, "At most a quarter may: let some ask for understanding")
