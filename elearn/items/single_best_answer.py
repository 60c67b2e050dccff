"""Single best answer: one option is better than the others (fact CP-24)."""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Words
from elearn.items.base import BadResponse, Choice, Face, Item, OptionReview, Order, Response, Review

NOT_ANSWERED = "Not answered"


class Option(BaseModel):
    """One option, with what it teaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-e]$")]
    text: Words
    rationale: Words


class SingleBestAnswer(Item):
    """A vignette, one question, three to five options (fact CP-28), one key."""

    template: ClassVar[str] = "items/choices.html"

    type: Literal["single-best-answer"]
    options: tuple[Option, ...] = Field(min_length=3, max_length=5)
    key: str

    @model_validator(mode="after")
    def key_is_an_option(self) -> Self:
        """The key names one of the options, and every option has an id of its own."""
        ids = [option.id for option in self.options]
        if len(set(ids)) != len(ids):
            raise ValueError("two options have the same id")
        if self.key not in ids:
            raise ValueError(f"the key {self.key} is not one of the options")
        return self

    @cached_property
    def _by_id(self) -> dict[str, Option]:
        return {option.id: option for option in self.options}

    @cached_property
    def _labels(self) -> dict[str, Markup]:
        return {option.id: render_line(option.text) for option in self.options}

    @cached_property
    def _rationales(self) -> dict[str, Markup]:
        return {option.id: render_words(option.rationale) for option in self.options}

    @cached_property
    def _stem(self) -> Markup:
        return render_words(self.stem)

    @cached_property
    def _lead_in(self) -> Markup:
        return render_line(self.lead_in)

    @property
    def possible(self) -> int:
        """One point."""
        return 1

    def natural_order(self) -> Order:
        """The options as the author wrote them."""
        return tuple(option.id for option in self.options)

    def read(self, values: Sequence[str], order: Order) -> Response | None:
        """The option at the place that the form names, counted from 1."""
        if not values:
            return None
        if len(values) > 1 or not values[0].isascii() or not values[0].isdigit() or len(values[0]) > 1:
            raise BadResponse("choose one of the options")
        place = int(values[0])
        if not 1 <= place <= len(order):
            raise BadResponse("choose one of the options")
        return {"option": order[place - 1]}

    def points(self, response: Response | None) -> int:
        """One for the key, else none."""
        return int(response is not None and response.get("option") == self.key)

    def wording(self, response: Response | None) -> str:
        """The chosen option's text."""
        option = self._by_id.get(response.get("option", "")) if response else None
        return option.text if option else NOT_ANSWERED

    def face(self, order: Order, response: Response | None) -> Face:
        """Stem, question and options in the paper's order."""
        chosen = response.get("option") if response else None
        choices = tuple(
            Choice(value=str(place), label=self._labels[option_id], chosen=option_id == chosen)
            for place, option_id in enumerate(order, start=1)
        )
        return Face(template=self.template, stem=self._stem, lead_in=self._lead_in, choices=choices)

    def review(self, order: Order, response: Response | None, *, everything: bool) -> Review:
        """The options with what is released of their rationales."""
        chosen = response.get("option") if response else None
        options = tuple(
            OptionReview(
                label=self._labels[option_id],
                chosen=option_id == chosen,
                right=option_id == self.key if everything or option_id == chosen else None,
                rationale=self._rationales[option_id] if everything or option_id == chosen else Markup(),
            )
            for option_id in order
        )
        return Review(
            stem=self._stem,
            lead_in=self._lead_in,
            right=bool(self.points(response)),
            answered=chosen is not None,
            options=options,
        )
