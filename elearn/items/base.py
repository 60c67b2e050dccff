"""What every question type is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Annotated, Any, ClassVar, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, StringConstraints

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import FactId, Level, SectionRef, Slug, Words
from elearn.items.asking import Put
from elearn.shared.canonical import digest

Response = dict[str, Any]
"""What a person answered, as JSON: its shape is the item type's own."""

Order = tuple[str, ...]
"""The ids of what one paper puts in an order of its own."""

Sent = Mapping[str, Sequence[str]]
"""The fields of a form, each with all its values."""

NOT_ANSWERED = "Not answered"


class BadResponse(ValueError):
    """What came from the form cannot be an answer to this item; the message says what to do.

    `control` ends the id of the control that the message is about: the page puts its own prefix before it.
    """

    def __init__(self, words: str, control: str = "-1") -> None:
        super().__init__(words)
        self.control = control


@dataclass(frozen=True)
class Choice:
    """One option as a page shows it before submission: its place is its value, and nothing tells the key."""

    value: str
    label: Markup
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Face:
    """What a page may show of an item before it is marked. Each type adds its own.

    `template` has the macros `asked(face, id, error, legend)` and `reviewed(review)`; `rule` says how it is marked, where
    that is not plain.
    """

    template: str
    stem: Markup
    lead_in: Markup
    rule: str = ""


@dataclass(frozen=True)
class OptionReview:
    """One option after marking. `rationale` is empty, and `right` None, where they are not released yet."""

    label: Markup
    chosen: bool
    right: bool | None
    rationale: Markup


@dataclass(frozen=True, kw_only=True)
class Review:
    """An item after marking. Each type adds its own."""

    template: str
    stem: Markup
    lead_in: Markup
    points: int
    possible: int
    answered: bool

    @property
    def right(self) -> bool:
        """Whether every point was earned."""
        return self.points == self.possible

    @property
    def verdict(self) -> str:
        """The mark in words."""
        if self.right:
            return "Right"
        if not self.answered:
            return NOT_ANSWERED
        return f"Partly right: {self.points} of {self.possible} points" if self.points else "Not right"


@dataclass(frozen=True)
class Alternative:
    """Another answer that an educator may choose as the key, or accept beside it, when a key was wrong."""

    id: str
    words: str


class Item(BaseModel, ABC):
    """One question. Its content is immutable: a changed one has another digest."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    template: ClassVar[str]
    nothing_chosen: ClassVar[str] = "Choose one answer"
    inline: ClassVar[bool] = True
    key_hint: ClassVar[str] = ""
    """How to write a key for `with_key`, where it cannot be chosen from `alternatives()`."""

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

    @cached_property
    def stem_html(self) -> Markup:
        """The stem as pages show it."""
        return render_words(self.stem)

    @cached_property
    def lead_in_html(self) -> Markup:
        """The question as pages show it."""
        return render_line(self.lead_in)

    def changed(self, **values: object) -> Self:
        """The same item with other content, checked anew. Raises pydantic's ValidationError."""
        return type(self).model_validate(self.model_dump(mode="json") | values)

    @property
    @abstractmethod
    def possible(self) -> int:
        """The most points that can be had."""

    @abstractmethod
    def natural_order(self) -> Order:
        """The order for everybody where no paper is drawn. It never tells the key."""

    def drawn_order(self, randomness: Random) -> Order:
        """An order of its own for one paper."""
        order = list(self.natural_order())
        randomness.shuffle(order)
        return tuple(order)

    @abstractmethod
    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:
        """What a form says, which replaces the answer that stood `before`; None where nothing was answered.

        Fields are named `answer`, or `answer-<part>`; values are places in the order, from 1. Raises BadResponse.
        """

    @abstractmethod
    def points(self, response: Response | None) -> int:
        """The points that a response earns, 0 to `possible`. A response of another shape earns none."""

    @abstractmethod
    def left(self, response: Response | None) -> int:
        """How many parts are not answered yet; 0 for a whole answer."""

    def goes_on(self, response: Response | None) -> bool:  # noqa: ARG002 - most types ask everything at once
        """Whether the item has more to show after this response, before the next item's turn."""
        return False

    @abstractmethod
    def wording(self, response: Response | None) -> str:
        """A response in words, for "check your answers" and reports."""

    @abstractmethod
    def face(self, order: Order, response: Response | None) -> Face:
        """What may be shown before marking."""

    @abstractmethod
    def review(self, order: Order, response: Response | None, *, everything: bool) -> Review:
        """What is shown after marking: all of it, or only what concerns what was chosen, without telling the key."""

    @abstractmethod
    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The forms, one after the other, that earn every point, or none: for the demonstration and for tests."""

    @abstractmethod
    def puts(self) -> tuple[Put, ...]:
        """Its questions with their options, as the rules of item writing look at them."""

    @abstractmethod
    def by_chance(self) -> tuple[float, ...]:
        """How likely each number of points, from 0 to `possible`, is for somebody who answers everything by guessing."""

    @abstractmethod
    def alternatives(self) -> tuple[Alternative, ...]:
        """What could be the key instead of it, or be accepted beside it."""

    @abstractmethod
    def with_key(self, alternative: str, *, also: bool) -> Self:
        """The item with this alternative as its key, or accepted `also`. Raises ValueError in the educator's words."""


def place_in(sent: Sent, name: str, count: int, words: str = "Choose one answer", control: str = "-1") -> int | None:
    """The one place, from 1 to `count`, that a field names; None where it is empty. Raises BadResponse with `words`."""
    values = [value for value in sent.get(name, ()) if value]
    if not values:
        return None
    if len(values) > 1:
        raise BadResponse(words, control)
    return _place(values[0], count, words, control)


def places_in(sent: Sent, name: str, count: int, words: str, control: str = "-1") -> tuple[int, ...]:
    """The places, from 1 to `count`, that a field of many values names, in order, each once. Raises BadResponse."""
    values = [value for value in sent.get(name, ()) if value]
    if len(values) > count:
        raise BadResponse(words, control)
    return tuple(sorted({_place(value, count, words, control) for value in values}))


def _place(value: str, count: int, words: str, control: str) -> int:
    plain = value.isascii() and value.isdigit() and len(value) <= 2 and not value.startswith("0")
    if not plain or not 1 <= int(value) <= count:
        raise BadResponse(words, control)
    return int(value)
