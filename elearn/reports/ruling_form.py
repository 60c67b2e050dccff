"""What an educator decides on a key that was wrong: shapes and words."""

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, ValidationError

from elearn.items.base import Item
from elearn.quizzes.regrading import Decision
from elearn.quizzes.rules import LONGEST_REASON, SHORTEST_REASON, RulingKind
from elearn.shared.columns import unguessable_id
from elearn.shared.free_text import LEAVE_PATIENTS_OUT, FreeTextForm

KINDS = (
    (RulingKind.CORRECT, "Another answer is the right one"),
    (RulingKind.ACCEPT, "Another answer is right as well"),
    (RulingKind.VOID, "The question does not count"),
    (RulingKind.FULL, "Everyone has its points"),
)


class RulingForm(FreeTextForm):
    """One ruling. Its reason is shown to every learner whose mark it changes."""

    kind = RadioField(
        "What is to be done?",
        choices=[SelectChoice(kind.value, words) for kind, words in KINDS],
        validators=[InputRequired("Choose what is to be done")],
    )
    chosen = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "Which answer?",
        default="",
        description="Only if another answer is right.",
        invalid_choice_message="Choose an answer from the list",
    )
    typed = StringField("Which answer?", validators=[Length(max=200, message="Key must be 200 characters or fewer")])
    reason = TextAreaField(
        "Reason",
        description=f"Learners whose mark changes read this. Name no person. {LEAVE_PATIENTS_OUT}",
        filters=[lambda text: (text or "").strip()],
        validators=[
            Length(
                min=SHORTEST_REASON,
                max=LONGEST_REASON,
                message=f"Reason must be between {SHORTEST_REASON} and {LONGEST_REASON:,} characters",
            )
        ],
    )
    lowers = RadioField(
        "May somebody who has passed fail by this?",
        choices=[SelectChoice("no", "No: whoever has passed stays passed"), SelectChoice("yes", "Yes")],
        default="no",
        validators=[InputRequired("Choose whether a pass may be lost")],
    )
    key = HiddenField()
    seen = HiddenField()

    def offer(self, item: Item) -> None:
        """Offer what this item may have as its key."""
        none = SelectChoice("", "Choose an answer")
        self.chosen.choices = [none] + [SelectChoice(a.id, a.words) for a in item.alternatives()]
        self.typed.description = item.key_hint
        self.key.data = self.key.data or unguessable_id()

    @property
    def is_typed(self) -> bool:
        """Whether the key is written, not chosen."""
        return bool(self.typed.description)

    @property
    def decision(self) -> Decision:
        """What the form says, once it is valid."""
        kind = RulingKind(self.kind.data)
        alternative = (self.typed.data if self.is_typed else self.chosen.data) or ""
        names_one = kind in (RulingKind.CORRECT, RulingKind.ACCEPT)
        return Decision(kind, alternative if names_one else "", self.reason.data or "", self.lowers.data == "yes")

    def validate_chosen(self, field: SelectField) -> None:
        """Another answer has to be named."""
        if not self.is_typed and self._names_one and not field.data:
            raise ValidationError("Choose the answer")

    def validate_typed(self, field: StringField) -> None:
        """Another key has to be written."""
        if self.is_typed and self._names_one and not field.data:
            raise ValidationError("Enter the answer")

    @property
    def _names_one(self) -> bool:
        return self.kind.data in (RulingKind.CORRECT.value, RulingKind.ACCEPT.value)
