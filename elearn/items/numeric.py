"""Numeric: a number with its unit, within an accepted range. Decimal throughout: no float decides about a point."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from elearn.content.rendering import render_words
from elearn.content.schema import Words
from elearn.items.asking import Put, by_chance_of
from elearn.items.base import NOT_ANSWERED, Alternative, BadResponse, Face, Item, Order, Response, Review, Sent
from elearn.items.question import member, plain

DIGITS = 15
"""The most that anybody types; what an author writes has fewer, so that a right answer can always be typed."""
QUOTED = 40
PERCENT = ("%", "per cent", "percent")
MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
TYPED = re.compile(r"([+-]?) ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(\.[0-9]*)?")
STORED = re.compile(r"-?[0-9]+(\.[0-9]+)?")

Number = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=12)]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Range(BaseModel):
    """The numbers from the lowest to the highest, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lowest: Number
    highest: Number

    @model_validator(mode="after")
    def lowest_first(self) -> Self:
        """The lowest is not above the highest."""
        if self.lowest > self.highest:
            raise ValueError(f"lowest {self.lowest} is above highest {self.highest}: swap them")
        return self

    def holds(self, number: Decimal) -> bool:
        """Whether a number lies within."""
        return self.lowest <= number <= self.highest

    def meets(self, other: "Range") -> bool:
        """Whether some number lies within both."""
        return self.lowest <= other.highest and other.lowest <= self.highest

    @property
    def words(self) -> str:
        """`0.5 to 0.7`, or the one number."""
        lowest, highest = f"{self.lowest:f}", f"{self.highest:f}"
        return lowest if self.lowest == self.highest else f"{lowest} to {highest}"


class Mistake(Range):
    """Wrong numbers that a typical mistake leads to, with what they teach."""

    rationale: Words


@dataclass(frozen=True, kw_only=True)
class NumericFace(Face):
    """What stands in the field, and the unit beside it."""

    value: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class NumericReview(Review):
    """The number that was given, and what is released: the accepted range, the rationale, the mistakes that were hit."""

    given: str
    accepted: str
    rationale: Markup
    mistakes: tuple[Markup, ...]


