"""Extended matching: one list of options, and several short vignettes that each find their best match in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Slug, Words
from elearn.items.asking import Choosing, Put, by_chance_of
from elearn.items.base import (
    NOT_ANSWERED,
    Alternative,
    Face,
    Item,
    Order,
    Response,
    Review,
    Sent,
    place_in,
)
from elearn.items.question import key_fields, member, plain, refuse_twice, short


class MatchOption(BaseModel):
    """One option of the list, and why somebody would pick it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-j]$")]
    text: Words
    rationale: Words


class MatchPart(BaseModel):
    """One vignette with its best match, and what that teaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    text: Words
    key: str
    rationale: Words
    accepted: tuple[str, ...] = Field((), description="options that earn the point beside the key, since a regrade")

    def is_right(self, option_id: object) -> bool:
        """Whether this option earns the part's point."""
        return option_id == self.key or option_id in self.accepted


@dataclass(frozen=True)
class MatchChoice:
    """One option in a select: its place is its value, its words are without markup."""

    value: str
    words: str


@dataclass(frozen=True)
class PartFace:
    """One vignette before marking; `chosen` is a place, or empty."""

    number: int
    label: Markup
    chosen: str


@dataclass(frozen=True, kw_only=True)
class MatchFace(Face):
    """The list of options, and the vignettes in the paper's order."""

    options: tuple[Markup, ...]
    choices: tuple[MatchChoice, ...]
    parts: tuple[PartFace, ...]


@dataclass(frozen=True)
class PartReview:
    """One vignette after marking: what was chosen and, where they are released, the key and the rationales.

    `chosen` is empty where nothing was; `key` is empty where it is not released, or was chosen.
    """

    text: Markup
    chosen: Markup
    right: bool | None
    chosen_rationale: Markup
    key: Markup
    rationale: Markup


@dataclass(frozen=True, kw_only=True)
class MatchReview(Review):
    """The vignettes with what is released of them."""

    parts: tuple[PartReview, ...]


