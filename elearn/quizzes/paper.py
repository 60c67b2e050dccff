"""The paper of an attempt: which items, in which order, with which order of options; drawn once and stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from elearn.content.structure import Quiz
from elearn.items.base import Item, Order
from elearn.items.registry import parse_item


@dataclass(frozen=True)
class Place:
    """One position of a paper."""

    item: Item
    order: Order


Paper = tuple[Place, ...]


def draw(quiz: Quiz, seen: Collection[str], randomness: Random) -> Paper:
    """Draw a paper by the quiz's blueprint, items not seen before (by item id) first, in an order of its own.

    `randomness` is a CSPRNG in use (trust.md Q-8), so that nobody can foretell a paper.
    """
    drawn: list[Item] = []
    for cell in quiz.blueprint:
        pool = [item for item in quiz.items if isinstance(item, Item) and item.objective == cell.objective]
        randomness.shuffle(pool)
        pool.sort(key=lambda item: item.id in seen)
        drawn += pool[: cell.draw]
    randomness.shuffle(drawn)
    return tuple(Place(item, item.drawn_order(randomness)) for item in drawn)


def version_of(content: Mapping[str, Any]) -> Item:
    """The item of stored content."""
    return parse_item(dict(content))
