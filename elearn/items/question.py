"""What question types are made of: options with one key, and the reading of a response whatever its shape."""

import textwrap
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Words
from elearn.items.base import Choice, OptionReview

SHORT = 60


class Option(BaseModel):
    """One option, with what it teaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-e]$")]
    text: Words
    rationale: Words


class OneKey(BaseModel):
    """Three to five options (fact CP-28), one key: whatever asks for one of several is made of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    options: tuple[Option, ...] = Field(min_length=3, max_length=5)
    key: str
    accepted: tuple[str, ...] = Field((), description="options that earn the point beside the key, since a regrade")

    @model_validator(mode="after")
    def key_is_an_option(self) -> Self:
        """The key names one of the options, and every option has an id of its own."""
        refuse_twice((option.id for option in self.options), "options")
        for key in (self.key, *self.accepted):
            if key not in self.by_id:
                raise ValueError(f"the key {key} is not one of the options: write the id of one of them")
        return self

    @cached_property
    def by_id(self) -> dict[str, Option]:
        """The options by their ids."""
        return {option.id: option for option in self.options}

    @cached_property
    def words(self) -> dict[str, str]:
        """Each option's text without markup."""
        return {option.id: plain(option.text) for option in self.options}

    @cached_property
    def _labels(self) -> dict[str, Markup]:
        return {option.id: render_line(option.text) for option in self.options}

    @cached_property
    def _rationales(self) -> dict[str, Markup]:
        return {option.id: render_words(option.rationale) for option in self.options}

    def is_right(self, option_id: object) -> bool:
        """Whether this option earns the point."""
        return option_id == self.key or option_id in self.accepted

    def find(self, option_id: object) -> str | None:
        """The id itself where it is one of the options', whatever else it may be."""
        return option_id if isinstance(option_id, str) and option_id in self.by_id else None

    def choices(self, order: tuple[str, ...], chosen: str | None) -> tuple[Choice, ...]:
        """The options as a page shows them before marking."""
        return tuple(
            Choice(value=str(place), label=self._labels[option_id], chosen=option_id == chosen)
            for place, option_id in enumerate(order, start=1)
        )

    def reviewed(self, order: tuple[str, ...], chosen: str | None, *, everything: bool) -> tuple[OptionReview, ...]:
        """The options with what is released of their rationales."""
        return tuple(
            OptionReview(
                label=self._labels[option_id],
                chosen=option_id == chosen,
                right=self.is_right(option_id) if everything or option_id == chosen else None,
                rationale=self._rationales[option_id] if everything or option_id == chosen else Markup(),
            )
            for option_id in order
        )

    def places_for(self, order: tuple[str, ...], *, right: bool) -> list[str]:
        """The place of an option that earns the point, or of one that does not; none where there is no such option."""
        return [str(place) for place, option in enumerate(order, start=1) if self.is_right(option) is right][:1]

    def key_fields(self, option_id: str, *, also: bool) -> dict[str, object]:
        """What `key` and `accepted` become with this option as the key, or accepted `also`. Raises ValueError."""
        if option_id not in self.by_id:
            raise ValueError("Choose one of the options")
        return key_fields(self.key, self.accepted, option_id, also=also)


class Question(OneKey):
    """One question of an item of several."""

    lead_in: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]

    @cached_property
    def lead_in_html(self) -> Markup:
        """The question as pages show it."""
        return render_line(self.lead_in)


def key_fields(key: str, accepted: Iterable[str], new: str, *, also: bool) -> dict[str, object]:
    """What `key` and `accepted` become with a new key, or with one more that earns the point."""
    if also:
        return {"accepted": sorted({*accepted, new} - {key})}
    return {"key": new, "accepted": []}


def refuse_twice(ids: Iterable[str], what: str) -> None:
    """Raise ValueError where two of them have the same id."""
    seen: set[str] = set()
    for key in ids:
        if key in seen:
            raise ValueError(f"two {what} have the same id {key}: give each an id of its own")
        seen.add(key)


def plain(markdown: str) -> str:
    """One line of text without markup: for reports, and for controls that cannot hold any."""
    return str(render_line(markdown).striptags())


def short(words: str) -> str:
    """The first words, enough to know a part by."""
    return textwrap.shorten(words, SHORT, placeholder="…")


def member(response: object, name: str) -> Any:
    """What a response says under a name; None where it is of another shape."""
    return response.get(name) if isinstance(response, Mapping) else None