class ExtendedMatching(Item):
    """Four to ten options, two to five vignettes, one point for each of these."""

    template: ClassVar[str] = "items/extended_matching.html"
    nothing_chosen: ClassVar[str] = "Choose an option for each part"
    rule: ClassVar[str] = (
        "One point for each part. You may use an option once, more than once or not at all. A wrong one costs nothing."
    )

    type: Literal["extended-matching"]
    options: tuple[MatchOption, ...] = Field(min_length=4, max_length=10)
    parts: tuple[MatchPart, ...] = Field(min_length=2, max_length=5)

    @model_validator(mode="after")
    def keys_are_options(self) -> Self:
        """Each key names one of the options; ids, and the words that a select shows, are told apart."""
        refuse_twice((option.id for option in self.options), "options")
        refuse_twice((part.id for part in self.parts), "parts")
        if len({words.casefold() for words in self._words.values()}) < len(self.options):
            raise ValueError("two options have the same words: take one of them out")
        for part in self.parts:
            for key in (part.key, *part.accepted):
                if key not in self._words:
                    raise ValueError(f"the key {key} of part {part.id} is not one of the options: write the id of one")
        return self

    @cached_property
    def _words(self) -> dict[str, str]:
        """The options' words in alphabetical order, as extended matching is used: it helps to find one, and tells nothing."""
        words = {option.id: plain(option.text) for option in self.options}
        return dict(sorted(words.items(), key=lambda pair: (pair[1].casefold(), pair[0])))

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        return tuple(self._words)

    @cached_property
    def _labels(self) -> dict[str, Markup]:
        by_id = {option.id: render_line(option.text) for option in self.options}
        return {option_id: by_id[option_id] for option_id in self._ids}

    @cached_property
    def _rationales(self) -> dict[str, Markup]:
        return {option.id: render_words(option.rationale) for option in self.options}

    @cached_property
    def _parts(self) -> dict[str, MatchPart]:
        return {part.id: part for part in self.parts}

    @cached_property
    def _texts(self) -> dict[str, tuple[Markup, Markup]]:
        """Each part's text and rationale as pages show them."""
        return {part.id: (render_line(part.text), render_words(part.rationale)) for part in self.parts}

    @property
    def possible(self) -> int:
        """One point for each part."""
        return len(self.parts)

    def natural_order(self) -> Order:
        """The parts as the author wrote them; the options always stand in the order of the alphabet."""
        return tuple(part.id for part in self.parts)

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:
        """For each part the option at the place that its select names; an emptied select takes the answer back."""
        answers = {}
        for number, part_id in enumerate(order, start=1):
            words = f"Choose an option of the list for part {number}"
            place = place_in(sent, f"answer-{number}", len(self._ids), words, f"-{number}")
            if place is not None:
                answers[part_id] = self._ids[place - 1]
        return {"answers": answers} if answers or before is not None else None

    def points(self, response: Response | None) -> int:
        """One for each part with its key, or an option accepted beside it."""
        return sum(self._parts[part_id].is_right(option_id) for part_id, option_id in self._answers(response).items())

    def left(self, response: Response | None) -> int:
        """The parts without an option."""
        return len(self.parts) - len(self._answers(response))

    def wording(self, response: Response | None) -> str:
        """Each part's first words with the chosen option, in the author's order."""
        answers = self._answers(response)
        if not answers:
            return NOT_ANSWERED
        return "; ".join(
            f"{short(plain(part.text))}: {self._words[answers[part.id]] if part.id in answers else NOT_ANSWERED}"
            for part in self.parts
        )

    def face(self, order: Order, response: Response | None) -> MatchFace:
        """Stem, question, options by the alphabet, and the parts in the paper's order."""
        answers = self._answers(response)
        return MatchFace(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            rule=self.rule,
            options=tuple(self._labels.values()),
            choices=tuple(MatchChoice(str(place), words) for place, words in enumerate(self._words.values(), start=1)),
            parts=tuple(
                PartFace(
                    number=number,
                    label=self._texts[part_id][0],
                    chosen=str(self._ids.index(answers[part_id]) + 1) if part_id in answers else "",
                )
                for number, part_id in enumerate(order, start=1)
            ),
        )

    def review(self, order: Order, response: Response | None, *, everything: bool) -> MatchReview:
        """The parts with what is released of their keys and rationales."""
        answers = self._answers(response)
        return MatchReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=self.points(response),
            possible=self.possible,
            answered=bool(answers),
            parts=tuple(self._reviewed(part_id, answers.get(part_id), everything=everything) for part_id in order),
        )

    def puts(self) -> tuple[Put, ...]:
        """The list of options, then each part with its key."""
        listed = Put(plain(self.lead_in), self._words, choosing=Choosing.LISTED)
        parts = (
            Put(plain(part.text), self._words, frozenset({part.key}), Choosing.SHARED, part.id) for part in self.parts
        )
        return (listed, *parts)

    def by_chance(self) -> tuple[float, ...]:
        """Each part has one key among all the options."""
        return by_chance_of(1 / len(self.options) for _ in self.parts)

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The places of the keys, or of the first option that earns nothing (none, where every option earns the point)."""
        form = {}
        for number, part_id in enumerate(order, start=1):
            is_right = self._parts[part_id].is_right
            places = [str(place) for place, option in enumerate(self._ids, start=1) if is_right(option) is right]
            form[f"answer-{number}"] = places[:1] or [""]
        return [form]

    def alternatives(self) -> tuple[Alternative, ...]:
        """Every option for every part, as `part:option`."""
        return tuple(
            Alternative(f"{part.id}:{option_id}", f"{short(plain(part.text))}: {words}")
            for part in self.parts
            for option_id, words in self._words.items()
        )

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """Another option as one part's key, or one more that earns its point."""
        part_id, _, option_id = alternative.partition(":")
        if part_id not in self._parts or option_id not in self._words:
            raise ValueError("Choose one of the parts, and one of the options for it")
        fields = key_fields(self._parts[part_id].key, self._parts[part_id].accepted, option_id, also=also)
        return self.changed(
            parts=[part.model_dump() | (fields if part.id == part_id else {}) for part in self.parts],
        )

    def _answers(self, response: object) -> dict[str, str]:
        """What a response says of our parts with our options; whatever else it holds is left out."""
        told = member(response, "answers")
        answers = {part.id: member(told, part.id) for part in self.parts}
        return {key: option for key, option in answers.items() if isinstance(option, str) and option in self._words}

    def _reviewed(self, part_id: str, option_id: str | None, *, everything: bool) -> PartReview:
        part = self._parts[part_id]
        text, rationale = self._texts[part_id]
        right = part.is_right(option_id) if option_id else None
        # The part's rationale speaks of its key: it may be shown to who found that, or when everything is.
        open_to_all = everything or option_id == part.key
        return PartReview(
            text=text,
            chosen=self._labels[option_id] if option_id else Markup(),
            right=right,
            chosen_rationale=self._rationales[option_id] if option_id and option_id != part.key else Markup(),
            key=self._labels[part.key] if everything and option_id != part.key else Markup(),
            rationale=rationale if open_to_all else Markup(),
        )
