"""True/false cluster: three to six statements, each true or false, where an option list would be false precision."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from elearn.content.rendering import render_line, render_words
from elearn.content.schema import Words
from elearn.items.asking import Choosing, Put, by_chance_of
from elearn.items.base import NOT_ANSWERED, Alternative, Face, Item, Order, Response, Review, Sent, place_in
from elearn.items.question import member, plain, refuse_twice

RULE = "Say of each statement whether it is true or false. Each right answer earns a point; a wrong one costs nothing."
ANSWERS = (True, False)
"""By their places, from 1: the same for every statement."""


class Statement(BaseModel):
    """One statement, whether it is true, and what it teaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-f]$")]
    text: Words
    rationale: Words
    is_true: bool


@dataclass(frozen=True)
class StatementFace:
    """One statement before marking, with the place of the answer that stands, or none."""

    number: int
    label: Markup
    chosen: int | None


@dataclass(frozen=True, kw_only=True)
class ClusterFace(Face):
    """The statements in the paper's order."""

    statements: tuple[StatementFace, ...]


@dataclass(frozen=True)
class StatementReview:
    """One statement after marking: `given` and `key` are `True`, `False`, or empty; `key` where it is released."""

    label: Markup
    given: str
    right: bool | None
    key: str
    rationale: Markup


@dataclass(frozen=True, kw_only=True)
class ClusterReview(Review):
    """The statements with what is released of them."""

    statements: tuple[StatementReview, ...]


