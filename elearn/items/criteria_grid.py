"""Criteria grid: for one vignette, each criterion of a protocol is met, not met or not known; then the route is chosen."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Slug, Words
from elearn.items.asking import Choosing, Put, by_chance_of
from elearn.items.base import (
    NOT_ANSWERED,
    Alternative,
    Choice,
    Face,
    Item,
    OptionReview,
    Order,
    Response,
    Review,
    Sent,
    place_in,
)
from elearn.items.question import Question, key_fields, member, plain, refuse_twice, short

ROUTE = "route"


class State(StrEnum):
    """How a vignette stands to a criterion."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_KNOWN = "not-known"

    @property
    def words(self) -> str:
        """As pages and reports say it."""
        return self.value.replace("-", " ").capitalize()


STATES = tuple(State)


class Criterion(BaseModel):
    """One criterion, how the vignette stands to it, and what that teaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    text: Words
    key: State
    rationale: Words
    accepted: tuple[State, ...] = Field((), description="states that earn the point beside the key, since a regrade")

    def is_right(self, state: object) -> bool:
        """Whether this state earns the criterion's point."""
        return state == self.key or state in self.accepted


@dataclass(frozen=True)
class CriterionFace:
    """One criterion before marking."""

    number: int
    text: Markup
    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class GridFace(Face):
    """The criteria in the protocol's order, and the route's question with its number in the form."""

    criteria: tuple[CriterionFace, ...]
    number: int
    question: Markup
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class CriterionReview:
    """One criterion after marking.

    `chosen` is empty where nothing was; `key` is empty where it is not released, or was chosen.
    """

    text: Markup
    chosen: str
    right: bool | None
    key: str
    rationale: Markup


@dataclass(frozen=True, kw_only=True)
class GridReview(Review):
    """The criteria and the route with what is released of them."""

    criteria: tuple[CriterionReview, ...]
    question: Markup
    options: tuple[OptionReview, ...]
    chosen: bool


