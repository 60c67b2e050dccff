"""The shape and words of a reflection, of an evaluation and of a reported problem."""

import re

from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, Length, Optional

from elearn.learning.rules import (
    LONGEST_COMMENT,
    LONGEST_PROBLEM,
    LONGEST_REFLECTION,
    SHORTEST_PROBLEM,
    USEFUL,
    Balanced,
    Opinion,
    ReflectionTexts,
    RightLevel,
)
from elearn.shared.columns import unguessable_id
from elearn.shared.free_text import FreeTextForm
from elearn.shared.patients import tidy_text

_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def _tidy(text: str | None) -> str:
    return tidy_text(text or "")


def at_most(limit: int, what: str) -> Length:
    """A limit on length, said in words."""
    return Length(max=limit, message=f"{what} must be {limit:,} characters or fewer")


class ReflectionForm(FreeTextForm):
    """The four prompts of fact CP-11."""

    learned = TextAreaField(
        "What did you learn?",
        filters=[_tidy],
        description="One or two things that were new to you, or that you now see differently.",
        validators=[
            DataRequired("Write what you learned"),
            at_most(LONGEST_REFLECTION, "What you learned"),
        ],
    )
    will_change = TextAreaField(
        "What will you change in your work?",
        filters=[_tidy],
        description="If nothing, say why your practice holds.",
        validators=[
            DataRequired("Write what you will change in your work"),
            at_most(LONGEST_REFLECTION, "What you will change"),
        ],
    )
    effect_on_patients = TextAreaField(
        "What effect will it have on patients?",
        filters=[_tidy],
        description="In general terms: do not describe a real patient or family.",
        validators=[
            DataRequired("Write what effect it will have on patients"),
            at_most(LONGEST_REFLECTION, "The effect on patients"),
        ],
    )
    next_step = TextAreaField(
        "What will you do or learn next? (optional)",
        filters=[_tidy],
        validators=[Optional(), at_most(LONGEST_REFLECTION, "What you will do next")],
    )

    def texts(self) -> ReflectionTexts:
        """The answers of a valid form."""
        return ReflectionTexts(
            learned=self.learned.data or "",
            will_change=self.will_change.data or "",
            effect_on_patients=self.effect_on_patients.data or "",
            next_step=self.next_step.data or "",
        )


class EvaluationForm(FreeTextForm):
    """A short evaluation; nothing is chosen beforehand."""

    useful = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "How useful was this module for your work?",
        choices=[SelectChoice(str(value), words) for value, words in USEFUL.items()],
        validators=[DataRequired("Choose how useful this module was")],
        invalid_choice_message="Choose how useful this module was",
    )
    right_level = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Was it at the right level for you?",
        choices=[SelectChoice(level.value, level.value.capitalize()) for level in RightLevel],
        validators=[DataRequired("Choose whether it was at the right level for you")],
        invalid_choice_message="Choose whether it was at the right level for you",
    )
    balanced = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Was it balanced and free of commercial bias?",
        choices=[SelectChoice(answer.value, answer.value.capitalize()) for answer in Balanced],
        description="Commercial bias is anything that favours a product or a company.",
        validators=[DataRequired("Choose whether it was balanced and free of commercial bias")],
        invalid_choice_message="Choose whether it was balanced and free of commercial bias",
    )
    bias_seen = TextAreaField(
        "If not, what bias did you see? (optional)",
        filters=[_tidy],
        description="Name the lesson or the question if you can, and no person.",
        validators=[Optional(), at_most(LONGEST_COMMENT, "What bias you saw")],
    )
    comment = TextAreaField(
        "What should we change? (optional)",
        filters=[_tidy],
        description="Do not write anything that could identify you, a colleague or a patient.",
        validators=[Optional(), at_most(LONGEST_COMMENT, "What we should change")],
    )

    def opinion(self) -> Opinion:
        """The answers of a valid form."""
        return Opinion(
            useful=int(self.useful.data),
            right_level=RightLevel(self.right_level.data),
            balanced=Balanced(self.balanced.data),
            bias_seen=self.bias_seen.data or "",
            comment=self.comment.data or "",
        )


class ProblemForm(FreeTextForm):
    """What is wrong with a question or a lesson. `key` lets one form in once."""

    words = TextAreaField(
        "What is wrong?",
        filters=[_tidy],
        description="What did you find, and what should be there? Do not write anything about patients.",
        validators=[
            DataRequired("Enter what is wrong"),
            Length(
                min=SHORTEST_PROBLEM,
                max=LONGEST_PROBLEM,
                message=f"Description must be between {SHORTEST_PROBLEM} and {LONGEST_PROBLEM:,} characters",
            ),
        ],
    )
    key = HiddenField(default=unguessable_id)

    @property
    def public_id(self) -> str:
        """The id of the report that this form makes; a fresh one where the form brought none of ours."""
        brought = self.key.data or ""
        return brought if _ID.fullmatch(brought) else unguessable_id()
