"""The paper of an attempt: which items, in which order, with which order of options; drawn once and stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from pydantic import ValidationError

from elearn.content.structure import Quiz
from elearn.items.base import Item, Order
from elearn.items.registry import parse_item


@dataclass(frozen=True)
class Place:
    """One position of a paper."""

    item: Item
    order: Order


Paper = tuple[Place, ...]


def draw(quiz: Quiz, seen: Collection[str], randomness: Random, void: Collection[str] = ()) -> Paper:
    """Draw a paper by the quiz's blueprint, items not seen before (by item id) first, in an order of its own.

    Items that are `void` by a ruling (by digest) are drawn only where there are not enough others.
    `randomness` is a CSPRNG in use (trust.md Q-8), so that nobody can foretell a paper.
    """
    drawn: list[Item] = []
    for cell in quiz.blueprint:
        pool = [item for item in quiz.items if isinstance(item, Item) and item.objective == cell.objective]
        randomness.shuffle(pool)
        pool.sort(key=lambda item: (item.digest in void, item.id in seen))
        drawn += pool[: cell.draw]
    randomness.shuffle(drawn)
    return tuple(Place(item, item.drawn_order(randomness)) for item in drawn)


class BrokenVersion(ValueError):
    """Stored content that no item can be made of."""


def version_of(content: Mapping[str, Any]) -> Item:
    """The item of stored content. Raises BrokenVersion."""
    try:
        return parse_item(dict(content))
    except ValidationError as error:
        # Its own words quote the content, and so the key, which must not reach the log (trust.md Q-1).
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in error.errors(include_input=False)]
        raise BrokenVersion("; ".join(faults)) from None
