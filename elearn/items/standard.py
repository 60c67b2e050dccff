"""Setting a pass mark: modified Angoff, and what a guesser would reach.

Judges imagine a learner who just passes and say, for each item, what share of its points that learner would get; the mean over
a paper is the cut (fact CP-33). It is rounded up to whole fives, so that small changes of a bank move no pass mark.
"""

import math
from collections.abc import Mapping, Sequence

from elearn.content.schema import BlueprintCell, ItemRecord
from elearn.content.structure import AnyItem, Quiz
from elearn.items.base import Item

STEP = 5


def items_in(cell: BlueprintCell, quiz: Quiz) -> list[AnyItem]:
    """The items that a cell of the blueprint draws from."""
    return [item for item in quiz.items if item.objective == cell.objective]


def cut(quiz: Quiz, records: Mapping[str, ItemRecord]) -> float | None:
    """The share of a paper's points that a borderline learner is expected to get; None where an item has no facility.

    Each cell counts by the points that its draws bring on the average.
    """
    expected = possible = 0.0
    for cell in quiz.blueprint:
        items = items_in(cell, quiz)
        known = [records[item.id].facility if item.id in records else None for item in items]
        judged = [share for share in known if share is not None]
        if len(judged) < len(items) or not items:
            return None
        each = cell.draw / len(items)
        expected += each * sum(share * item.possible for share, item in zip(judged, items, strict=True))
        possible += each * sum(item.possible for item in items)
    return expected / possible if possible else None


def pass_percent(share: float) -> int:
    """The pass mark that follows from a cut: the next whole five per cent."""
    return min(100, STEP * math.ceil(round(100 * share / STEP, 4)))


def passes_by_chance(quiz: Quiz) -> float:
    """How likely somebody passes who answers every item of a paper by guessing.

    Every item of a cell is as likely to be drawn as any other; two of one cell are taken as drawn apart.
    """
    spread = [1.0]
    for cell in quiz.blueprint:
        one = _mean([item.by_chance() for item in items_in(cell, quiz) if isinstance(item, Item)])
        for _ in range(cell.draw):
            spread = _sum(spread, one)
    possible = len(spread) - 1
    needed = math.ceil(possible * quiz.rules.pass_percent / 100)
    return sum(spread[needed:])


def _mean(spreads: Sequence[Sequence[float]]) -> list[float]:
    longest = max(map(len, spreads), default=1)
    padded = [[*spread, *[0.0] * (longest - len(spread))] for spread in spreads]
    return [sum(column) / len(padded) for column in zip(*padded, strict=True)] or [1.0]


def _sum(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """The spread of the sum of two numbers of points."""
    total = [0.0] * (len(one) + len(other) - 1)
    for a, first in enumerate(one):
        for b, second in enumerate(other):
            total[a + b] += first * second
    return total
