"""What every question type is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Annotated, Any, ClassVar

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, StringConstraints

from elearn.content.schema import FactId, Level, SectionRef, Slug, Words
from elearn.shared.canonical import digest

Response = dict[str, Any]
"""What a person answered, as JSON: its shape is the item type's own."""

Order = tuple[str, ...]
"""The ids of an item's options in the order of one paper."""


class BadResponse(ValueError):
    """What came from the form cannot be an answer to this item."""


@dataclass(frozen=True)
class Choice:
    """One option as a page shows it before submission: its place is its value, and nothing tells the key."""

    value: str
    label: Markup
    chosen: bool


@dataclass(frozen=True)
class Face:
    """What a page may show of an item before it is marked."""

    template: str
    stem: Markup
    lead_in: Markup
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class OptionReview:
    """One option after marking. `rationale` is empty, and `right` None, where they are not released yet."""

    label: Markup
    chosen: bool
    right: bool | None
    rationale: Markup


@dataclass(frozen=True)
class Review:
    """An item after marking."""

    stem: Markup
    lead_in: Markup
    right: bool
    answered: bool
    options: tuple[OptionReview, ...]


class Item(BaseModel, ABC):
    """One question. Its content is immutable: a changed one has another digest."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    template: ClassVar[str]

    id: Slug
    type: str
    outcome: Slug
    objective: Slug | None = None
    level: Level
    stem: Words
    lead_in: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    section: SectionRef
    facts: tuple[FactId, ...] = ()

    @cached_property
    def digest(self) -> str:
        """What this version of the item is known by."""
        return digest(self.model_dump(mode="json"))

    @property
    @abstractmethod
    def possible(self) -> int:
        """The most points that can be had."""

    @abstractmethod
    def natural_order(self) -> Order:
        """The options as the author wrote them."""

    def drawn_order(self, randomness: Random) -> Order:
        """The options in an order of their own for one paper."""
        order = list(self.natural_order())
        randomness.shuffle(order)
        return tuple(order)

    @abstractmethod
    def read(self, values: Sequence[str], order: Order) -> Response | None:
        """What a form says; None where nothing was answered. Raises BadResponse."""

    @abstractmethod
    def points(self, response: Response | None) -> int:
        """The points that a response earns, 0 to `possible`."""

    @abstractmethod
    def wording(self, response: Response | None) -> str:
        """A response in words, for reports."""

    @abstractmethod
    def face(self, order: Order, response: Response | None) -> Face:
        """What may be shown before marking."""

    @abstractmethod
    def review(self, order: Order, response: Response | None, *, everything: bool) -> Review:
        """What is shown after marking: all of it, or only what concerns the chosen options."""