class CriteriaGrid(Item):
    """Three to eight criteria and one route: a point for each."""

    template: ClassVar[str] = "items/criteria_grid.html"
    nothing_chosen: ClassVar[str] = "Choose an answer for each criterion, and a route"
    rule: ClassVar[str] = "One point for each criterion and one for the route. A wrong answer costs nothing."

    type: Literal["criteria-grid"]
    criteria: tuple[Criterion, ...] = Field(min_length=3, max_length=8)
    route: Question

    @model_validator(mode="after")
    def criteria_are_told_apart(self) -> Self:
        """Every criterion has an id of its own, and none has that of the route."""
        refuse_twice((criterion.id for criterion in self.criteria), "criteria")
        if ROUTE in self._criteria:
            raise ValueError("no criterion may have the id route: give it another one")
        return self

    @cached_property
    def _criteria(self) -> dict[str, Criterion]:
        return {criterion.id: criterion for criterion in self.criteria}

    @cached_property
    def _texts(self) -> dict[str, tuple[Markup, Markup]]:
        """Each criterion's text and rationale as pages show them."""
        return {one.id: (render_line(one.text), render_words(one.rationale)) for one in self.criteria}

    @property
    def possible(self) -> int:
        """One point for each criterion, and one for the route."""
        return len(self.criteria) + 1

    def natural_order(self) -> Order:
        """The route's options as the author wrote them; the criteria always stand in their protocol's order."""
        return tuple(option.id for option in self.route.options)

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:  # noqa: ARG002
        """For each criterion the state that is chosen, then the route at the place that is named."""
        states = {}
        for number, criterion in enumerate(self.criteria, start=1):
            words = f"Choose met, not met or not known for criterion {number}"
            place = place_in(sent, f"answer-{number}", len(STATES), words, f"-{number}")
            if place is not None:
                states[criterion.id] = STATES[place - 1].value
        place = place_in(sent, f"answer-{self.possible}", len(order), "Choose one route", f"-{self.possible}")
        if place is None and not states:
            return None
        return {"criteria": states} | ({} if place is None else {ROUTE: order[place - 1]})

    def points(self, response: Response | None) -> int:
        """One for each criterion that is judged right, one for the right route."""
        states, route = self._told(response)
        judged = sum(self._criteria[criterion_id].is_right(state) for criterion_id, state in states.items())
        return judged + int(route is not None and self.route.is_right(route))

    def left(self, response: Response | None) -> int:
        """The criteria without a state, and the route where it is not chosen."""
        states, route = self._told(response)
        return self.possible - len(states) - int(route is not None)

    def wording(self, response: Response | None) -> str:
        """Each criterion's first words with its state, then the route."""
        states, route = self._told(response)
        if not states and route is None:
            return NOT_ANSWERED
        judged = [
            f"{short(plain(one.text))}: {states[one.id].words if one.id in states else NOT_ANSWERED}"
            for one in self.criteria
        ]
        return "; ".join([*judged, f"Route: {self.route.words[route] if route else NOT_ANSWERED}"])

    def face(self, order: Order, response: Response | None) -> GridFace:
        """Stem, criteria in their protocol's order, and the routes in the paper's."""
        states, route = self._told(response)
        return GridFace(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            rule=self.rule,
            criteria=tuple(
                CriterionFace(
                    number=number,
                    text=self._texts[one.id][0],
                    choices=tuple(
                        Choice(value=str(place), label=Markup.escape(state.words), chosen=state == states.get(one.id))
                        for place, state in enumerate(STATES, start=1)
                    ),
                )
                for number, one in enumerate(self.criteria, start=1)
            ),
            number=self.possible,
            question=self.route.lead_in_html,
            choices=self.route.choices(order, route),
        )

    def review(self, order: Order, response: Response | None, *, everything: bool) -> GridReview:
        """The criteria and the route with what is released of their keys and rationales."""
        states, route = self._told(response)
        return GridReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=self.points(response),
            possible=self.possible,
            answered=bool(states) or route is not None,
            criteria=tuple(self._reviewed(one, states.get(one.id), everything=everything) for one in self.criteria),
            question=self.route.lead_in_html,
            options=self.route.reviewed(order, route, everything=everything),
            chosen=route is not None,
        )

    def puts(self) -> tuple[Put, ...]:
        """The criteria, then the route."""
        criteria = {criterion.id: plain(criterion.text) for criterion in self.criteria}
        key = frozenset({self.route.key})
        route = Put(plain(self.route.lead_in), self.route.words, key, part="route", stem=plain(self.stem))
        return (Put(plain(self.lead_in), criteria, choosing=Choosing.LISTED), route)

    def by_chance(self) -> tuple[float, ...]:
        """Each criterion is one of three, the route one of its options."""
        return by_chance_of([*(1 / len(State) for _ in self.criteria), 1 / len(self.route.options)])

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The places of the keys, or of the first that earn nothing (none, where every one earns the point)."""
        form = {}
        for number, one in enumerate(self.criteria, start=1):
            form[f"answer-{number}"] = [
                str(place) for place, state in enumerate(STATES, start=1) if one.is_right(state) is right
            ][:1]
        return [form | {f"answer-{self.possible}": self.route.places_for(order, right=right)}]

    def alternatives(self) -> tuple[Alternative, ...]:
        """Every state of every criterion as `criterion:state`, and the routes as `route:option`."""
        states = [
            Alternative(f"{one.id}:{state.value}", f"{short(plain(one.text))}: {state.words}")
            for one in self.criteria
            for state in STATES
        ]
        routes = [Alternative(f"{ROUTE}:{key}", f"Route: {words}") for key, words in self.route.words.items()]
        return (*states, *routes)

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """Another state as a criterion's key, or another route; or one more that earns the point."""
        if alternative not in {known.id for known in self.alternatives()}:
            raise ValueError("Choose a criterion with met, not met or not known, or one of the routes")
        part, _, key = alternative.partition(":")
        if part == ROUTE:
            return self.changed(route=self.route.model_dump(mode="json") | self.route.key_fields(key, also=also))
        criteria = []
        for one in self.criteria:
            fields = key_fields(one.key.value, (state.value for state in one.accepted), key, also=also)
            criteria.append(one.model_dump(mode="json") | (fields if one.id == part else {}))
        return self.changed(criteria=criteria)

    def _told(self, response: object) -> tuple[dict[str, State], str | None]:
        """What a response says of our criteria, and of the route; whatever else it holds is left out."""
        told = member(response, "criteria")
        states = {one.id: member(told, one.id) for one in self.criteria}
        known = {key: State(state) for key, state in states.items() if isinstance(state, str) and state in STATES}
        return known, self.route.find(member(response, ROUTE))

    def _reviewed(self, criterion: Criterion, state: State | None, *, everything: bool) -> CriterionReview:
        text, rationale = self._texts[criterion.id]
        return CriterionReview(
            text=text,
            chosen=state.words if state else "",
            right=criterion.is_right(state) if state else None,
            key=criterion.key.words if everything and state != criterion.key else "",
            # The rationale speaks of the key: it may be shown to who found that, or when everything is.
            rationale=rationale if everything or state == criterion.key else Markup(),
        )
