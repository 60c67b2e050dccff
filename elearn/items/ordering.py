"""Ordering: three to seven steps are put in order. A step earns its point by what it directly follows."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise, permutations
from typing import Annotated, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Words
from elearn.items.asking import Choosing, Put, shares
from elearn.items.base import (
    NOT_ANSWERED,
    Alternative,
    BadResponse,
    Face,
    Item,
    Order,
    Response,
    Review,
    Sent,
    place_in,
)
from elearn.items.question import member, plain, refuse_twice, short

RULE = "Give each step its place. Each step that comes directly after the right one earns a point; a wrong place costs nothing."


class Step(BaseModel):
    """One step, and why it stands where it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-g]$")]
    text: Words
    rationale: Words


@dataclass(frozen=True)
class StepFace:
    """One step before marking: its number on the page, its words for a control, and the place that stands, or none."""

    number: int
    label: Markup
    words: str
    place: int | None


@dataclass(frozen=True, kw_only=True)
class OrderingFace(Face):
    """The steps in the paper's order, which is not the right one."""

    steps: tuple[StepFace, ...]


@dataclass(frozen=True)
class StepReview:
    """One step after marking. `follows`: whether it comes directly after the right step; None where nothing is before it.

    `right_place` is None, and `rationale` empty, where they are not released.
    """

    label: Markup
    place: int | None
    right_place: int | None
    follows: bool | None
    rationale: Markup


@dataclass(frozen=True, kw_only=True)
class OrderingReview(Review):
    """The steps in the right order where it is released, otherwise in the order that was given."""

    steps: tuple[StepReview, ...]
    others: tuple[str, ...]


