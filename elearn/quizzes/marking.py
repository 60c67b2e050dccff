"""Marking a paper, under the rulings that educators have made on its items since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from elearn.items.base import Item, Response
from elearn.quizzes.rules import Mark, RulingKind, mark


@dataclass(frozen=True)
class Ruled:
    """One ruling on an item version, as marking and pages need it."""

    kind: RulingKind
    alternative: str
    reason: str
    at: datetime | None = None


@dataclass(frozen=True)
class InForce:
    """An item version under all its rulings: each of another key, void or full marks replaces what was ruled before."""

    item: Item
    void: bool = False
    full: bool = False
    last: Ruled | None = None

    @property
    def possible(self) -> int:
        """The points that can be had; none where the item does not count."""
        return 0 if self.void else self.item.possible

    def points(self, response: Response | None) -> int:
        """The points that a response has."""
        return self.possible if self.full else 0 if self.void else self.item.points(response)


def under(item: Item, rulings: Iterable[Ruled]) -> InForce:
    """The item under its rulings, in their order. Raises ValueError where an alternative is none of the item's."""
    found = InForce(item)
    for ruling in rulings:
        match ruling.kind:
            case RulingKind.CORRECT:
                found = InForce(item.with_key(ruling.alternative, also=False), last=ruling)
            case RulingKind.ACCEPT:
                found = InForce(found.item.with_key(ruling.alternative, also=True), last=ruling)
            case RulingKind.VOID:
                found = InForce(found.item, void=True, last=ruling)
            case RulingKind.FULL:
                found = InForce(found.item, full=True, last=ruling)
    return found


def mark_paper(
    answered: Sequence[tuple[Item, Response | None]], rulings: Mapping[str, Sequence[Ruled]], pass_percent: int
) -> Mark:
    """Mark a whole paper; `rulings` are by item digest."""
    ruled = [(under(item, rulings.get(item.digest, ())), response) for item, response in answered]
    possible = sum(place.possible for place, _ in ruled)
    return mark([place.points(response) for place, response in ruled], possible, pass_percent)
