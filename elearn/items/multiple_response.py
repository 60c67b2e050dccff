"""Multiple response: several options are right; a right choice earns a point, and a wrong one costs a point."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Annotated, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Words
from elearn.items.asking import Choosing, Put, shares
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
    places_in,
)
from elearn.items.question import member, plain, refuse_twice

# It does not say how many are right: that would be half of the answer.
RULE = (
    "Choose all that apply. Each right choice earns a point; each wrong one costs a point. "
    "The mark never goes below zero."
)


class MultipleOption(BaseModel):
    """One option, whether choosing it is right, and what it teaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-h]$")]
    text: Words
    rationale: Words
    right: bool


@dataclass(frozen=True, kw_only=True)
class MultipleFace(Face):
    """The options, each with its place."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class MultipleOptionReview(OptionReview):
    """One option after marking; an `accepted` one earns a point, and nobody needs it."""

    accepted: bool


@dataclass(frozen=True, kw_only=True)
class MultipleReview(Review):
    """The options with what is released of them."""

    options: tuple[MultipleOptionReview, ...]


class MultipleResponse(Item):
    """A stem, one question, four to eight options, of which some are right."""

    template: ClassVar[str] = "items/multiple_response.html"
    nothing_chosen: ClassVar[str] = "Choose at least one answer"

    type: Literal["multiple-response"]
    options: tuple[MultipleOption, ...] = Field(min_length=4, max_length=8)
    accepted: tuple[str, ...] = Field((), description="wrong options that earn a point all the same, since a regrade")

    @model_validator(mode="after")
    def some_right_some_wrong(self) -> Self:
        """Each option has an id of its own, and there is something to choose and something to leave."""
        refuse_twice((option.id for option in self.options), "options")
        if not any(option.right for option in self.options):
            raise ValueError("no option is right: set `right: true` on at least one")
        if all(option.right for option in self.options):
            raise ValueError("every option is right: set `right: false` on at least one")
        if len(set(self.accepted)) != len(self.accepted):
            raise ValueError("an option stands twice in accepted: name each once")
        wrong = {option.id for option in self.options if not option.right}
        if strange := sorted(set(self.accepted) - wrong):
            raise ValueError(f"accepted names {strange[0]}, which is no wrong option: take it out")
        return self

    @cached_property
    def _by_id(self) -> dict[str, MultipleOption]:
        return {option.id: option for option in self.options}

    @cached_property
    def _labels(self) -> dict[str, Markup]:
        return {option.id: render_line(option.text) for option in self.options}

    @cached_property
    def _rationales(self) -> dict[str, Markup]:
        return {option.id: render_words(option.rationale) for option in self.options}

    @cached_property
    def _earning(self) -> frozenset[str]:
        return frozenset(option.id for option in self.options if option.right) | set(self.accepted)

    @property
    def possible(self) -> int:
        """One point for each right option."""
        return sum(option.right for option in self.options)

    def natural_order(self) -> Order:
        """The options as the author wrote them."""
        return tuple(option.id for option in self.options)

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:
        """The options at the places that the form names; none of them takes an answer back."""
        places = places_in(sent, "answer", len(order), "Choose from the answers of this question")
        if not places and before is None:
            return None
        return {"options": sorted(order[place - 1] for place in places)}

    def points(self, response: Response | None) -> int:
        """One more for each right choice, one less for each wrong one; not below none, nor above `possible`."""
        return self._earned(self._chosen(response))

    def _earned(self, chosen: frozenset[str]) -> int:
        earned = len(chosen & self._earning) - len(chosen - self._earning)
        return min(max(earned, 0), self.possible)

    def left(self, response: Response | None) -> int:
        """One where no option is chosen."""
        return int(not self._chosen(response))

    def wording(self, response: Response | None) -> str:
        """The chosen options' texts."""
        chosen = self._chosen(response)
        return "; ".join(plain(option.text) for option in self.options if option.id in chosen) or NOT_ANSWERED

    def face(self, order: Order, response: Response | None) -> MultipleFace:
        """Stem, question, rule and options in the paper's order."""
        chosen = self._chosen(response)
        choices = tuple(
            Choice(value=str(place), label=self._labels[option_id], chosen=option_id in chosen)
            for place, option_id in enumerate(order, start=1)
        )
        return MultipleFace(
            template=self.template, stem=self.stem_html, lead_in=self.lead_in_html, rule=RULE, choices=choices
        )

    def review(self, order: Order, response: Response | None, *, everything: bool) -> MultipleReview:
        """The options with what is released of their rationales."""
        chosen = self._chosen(response)
        return MultipleReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=self.points(response),
            possible=self.possible,
            answered=bool(chosen),
            options=tuple(self._reviewed(option_id, option_id in chosen, everything) for option_id in order),
        )

    def _reviewed(self, option_id: str, chosen: bool, everything: bool) -> MultipleOptionReview:
        shown = everything or chosen
        return MultipleOptionReview(
            label=self._labels[option_id],
            chosen=chosen,
            right=option_id in self._earning if shown else None,
            rationale=self._rationales[option_id] if shown else Markup(),
            accepted=everything and option_id in self.accepted,
        )

    def puts(self) -> tuple[Put, ...]:
        """The question, with all right options as its keys."""
        words = {option.id: plain(option.text) for option in self.options}
        right = frozenset(option.id for option in self.options if option.right)
        return (Put(plain(self.lead_in), words, right, Choosing.SEVERAL),)

    def by_chance(self) -> tuple[float, ...]:
        """Each choice of at least one option is as likely as any other."""
        choices = product((False, True), repeat=len(self.options))
        chosen = ({o.id for o, taken in zip(self.options, takes, strict=True) if taken} for takes in choices)
        return shares((self._earned(frozenset(ids)) for ids in chosen if ids), self.possible)

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The places of the right options, or of those that earn nothing."""
        wanted = {o.id for o in self.options if o.right} if right else self._by_id.keys() - self._earning
        return [{"answer": [str(place) for place, option in enumerate(order, start=1) if option in wanted]}]

    def alternatives(self) -> tuple[Alternative, ...]:
        """The options, each with what it would become."""
        return tuple(
            Alternative(o.id, f"{'Wrong, not right' if o.right else 'Right, not wrong'}: {plain(o.text)}")
            for o in self.options
        )

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """The option on the other side of the key; or, `also`, a wrong one that earns a point as a right one does."""
        option = self._by_id.get(alternative)
        if option is None:
            raise ValueError("Choose one of the options")
        if also:
            if option.right:
                raise ValueError("This option is right already: choose a wrong one to accept")
            return self.changed(accepted=sorted({*self.accepted, option.id}))
        options = [
            other.model_dump() | ({"right": not option.right} if other is option else {}) for other in self.options
        ]
        rights = {bool(other["right"]) for other in options}
        if rights != {True, False}:
            raise ValueError("At least one option must stay right, and at least one wrong")
        return self.changed(options=options, accepted=[kept for kept in self.accepted if kept != option.id])

    def _chosen(self, response: Response | None) -> frozenset[str]:
        """The options that a response names; what it holds besides counts for nothing."""
        named = member(response, "options")
        if not isinstance(named, list):
            return frozenset()
        return frozenset(option for option in named if isinstance(option, str) and option in self._by_id)