class TrueFalseCluster(Item):
    """A stem, one question, three to six statements to judge."""

    template: ClassVar[str] = "items/true_false_cluster.html"
    nothing_chosen: ClassVar[str] = "Choose True or False for each statement"

    type: Literal["true-false-cluster"]
    statements: tuple[Statement, ...] = Field(min_length=3, max_length=6)
    accepted: tuple[str, ...] = Field((), description="statements for which either answer earns, since a regrade")

    @model_validator(mode="after")
    def each_statement_once(self) -> Self:
        """Each statement has an id of its own, and `accepted` names statements."""
        refuse_twice((statement.id for statement in self.statements), "statements")
        if len(set(self.accepted)) != len(self.accepted):
            raise ValueError("a statement stands twice in accepted: name each once")
        if strange := sorted(set(self.accepted) - self._by_id.keys()):
            raise ValueError(f"accepted names {strange[0]}, which is no statement: take it out")
        return self

    @cached_property
    def _by_id(self) -> dict[str, Statement]:
        return {statement.id: statement for statement in self.statements}

    @cached_property
    def _labels(self) -> dict[str, Markup]:
        return {statement.id: render_line(statement.text) for statement in self.statements}

    @cached_property
    def _rationales(self) -> dict[str, Markup]:
        return {statement.id: render_words(statement.rationale) for statement in self.statements}

    @property
    def possible(self) -> int:
        """One point for each statement."""
        return len(self.statements)

    def natural_order(self) -> Order:
        """The statements as the author wrote them."""
        return tuple(statement.id for statement in self.statements)

    def read(self, sent: Sent, order: Order, before: Response | None = None) -> Response | None:
        """What the form says of each statement; one that it leaves out is not answered."""
        answers: dict[str, bool] = {}
        for number, statement_id in enumerate(order, start=1):
            words = f"Choose True or False for statement {number}"
            place = place_in(sent, f"answer-{number}", len(ANSWERS), words, f"-{number}")
            if place is not None:
                answers[statement_id] = ANSWERS[place - 1]
        return None if not answers and before is None else {"answers": answers}

    def points(self, response: Response | None) -> int:
        """One for each statement that is judged rightly."""
        return sum(self._is_right(statement_id, given) for statement_id, given in self._given(response).items())

    def left(self, response: Response | None) -> int:
        """The statements without an answer."""
        return len(self.statements) - len(self._given(response))

    def wording(self, response: Response | None) -> str:
        """Each statement's answer after its text."""
        given = self._given(response)
        if not given:
            return NOT_ANSWERED
        words = {statement_id: str(answer) for statement_id, answer in given.items()}
        return "; ".join(f"{plain(s.text)}: {words.get(s.id, NOT_ANSWERED.lower())}" for s in self.statements)

    def face(self, order: Order, response: Response | None) -> ClusterFace:
        """Stem, question, rule and statements in the paper's order."""
        given = self._given(response)
        statements = tuple(
            StatementFace(
                number=number,
                label=self._labels[statement_id],
                chosen=ANSWERS.index(given[statement_id]) + 1 if statement_id in given else None,
            )
            for number, statement_id in enumerate(order, start=1)
        )
        return ClusterFace(
            template=self.template, stem=self.stem_html, lead_in=self.lead_in_html, rule=RULE, statements=statements
        )

    def review(self, order: Order, response: Response | None, *, everything: bool) -> ClusterReview:
        """The statements with what is released: of one that was not answered nothing, unless everything is."""
        given = self._given(response)
        return ClusterReview(
            template=self.template,
            stem=self.stem_html,
            lead_in=self.lead_in_html,
            points=self.points(response),
            possible=self.possible,
            answered=bool(given),
            statements=tuple(self._reviewed(i, given.get(i), everything) for i in order),
        )

    def _reviewed(self, statement_id: str, given: bool | None, everything: bool) -> StatementReview:
        return StatementReview(
            label=self._labels[statement_id],
            given="" if given is None else str(given),
            right=None if given is None else self._is_right(statement_id, given),
            key=self._key_words(statement_id) if everything else "",
            rationale=self._rationales[statement_id] if everything or given is not None else Markup(),
        )

    def _key_words(self, statement_id: str) -> str:
        key = str(self._by_id[statement_id].is_true)
        return f"{key}; the other answer is accepted too" if statement_id in self.accepted else key

    def puts(self) -> tuple[Put, ...]:
        """The statements."""
        words = {statement.id: plain(statement.text) for statement in self.statements}
        return (Put(plain(self.lead_in), words, choosing=Choosing.JUDGED),)

    def by_chance(self) -> tuple[float, ...]:
        """Each statement is right half of the time."""
        return by_chance_of(0.5 for _ in self.statements)

    def forms_for(self, order: Order, *, right: bool) -> list[Sent]:
        """The right answer to each statement, or the wrong one; none where either earns."""
        places = {
            f"answer-{number}": [str(ANSWERS.index(self._by_id[i].is_true is right) + 1)]
            for number, i in enumerate(order, start=1)
            if right or i not in self.accepted
        }
        return [places]

    def alternatives(self) -> tuple[Alternative, ...]:
        """The other answer to each statement."""
        return tuple(Alternative(s.id, f"{not s.is_true}, not {s.is_true}: {plain(s.text)}") for s in self.statements)

    def with_key(self, alternative: str, *, also: bool) -> Self:
        """The statement's other answer as its key, or either answer accepted (`also`)."""
        if alternative not in self._by_id:
            raise ValueError("Choose one of the statements")
        if also:
            return self.changed(accepted=sorted({*self.accepted, alternative}))
        statements = [
            statement.model_dump() | {"is_true": statement.is_true is not (statement.id == alternative)}
            for statement in self.statements
        ]
        return self.changed(statements=statements, accepted=[kept for kept in self.accepted if kept != alternative])

    def _is_right(self, statement_id: str, given: bool) -> bool:
        return statement_id in self.accepted or self._by_id[statement_id].is_true is given

    def _given(self, response: Response | None) -> dict[str, bool]:
        """What a response says of each statement; what it holds besides counts for nothing."""
        answers = member(response, "answers")
        found = {statement.id: member(answers, statement.id) for statement in self.statements}
        return {statement_id: given for statement_id, given in found.items() if isinstance(given, bool)}
