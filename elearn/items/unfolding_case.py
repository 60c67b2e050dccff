"""Unfolding case: one case in stages; answering one opens the next, and locks the answers before it."""

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import Field, model_validator

from elearn.content.rendering import render_words
from elearn.content.schema import Slug, Words
from elearn.items.asking import Put, by_chance_of
from elearn.items.base import (
    NOT_ANSWERED,
    Alternative,
    BadResponse,
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
from elearn.items.question import Question, member, plain, refuse_twice

LOCKED = "This part is locked, because the next one is open already"
NOT_OPEN = "This part is not open yet: open the question again"
GO_ON = "Choose one answer to go on"


class Stage(Question):
    """What happens next in the case, and the question about it."""

    id: Slug
    text: Words

    @cached_property
    def text_html(self) -> Markup:
        """What happens, as pages show it."""
        return render_words(self.text)

    def order_in(self, order: Order) -> tuple[str, ...]:
        """The stage's options in the paper's order, which names each as `stage:option`."""
        return tuple(option for stage, _, option in (entry.partition(":") for entry in order) if stage == self.id)


@dataclass(frozen=True)
class PastStage:
    """A locked stage, and what was answered in words."""

    number: int
    text: Markup
    lead_in: Markup
    answer: str


@dataclass(frozen=True, kw_only=True)
class CaseFace(Face):
    """The stages that are locked, and the one that is open. What comes later is not here at all."""

    past: tuple[PastStage, ...]
    number: int
    count: int
    text: Markup
    question: Markup
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class StageReview:
    """One stage after marking."""

    number: int
    text: Markup
    lead_in: Markup
    right: bool | None
    options: tuple[OptionReview, ...]


@dataclass(frozen=True, kw_only=True)
class CaseReview(Review):
    """The stages that may be shown; `closed` counts those that were never opened and are not told yet."""

    stages: tuple[StageReview, ...]
    closed: int


class UnfoldingCase(Item):
    """A case of two to five stages: one point for each."""

    template: ClassVar[str] = "items/unfolding_case.html"
    nothing_chosen: ClassVar[str] = GO_ON
    inline: ClassVar[bool] = False
    rule: ClassVar[str] = (
        "One point for each part. When you go on, the next part opens and your answer to this one cannot change."
    )

    type: Literal["unfolding-case"]
    stages: tuple[Stage, ...] = Field(min_length=2, max_length=5)

    @model_validator(mode="after")
    def stages_are_told_apart(self) -> Self:
        """Every stage has an id of its own."""
        refuse_twice((stage.id for stage in self.stages), "stages")
        return self

    @property
    def possible(self) -> int:
        """One point for each stage."""
        return len(self.stages)

    def natural_order(self) -> Order:
        """Each stage's options as the author wrote them, as `stage:option`."""
        return tuple(f"{stage.id}:{option.id}" for stage in self.stages for option in stage.options)

    def drawn_order(self, randomness: Random) -> Order:
        """Each stage's options in an order of their own; the stages keep theirs."""
        order: list[str] = []
        for stage in self.stages:
            options = [f"{stage.id}:{option.id}" for option in stage.options]
            randomness.shuffle(options)
            order += options
        return tuple(order)

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:
        """The answer to the stage that is open; with `go-on` the next one opens, and this one is locked."""
        answers, released = self._told(before)
        if before is not None and self._repeats(sent, order, answers, released):
            return before
        self._refuse_other_page(sent, released)
        stage = self.stages[released - 1]
        options = stage.order_in(order)
        place = place_in(sent, "answer", len(options))
        goes_on = bool(sent.get("go-on"))
        if place is None:
            if goes_on:
                raise BadResponse(GO_ON)
            return None if before is None else self._response(answers, released)
        answers = answers | {stage.id: options[place - 1]}
        return self._response(answers, min(released + goes_on, len(self.stages)))

    def points(self, response: Response | None) -> int:
        """One for each stage whose key was chosen."""
        answers, _ = self._told(response)
        return sum(stage.is_right(answers[stage.id]) for stage in self.stages if stage.id in answers)

    def left(self, response: Response | None) -> int:
        """The stages without an answer, whether they are open or not."""
        answers, _ = self._told(response)
        return len(self.stages) - len(answers)

    def goes_on(self, response: Response | None) -> bool:
        """Whether there is a stage to open yet, or the last one has just opened and waits for its answer."""
        answers, released = self._told(response)
        return released < len(self.stages) or self.stages[-1].id not in answers

    def wording(self, response: Response | None) -> str:
        """The stages' answers one after the other."""
        answers, _ = self._told(response)
        if not answers:
            return NOT_ANSWERED
        return "; ".join(
            f"Part {number}: {_in_words(stage, answers.get(stage.id))}"
            for number, stage in enumerate(self.stages, start=1)
        )

    def face(self, order: Order, response: Response | None) -> CaseFace:
        """Stem, the locked stages with what was answered, and the stage that is open."""
        answers, released = self._told(response)
        stage = self.stages[released - 1]
        return CaseFace(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            rule=self.rule,
            past=tuple(
                PastStage(number, past.text_html, past.lead_in_html, _in_words(past, answers.get(past.id)))
                for number, past in enumerate(self.stages[: released - 1], start=1)
            ),
            number=released,
            count=len(self.stages),
            text=stage.text_html,
            question=stage.lead_in_html,
            choices=stage.choices(stage.order_in(order), answers.get(stage.id)),
        )

    def review(self, order: Order, response: Response | None, *, everything: bool) -> CaseReview:
        """The stages with what is released of them.

        How a case goes on often tells what should have been done before: a stage that was never opened stays closed
        until everything is released.
        """
        answers, released = self._told(response)
        shown = self.stages if everything else self.stages[:released]
        return CaseReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=self.points(response),
            possible=self.possible,
            answered=bool(answers),
            closed=len(self.stages) - len(shown),
            stages=tuple(
                StageReview(
                    number=number,
                    text=stage.text_html,
                    lead_in=stage.lead_in_html,
                    right=stage.is_right(answers[stage.id]) if stage.id in answers else None,
                    options=stage.reviewed(stage.order_in(order), answers.get(stage.id), everything=everything),
                )
                for number, stage in enumerate(shown, start=1)
            ),
        )

    def puts(self) -> tuple[Put, ...]:
        """Each stage."""
        return tuple(
            Put(plain(stage.lead_in), stage.words, frozenset({stage.key}), part=stage.id, stem=plain(stage.text))
            for stage in self.stages
        )

    def by_chance(self) -> tuple[float, ...]:
        """Each stage has one key among its options."""
        return by_chance_of(1 / len(stage.options) for stage in self.stages)

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """One form for each stage: the place of its key, or of an option that earns nothing.

        Where every option of a stage earns the point, nothing wrong can be sent, and no stage after it is reached.
        """
        forms: list[Sent] = []
        for number, stage in enumerate(self.stages, start=1):
            places = stage.places_for(stage.order_in(order), right=right)
            if not places:
                break
            forms.append({"stage": [str(number)], "answer": places, "go-on": ["yes"]})
        return forms

    def alternatives(self) -> tuple[Alternative, ...]:
        """Every option of every stage as `stage:option`."""
        return tuple(
            Alternative(f"{stage.id}:{key}", f"Part {number}: {words}")
            for number, stage in enumerate(self.stages, start=1)
            for key, words in stage.words.items()
        )

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """Another option as one stage's key, or one more that earns its point."""
        if alternative not in self.natural_order():
            raise ValueError("Choose one of the parts, and one of its options")
        stage_id, _, key = alternative.partition(":")
        return self.changed(
            stages=[
                stage.model_dump() | (stage.key_fields(key, also=also) if stage.id == stage_id else {})
                for stage in self.stages
            ]
        )

    def _told(self, response: object) -> tuple[dict[str, str], int]:
        """What a response says of the stages that are open, and how many are; whatever else it holds is left out."""
        released = member(response, "released")
        count = min(max(released, 1), len(self.stages)) if type(released) is int else 1
        told: Any = member(response, "answers")
        answers = {stage.id: stage.find(member(told, stage.id)) for stage in self.stages[:count]}
        return {stage_id: option for stage_id, option in answers.items() if option is not None}, count

    def _repeats(self, sent: Sent, order: Order, answers: dict[str, str], released: int) -> bool:
        """Whether a form says again what its part was locked with: a double click is no attempt to change it."""
        shown = place_in(sent, "stage", len(self.stages), NOT_OPEN)
        if shown is None or shown >= released:
            return False
        stage = self.stages[shown - 1]
        options = stage.order_in(order)
        place = place_in(sent, "answer", len(options))
        return place is not None and answers.get(stage.id) == options[place - 1]

    def _refuse_other_page(self, sent: Sent, released: int) -> None:
        """Refuse a form whose page showed another stage than the one that is open."""
        shown = place_in(sent, "stage", len(self.stages), NOT_OPEN)
        if shown is not None and shown != released:
            raise BadResponse(LOCKED if shown < released else NOT_OPEN)

    @staticmethod
    def _response(answers: dict[str, str], released: int) -> Response:
        return {"answers": answers, "released": released}


def _in_words(stage: Stage, option_id: str | None) -> str:
    return stage.words[option_id] if option_id else NOT_ANSWERED
