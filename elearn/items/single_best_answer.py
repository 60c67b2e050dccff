"""Single best answer: one option is better than the others (fact CP-24)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Words
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


class Option(BaseModel):
    """One option, with what it teaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-e]$")]
    text: Words
    rationale: Words


@dataclass(frozen=True, kw_only=True)
class ChoiceFace(Face):
    """The options, each with its place."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class ChoiceReview(Review):
    """The options with what is released of them."""

    options: tuple[OptionReview, ...]


class SingleBestAnswer(Item):
    """A vignette, one question, three to five options (fact CP-28), one key."""

    template: ClassVar[str] = "items/single_best_answer.html"

    type: Literal["single-best-answer"]
    options: tuple[Option, ...] = Field(min_length=3, max_length=5)
    key: str
    accepted: tuple[str, ...] = Field((), description="options that earn the point beside the key, since a regrade")

    @model_validator(mode="after")
    def key_is_an_option(self) -> Self:
        """The key names one of the options, and every option has an id of its own."""
        ids = [option.id for option in self.options]
        if len(set(ids)) != len(ids):
            raise ValueError("two options have the same id")
        for key in (self.key, *self.accepted):
            if key not in ids:
                raise ValueError(f"the key {key} is not one of the options")
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

    @property
    def possible(self) -> int:
        """One point."""
        return 1

    def natural_order(self) -> Order:
        """The options as the author wrote them."""
        return tuple(option.id for option in self.options)

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:  # noqa: ARG002
        """The option at the place that the form names, counted from 1."""
        place = place_in(sent, "answer", len(order))
        return None if place is None else {"option": order[place - 1]}

    def points(self, response: Response | None) -> int:
        """One for the key, else none."""
        return int(self._is_right(self._chosen(response)))

    def left(self, response: Response | None) -> int:
        """One where no option is chosen."""
        return int(self._chosen(response) is None)

    def wording(self, response: Response | None) -> str:
        """The chosen option's text."""
        chosen = self._chosen(response)
        return self._by_id[chosen].text if chosen else NOT_ANSWERED

    def face(self, order: Order, response: Response | None) -> ChoiceFace:
        """Stem, question and options in the paper's order."""
        chosen = self._chosen(response)
        choices = tuple(
            Choice(value=str(place), label=self._labels[option_id], chosen=option_id == chosen)
            for place, option_id in enumerate(order, start=1)
        )
        return ChoiceFace(template=self.template, stem=self.stem_html, lead_in=self.lead_in_html, choices=choices)

    def review(self, order: Order, response: Response | None, *, everything: bool) -> ChoiceReview:
        """The options with what is released of their rationales."""
        chosen = self._chosen(response)
        options = tuple(
            OptionReview(
                label=self._labels[option_id],
                chosen=option_id == chosen,
                right=self._is_right(option_id) if everything or option_id == chosen else None,
                rationale=self._rationales[option_id] if everything or option_id == chosen else Markup(),
            )
            for option_id in order
        )
        return ChoiceReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=self.points(response),
            possible=self.possible,
            answered=self.left(response) == 0,
            options=options,
        )

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The place of the key, or of the first option that earns nothing."""
        place = next(place for place, option in enumerate(order, start=1) if self._is_right(option) is right)
        return [{"answer": [str(place)]}]

    def alternatives(self) -> tuple[Alternative, ...]:
        """The options."""
        return tuple(Alternative(option.id, option.text) for option in self.options)

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """Another option as the key, or one more that earns the point."""
        if alternative not in self._by_id:
            raise ValueError("Choose one of the options")
        if also:
            return self.changed(accepted=sorted({*self.accepted, alternative} - {self.key}))
        return self.changed(key=alternative, accepted=[])

    def _chosen(self, response: object) -> str | None:
        option = response.get("option") if isinstance(response, dict) else None
        return option if isinstance(option, str) and option in self._by_id else None

    def _is_right(self, option_id: object) -> bool:
        return option_id == self.key or option_id in self.accepted
