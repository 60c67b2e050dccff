"""Single best answer: one option is better than the others (fact CP-24)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from elearn.items.asking import Put, by_chance_of
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
from elearn.items.question import OneKey, member, plain


@dataclass(frozen=True, kw_only=True)
class ChoiceFace(Face):
    """The options, each with its place."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class ChoiceReview(Review):
    """The options with what is released of them."""

    options: tuple[OptionReview, ...]


class SingleBestAnswer(OneKey, Item):
    """A vignette, one question, three to five options, one key."""

    template: ClassVar[str] = "items/single_best_answer.html"

    type: Literal["single-best-answer"]

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
        return int(self.is_right(self._chosen(response)))

    def left(self, response: Response | None) -> int:
        """One where no option is chosen."""
        return int(self._chosen(response) is None)

    def wording(self, response: Response | None) -> str:
        """The chosen option's text."""
        chosen = self._chosen(response)
        return self.by_id[chosen].text if chosen else NOT_ANSWERED

    def face(self, order: Order, response: Response | None) -> ChoiceFace:
        """Stem, question and options in the paper's order."""
        choices = self.choices(order, self._chosen(response))
        return ChoiceFace(template=self.template, stem=self.stem_html, lead_in=self.lead_in_html, choices=choices)

    def review(self, order: Order, response: Response | None, *, everything: bool) -> ChoiceReview:
        """The options with what is released of their rationales."""
        return ChoiceReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=self.points(response),
            possible=self.possible,
            answered=self.left(response) == 0,
            options=self.reviewed(order, self._chosen(response), everything=everything),
        )

    def puts(self) -> tuple[Put, ...]:
        """The question."""
        return (Put(plain(self.lead_in), self.words, frozenset({self.key}), stem=plain(self.stem)),)

    def by_chance(self) -> tuple[float, ...]:
        """One option of all is the key."""
        return by_chance_of([1 / len(self.options)])

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The place of the key, or of the first option that earns nothing."""
        return [{"answer": self.places_for(order, right=right)}]

    def alternatives(self) -> tuple[Alternative, ...]:
        """The options."""
        return tuple(Alternative(option.id, option.text) for option in self.options)

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """Another option as the key, or one more that earns the point."""
        return self.changed(**self.key_fields(alternative, also=also))

    def _chosen(self, response: object) -> str | None:
        return self.find(member(response, "option"))