class Ordering(Item):
    """A stem, one question, steps that the author wrote in the right order."""

    template: ClassVar[str] = "items/ordering.html"
    nothing_chosen: ClassVar[str] = "Choose a place for each step"
    key_hint: ClassVar[str] = "The letters of the steps in the right order, with spaces between, for example “b a c d”"

    type: Literal["ordering"]
    steps: tuple[Step, ...] = Field(min_length=3, max_length=7, description="in the right order")
    accepted: tuple[tuple[str, ...], ...] = Field((), description="orders that earn beside the key, since a regrade")

    @model_validator(mode="after")
    def orders_have_every_step(self) -> Self:
        """Each step has an id and words of its own, and an accepted order has each step once."""
        refuse_twice((step.id for step in self.steps), "steps")
        if len({words.casefold() for words in self._words.values()}) < len(self.steps):
            raise ValueError("two steps have the same words: a learner could not tell which is meant")
        for order in self.accepted:
            if sorted(order) != sorted(self._key):
                raise ValueError(
                    f"the accepted order {' '.join(order)} is not made of every step once: write each id once"
                )
        return self

    @cached_property
    def _key(self) -> Order:
        return tuple(step.id for step in self.steps)

    @cached_property
    def _words(self) -> dict[str, str]:
        return {step.id: plain(step.text) for step in self.steps}

    @cached_property
    def _labels(self) -> dict[str, Markup]:
        return {step.id: render_line(step.text) for step in self.steps}

    @cached_property
    def _rationales(self) -> dict[str, Markup]:
        return {step.id: render_words(step.rationale) for step in self.steps}

    @property
    def possible(self) -> int:
        """One point for each step but the first."""
        return len(self.steps) - 1

    def natural_order(self) -> Order:
        """The steps by a digest of each: the authored order is the key, and an alphabet would often follow it."""
        by_digest = sorted(self.steps, key=lambda step: sha256(f"{step.id}{step.text}".encode()).hexdigest())
        return tuple(step.id for step in by_digest)

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:
        """The place that the form gives each step; some may be left out, and none may be given twice."""
        places: dict[str, int] = {}
        for number, step_id in enumerate(order, start=1):
            name = f"“{short(self._words[step_id])}”"
            words = f"Choose one place from 1 to {len(order)} for {name}"
            place = place_in(sent, f"answer-{number}", len(order), words, f"-{number}")
            if place is None:
                continue
            if twin := next((other for other, taken in places.items() if taken == place), None):
                other = f"“{short(self._words[twin])}”"
                raise BadResponse(f"{other} and {name} both have place {place}: give each its own", f"-{number}")
            places[step_id] = place
        return None if not places and before is None else {"places": places}

    def points(self, response: Response | None) -> int:
        """One for each step directly after its right predecessor, by the accepted order that earns most."""
        return len(self._earning(self._places(response))[1])

    def left(self, response: Response | None) -> int:
        """The steps without a place."""
        return len(self.steps) - len(self._places(response))

    def wording(self, response: Response | None) -> str:
        """The steps after their places."""
        places = self._places(response)
        words = [f"{place}. {self._words[step_id]}" for step_id, place in places.items()]
        return "; ".join(words) or NOT_ANSWERED

    def face(self, order: Order, response: Response | None) -> OrderingFace:
        """Stem, question, rule and steps in the paper's order."""
        places = self._places(response)
        steps = tuple(
            StepFace(number, self._labels[step_id], self._words[step_id], places.get(step_id))
            for number, step_id in enumerate(order, start=1)
        )
        return OrderingFace(
            template=self.template, stem=self.stem_html, lead_in=self.lead_in_html, rule=RULE, steps=steps
        )

    def review(self, order: Order, response: Response | None, *, everything: bool) -> OrderingReview:  # noqa: ARG002
        """The steps with what is released: of a given order only which steps come after the right one."""
        places = self._places(response)
        key, earning = self._earning(places)
        steps = self._all(key, places, earning) if everything else self._given(places, earning)
        others = [other for other in (self._key, *self.accepted) if other != key] if everything else []
        return OrderingReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=len(earning),
            possible=self.possible,
            answered=bool(places),
            steps=steps,
            others=tuple("; ".join(self._words[step_id] for step_id in other) for other in others),
        )

    def _all(self, key: Order, places: dict[str, int], earning: frozenset[str]) -> tuple[StepReview, ...]:
        return tuple(
            StepReview(
                label=self._labels[step_id],
                place=places.get(step_id),
                right_place=right_place,
                follows=step_id in earning if right_place > 1 and step_id in places else None,
                rationale=self._rationales[step_id],
            )
            for right_place, step_id in enumerate(key, start=1)
        )

    def _given(self, places: dict[str, int], earning: frozenset[str]) -> tuple[StepReview, ...]:
        whole = len(earning) == self.possible
        return tuple(
            StepReview(
                label=self._labels[step_id],
                place=place,
                right_place=None,
                follows=step_id in earning if place > 1 else None,
                # A rationale says where a step belongs: it waits where the step does not stand there.
                rationale=self._rationales[step_id] if whole or step_id in earning else Markup(),
            )
            for step_id, place in places.items()
        )

    def puts(self) -> tuple[Put, ...]:
        """The steps."""
        return (Put(plain(self.lead_in), self._words, choosing=Choosing.LISTED),)

    def by_chance(self) -> tuple[float, ...]:
        """Each order of the steps is as likely as any other."""
        orders = permutations(self._key)
        earned = (self._earning({step: place for place, step in enumerate(order, 1)})[1] for order in orders)
        return shares(map(len, earned), self.possible)

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The steps in the right order, or in the first one from the other end that earns nothing."""
        wanted = self._key if right else self._worst()
        return [{f"answer-{order.index(step_id) + 1}": [str(place)] for place, step_id in enumerate(wanted, start=1)}]

    def _worst(self) -> Order:
        for order in permutations(reversed(self._key)):
            if not self._earning({step_id: place for place, step_id in enumerate(order, start=1)})[1]:
                return order
        return self._key[:1]  # one step alone follows nothing

    def alternatives(self) -> tuple[Alternative, ...]:
        """None to choose from: an order is written."""
        return ()

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """The order that the letters give as the key, or accepted `also`."""
        order = tuple(letter for letter in re.split(r"[\s,]+", alternative.lower()) if letter)
        if sorted(order) != sorted(self._key):
            steps = "; ".join(f"{step_id} is “{short(words)}”" for step_id, words in sorted(self._words.items()))
            raise ValueError(f"Write each letter once, in the right order, with spaces between: {steps}")
        if also:
            known = order in (self._key, *self.accepted)
            return self.changed(accepted=self.accepted if known else (*self.accepted, order))
        by_id = {step.id: step.model_dump() for step in self.steps}
        return self.changed(steps=[by_id[step_id] for step_id in order], accepted=())

    def _earning(self, places: dict[str, int]) -> tuple[Order, frozenset[str]]:
        """The accepted order that earns most, the key before others, and the steps that earn by it."""
        found = [
            (order, frozenset(b for a, b in pairwise(order) if a in places and places.get(b) == places[a] + 1))
            for order in (self._key, *self.accepted)
        ]
        return max(found, key=lambda pair: len(pair[1]))

    def _places(self, response: Response | None) -> dict[str, int]:
        """The place of each step that has one of its own, in the order of the places."""
        given = member(response, "places")
        found = {step_id: member(given, step_id) for step_id in self._key}
        places = {
            i: p for i, p in found.items() if isinstance(p, int) and not isinstance(p, bool) and 1 <= p <= len(found)
        }
        taken = Counter(places.values())
        return dict(sorted(((i, p) for i, p in places.items() if taken[p] == 1), key=lambda pair: pair[1]))