class Numeric(Item):
    """A stem, one question, a number in a unit."""

    template: ClassVar[str] = "items/numeric.html"
    nothing_chosen: ClassVar[str] = "Write a number"
    key_hint: ClassVar[str] = "The lowest and the highest accepted number with “to” between, for example “0.5 to 0.7”"

    type: Literal["numeric"]
    unit: Unit = Field(description="in words, as it stands after the field")
    unit_also: tuple[Unit, ...] = Field((), description="other ways to write the unit that a learner may type")
    decimals: int | None = Field(None, ge=0, le=6, description="how many decimal places the learner is asked for")
    lowest: Number
    highest: Number
    rationale: Words
    mistakes: tuple[Mistake, ...] = Field((), max_length=8)
    accepted: tuple[Range, ...] = Field((), description="ranges that earn the point beside the key, since a regrade")

    @field_validator("unit", "unit_also")
    @classmethod
    def unit_is_no_number(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        """A unit can be told from the number before it."""
        for unit in (value,) if isinstance(value, str) else value:
            if unit[0] in "0123456789.,+-":
                raise ValueError(
                    f"the unit {unit} begins like a number: begin it with a letter or a sign such as % or ×"
                )
        return value

    @model_validator(mode="after")
    def mistakes_are_wrong(self) -> Self:
        """The range is one, and no mistake lies within it."""
        if self.lowest > self.highest:
            raise ValueError(f"lowest {self.lowest} is above highest {self.highest}: swap them")
        for mistake in self.mistakes:
            if mistake.meets(self._key):
                raise ValueError(f"the mistake {mistake.words} overlaps the accepted range: make it narrower")
        return self

    @cached_property
    def _key(self) -> Range:
        return Range(lowest=self.lowest, highest=self.highest)

    @cached_property
    def _rationale(self) -> Markup:
        return render_words(self.rationale)

    @cached_property
    def _units(self) -> re.Pattern[str]:
        """What may stand after a number."""
        units = {" ".join(unit.split()) for unit in (self.unit, *self.unit_also)}
        if any(unit.casefold() in PERCENT for unit in units):
            units |= set(PERCENT)
        ways = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
        return re.compile(f" ?({ways})", re.IGNORECASE)

    @property
    def possible(self) -> int:
        """One point."""
        return 1

    def natural_order(self) -> Order:
        """There is nothing to put in order."""
        return ()

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:  # noqa: ARG002
        """The number that the form holds; an emptied field takes an answer back."""
        typed = [value for value in sent.get("answer", ()) if value.strip()]
        if not typed:
            return None if before is None else {"number": ""}
        if len(typed) > 1:
            raise BadResponse("Write one number only")
        return {"number": f"{read_number(typed[0], self._units):f}"}

    def points(self, response: Response | None) -> int:
        """One for a number within an accepted range, else none."""
        number = _number(response)
        return int(number is not None and any(span.holds(number) for span in (self._key, *self.accepted)))

    def left(self, response: Response | None) -> int:
        """One where no number stands."""
        return int(_number(response) is None)

    def wording(self, response: Response | None) -> str:
        """The number with its unit."""
        number = _number(response)
        return NOT_ANSWERED if number is None else f"{number:f} {self.unit}"

    def face(self, order: Order, response: Response | None) -> NumericFace:  # noqa: ARG002
        """Stem, question, and the number that stands."""
        number = _number(response)
        return NumericFace(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            rule=_hint(self.decimals),
            value="" if number is None else f"{number:f}",
            unit=self.unit,
        )

    def review(self, order: Order, response: Response | None, *, everything: bool) -> NumericReview:  # noqa: ARG002
        """The number, and what is released; the rationale tells the range, so it waits where the number was wrong."""
        number, points = _number(response), self.points(response)
        hit = [mistake for mistake in self.mistakes if number is not None and not points and mistake.holds(number)]
        ranges = " or ".join(span.words for span in (self._key, *self.accepted))
        return NumericReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=points,
            possible=self.possible,
            answered=number is not None,
            given="" if number is None else self.wording(response),
            accepted=f"{ranges} {self.unit}" if everything else "",
            rationale=self._rationale if everything or points else Markup(),
            mistakes=tuple(render_words(mistake.rationale) for mistake in hit),
        )

    def puts(self) -> tuple[Put, ...]:
        """The question, which has no options."""
        return (Put(plain(self.lead_in), {}),)

    def by_chance(self) -> tuple[float, ...]:
        """Nobody hits on a number by guessing."""
        return by_chance_of([0.0])

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:  # noqa: ARG002
        """The lowest accepted number, or one above every accepted one."""
        above = max(span.highest for span in (self._key, *self.accepted)) + 1
        return [{"answer": [f"{self.lowest if right else above:f}"]}]

    def alternatives(self) -> tuple[Alternative, ...]:
        """None to choose from: a range is written."""
        return ()

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """The range “lowest to highest” as the key, or accepted `also`. A mistake that meets the new key is dropped."""
        span = self._range(alternative)
        ranges = [known.model_dump(mode="json") for known in self.accepted]
        new = span.model_dump(mode="json")
        if also:
            known = span in (self._key, *self.accepted)
            return self.changed(accepted=ranges if known else [*ranges, new])
        mistakes = [mistake.model_dump(mode="json") for mistake in self.mistakes if not mistake.meets(span)]
        return self.changed(**new, mistakes=mistakes, accepted=[])

    def _range(self, words: str) -> Range:
        ends = re.split(r"\s+to\s+", words.strip(), flags=re.IGNORECASE)
        if len(ends) > 2 or not ends[0]:
            raise ValueError(f"Write the range so: {self.key_hint[0].lower()}{self.key_hint[1:]}")
        lowest, highest = read_number(ends[0], self._units), read_number(ends[-1], self._units)
        if lowest > highest:
            raise ValueError(f"The lowest number, {lowest:f}, is above the highest, {highest:f}: swap them")
        try:
            return Range(lowest=lowest, highest=highest)
        except ValidationError:
            raise ValueError("Write numbers of at most 12 digits") from None


def read_number(typed: str, units: re.Pattern[str]) -> Decimal:
    """The number that somebody typed, whose unit may follow. Raises BadResponse, which quotes what was typed."""
    words = " ".join(typed.split())
    quoted = _quote(words)
    found = TYPED.match(words.translate(MINUS))
    digits = (found[2] + (found[3] or "")).replace(",", "") if found else ""
    if not found or not digits.strip("."):
        raise BadResponse(f"“{quoted}” is not a number: write it in digits, with a full stop before any decimals")
    if rest := words[found.end() :]:
        _refuse(rest, quoted, units)
    if len(digits.lstrip("0").replace(".", "")) > DIGITS:
        raise BadResponse(f"“{quoted}” is too long: write a number of at most {DIGITS} digits")
    number = Decimal(found[1] + digits)
    return number or abs(number)  # zero has no sign


def _refuse(rest: str, quoted: str, units: re.Pattern[str]) -> None:
    """Say what is wrong with what follows a number, unless it is the unit."""
    if units.fullmatch(rest):
        return
    if rest.lstrip()[:1].isalpha() or rest.lstrip()[:1] == "%":
        raise BadResponse(f"“{quoted}” is in another unit, or more than a number: write the number alone")
    raise BadResponse(
        f"“{quoted}” is not one number: write it in digits, with a full stop before any decimals "
        "and commas only between thousands"
    )


def _quote(words: str) -> str:
    """What was typed, short enough for a message and without what cannot be seen."""
    plain = "".join(character for character in words if character.isprintable())
    return plain if len(plain) <= QUOTED else plain[: QUOTED - 1] + "…"


def _number(response: Response | None) -> Decimal | None:
    """The number of a response; None for anything else."""
    text = member(response, "number")
    plain = isinstance(text, str) and len(text) <= DIGITS + 3 and STORED.fullmatch(text)
    return Decimal(text) if plain else None


def _hint(decimals: int | None) -> str:
    if decimals is None:
        return "Write a number."
    return (
        f"Write a number to {decimals} decimal {'place' if decimals == 1 else 'places'}."
        if decimals
        else "Write a whole number."
    )
