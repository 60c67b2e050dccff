"""What each content file may say: an unknown field is an error, and every error has a place and a remedy."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
FactId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-\d+[a-z]?$")]
SourceId = Annotated[str, StringConstraints(pattern=r"^[SB]\d{2,3}$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
SectionRef = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+#[a-z0-9-]+$")]


class Level(StrEnum):
    """Cognitive level of an item (Bloom, revised; fact CP-30)."""

    RECALL = "recall"
    UNDERSTAND = "understand"
    APPLY = "apply"
    ANALYSE = "analyse"


class Strict(BaseModel):
    """Unknown fields are errors; what is parsed does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Difficulty(StrEnum):
    """How hard an item's author expects it to be."""

    EASY = "easy"
    MODERATE = "moderate"
    HARD = "hard"


class Dated(Strict):
    """When something was released and reviewed, when the next review is due, and since when it is withdrawn."""

    released: date
    last_reviewed: date
    next_review: date
    withdrawn: date | None = None


class Change(Strict):
    """What one version changed."""

    version: Version
    on: date = Field(alias="date")
    what: Words


class ItemRecord(Strict):
    """What is known of an item beside what it asks: it may change without making another version of the item."""

    difficulty: Difficulty
    facility: float | None = Field(
        None, gt=0, lt=1, description="share of its points that a borderline learner is expected to get (fact CP-33)"
    )
    history: tuple[Change, ...] = Field(min_length=1, description="the versions of the item, the newest last")
    dates: Dated | None = Field(None, description="where they differ from those of its quiz or lesson")
    overrules: dict[Slug, Words] = Field(
        {}, description="rules of item writing that do not fit it, each with the reason"
    )


class Outcome(Strict):
    """What a learner can do after the module."""

    id: Slug
    text: Words


class Contributor(Strict):
    """Somebody or some body named on the module page, with what they declare."""

    name: Words
    role: Words
    interests: Words


class Counts(StrEnum):
    """Which of several attempts counts."""

    BEST = "best"
    LATEST = "latest"


class Feedback(StrEnum):
    """When a result shows keys and rationales."""

    STEPWISE = "stepwise"
    SUBMIT = "after submit"
    PASSED = "after pass"
    LAST_ATTEMPT = "after the last attempt"
    DATE = "after a date"


class QuizRules(Strict):
    """How quizzes are sat unless a quiz says otherwise (design.md section 11)."""

    pass_percent: int = Field(75, ge=1, le=100)
    attempts: int = Field(3, ge=1, le=20)
    waiting_hours: tuple[int, ...] = Field((0, 24), description="before the second, third, ... attempt")
    counts: Counts = Field(Counts.BEST, description="whose mark reports give")
    limit_minutes: int | None = Field(None, ge=1, le=600, description="a limit is off unless it is essential")
    closes: AwareDatetime | None = Field(None, description="when the quiz closes, with its time zone")
    counted: bool = Field(True, description="a pre-test is not: it passes nobody, and shows nothing until the end")
    feedback: Feedback = Feedback.STEPWISE
    feedback_from: AwareDatetime | None = Field(None, description="for feedback “after a date”, with its time zone")

    @model_validator(mode="after")
    def one_wait_for_each_retake(self) -> "QuizRules":
        """The waits are those between the attempts, one fewer than the attempts."""
        if len(self.waiting_hours) != self.attempts - 1:
            raise ValueError(f"waiting_hours needs {self.attempts - 1} numbers, one before each retake")
        return self

    @model_validator(mode="after")
    def a_date_for_the_date(self) -> "QuizRules":
        """Feedback after a date has a date, and no other feedback has one."""
        if (self.feedback is Feedback.DATE) != (self.feedback_from is not None):
            raise ValueError("feedback_from goes with feedback “after a date”, and with no other")
        return self


class LessonStep(Strict):
    """A lesson on the path."""

    lesson: Slug


class QuizStep(Strict):
    """A quiz on the path."""

    quiz: Slug


class ModuleFile(Dated):
    """`module.yaml`."""

    slug: Slug
    title: Words
    version: Version
    summary: Words
    audience: Words
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    path: tuple[LessonStep | QuizStep | Literal["reflection", "evaluation", "certificate"], ...] = Field(min_length=1)
    pretest: Slug | None = Field(None, description="a quiz to sit before the first lesson, for those who like to")
    quiz_rules: QuizRules
    history: tuple[Change, ...] = Field((), description="what each version changed, the newest last")
    authors: tuple[Contributor, ...] = Field(min_length=1)
    funding: Words
    method: Words
    provenance: Words

    @model_validator(mode="after")
    def each_step_once(self) -> "ModuleFile":
        """Every step and every outcome has a name of its own: completions, addresses and reports are kept by it."""
        for names in (
            [step if isinstance(step, str) else next(iter(step.model_dump().values())) for step in self.path],
            [outcome.id for outcome in self.outcomes],
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{', '.join(twice)} stands twice")
        return self


class Opening(Strict):
    """A question that wakes what a learner knows before the text, and its answer, given after it."""

    question: Words
    answer: Words


class LessonFile(Strict):
    """The front matter of a lesson."""

    title: Words
    summary: Words
    outcomes: tuple[Slug, ...] = Field(min_length=1)
    objectives: tuple[Words, ...] = Field(min_length=2, max_length=6)
    facts: tuple[FactId, ...] = Field(min_length=1)
    sources: tuple[SourceId, ...] = Field(min_length=1)
    opening: Opening
    dates: Dated


class BlueprintCell(Strict):
    """So many items of one objective, at these cognitive levels, in every paper."""

    objective: Slug
    text: Words
    outcome: Slug
    levels: tuple[Level, ...] = Field(min_length=1)
    draw: int = Field(ge=1, le=20)


class QuizFile(Strict):
    """A quiz file without its items, which are parsed by their own types."""

    title: Words
    summary: Words
    rules: QuizRules | None = None
    dates: Dated
    blueprint: tuple[BlueprintCell, ...] = Field(min_length=1)
    items: tuple[dict[str, object], ...] = Field(min_length=1)


class FigureFile(Strict):
    """What stands beside a drawing."""

    title: Words
    alt: Words
    description: Words
    facts: tuple[FactId, ...] = ()
    sources: tuple[SourceId, ...] = ()


class Source(Strict):
    """Where a fact comes from."""

    id: SourceId
    text: Words
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    checked: date


class Fact(Strict):
    """A fact that the module rests on, in our words."""

    id: FactId
    text: Words
    sources: tuple[SourceId, ...] = Field(min_length=1)
    confidence: Literal["verified", "seed", "background"]
    jurisdiction: Words
    checked: date
    volatile: bool = False


class Term(Strict):
    """A word of the field, explained."""

    id: Slug
    term: Words
    also: tuple[Words, ...] = Field((), description="other forms that the text uses: plurals, abbreviations")
    text: Words
    facts: tuple[FactId, ...] = ()


class Coverage(Strict):
    """Which sections teach one paragraph of the source document."""

    paragraph: int = Field(ge=1)
    about: Words
    sections: tuple[SectionRef, ...] = Field(min_length=1)
