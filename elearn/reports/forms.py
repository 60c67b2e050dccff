"""What administrators ask for and send: shapes and words."""

from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from elearn.accounts.rules import tidy
from elearn.certificates.rules import Reason, State
from elearn.certificates.search import Selection
from elearn.learning.rules import LONGEST_PROBLEM, ProblemState
from elearn.mail.rules import LetterState
from elearn.quizzes.rules import MoreTime
from elearn.reports.rules import TIMES
from elearn.shared.free_text import LEAVE_PATIENTS_OUT, FreeTextForm
from elearn.shared.patients import tidy_text

LONGEST_SEARCH = 160
ADMINISTRATORS_READ = f"Administrators read it, and the holder has it in a copy of their data. {LEAVE_PATIENTS_OUT}"
LONGEST_NOTE = 2000
LONGEST_REVIEWER = 160
DAY_FORMATS = ["%d/%m/%Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d", "%d.%m.%Y"]
LIKE_A_DAY = "Enter a day like 22/11/2026"


def _tidy(text: str | None) -> str:
    return tidy(text or "")


class DayField(DateField):
    """A day, typed in any of the usual ways."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, format=DAY_FORMATS, **{"description": "For example 22/11/2026", **kwargs})

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day. Raises ValueError in our words."""
        try:
            super().process_formdata([value.strip() for value in valuelist])
        except ValueError as error:
            raise ValueError(LIKE_A_DAY) from error


class SearchFields:
    """The parts of a selection of certificates."""

    name = StringField(
        "Holder’s name",
        filters=[_tidy],
        description="Any part of it, in any order.",
        validators=[
            Optional(),
            Length(max=LONGEST_SEARCH, message=f"Name must be {LONGEST_SEARCH} characters or fewer"),
        ],
    )
    number = StringField(
        "Certificate number",
        filters=[_tidy],
        description="All of it or a part.",
        validators=[Optional(), Length(max=200, message="Certificate number must be 200 characters or fewer")],
    )
    module = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "Module", [Optional()], invalid_choice_message="Choose a module from the list"
    )
    state = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "State",
        [Optional()],
        invalid_choice_message="Choose a state from the list",
        choices=[SelectChoice("", "Any state")]
        + [SelectChoice(state.value, state.value.capitalize()) for state in State],
    )
    issued_from = DayField("Issued from", validators=[Optional()])
    issued_to = DayField("Issued to", validators=[Optional()])


class CertificatesForm(SearchFields, FlaskForm):
    """A selection of certificates, by the address of the page: it changes nothing, and so needs no token."""

    class Meta:
        """No token."""

        csrf = False

    def offer(self, modules: list[tuple[str, str]]) -> None:
        """Offer these modules to choose from, by slug and title."""
        self.module.choices = [SelectChoice("", "Any module")] + [SelectChoice(slug, title) for slug, title in modules]

    def validate_issued_to(self, field: DateField) -> None:
        """The days must be in order."""
        if field.data and isinstance(self.issued_from.data, date) and field.data < self.issued_from.data:
            raise ValidationError("Issued to must be the same day as issued from, or later")

    @property
    def selection(self) -> Selection:
        """What the form asks for."""
        return Selection(
            name=self.name.data or "",
            number=self.number.data or "",
            module=self.module.data or "",
            state=State(self.state.data) if self.state.data else None,
            issued_from=self.issued_from.data,
            issued_to=self.issued_to.data,
        )

    @property
    def filters(self) -> dict[str, Any]:
        """The parts that are filled in, as an address or hidden fields carry them."""
        fields = (self.name, self.number, self.module, self.state, self.issued_from, self.issued_to)
        return {field.name: str(field.data) for field in fields if field.data}


class ExportForm(CertificatesForm):
    """The same selection, sent to be exported: with a token."""

    class Meta:
        """With the token."""

        csrf = True


class RevokeForm(FreeTextForm):
    """Why a certificate is revoked."""

    reason = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Why is it revoked?",
        choices=[
            SelectChoice(reason.value, f"{reason.value.capitalize()}: “{reason.words}”".replace("'", "’"))
            for reason in Reason
        ],
        invalid_choice_message="Choose why it is revoked",
        validators=[InputRequired("Choose why it is revoked")],
        description="Anyone who checks the certificate reads the sentence in quotes.",
    )
    note = TextAreaField(
        "Note (optional)",
        description=ADMINISTRATORS_READ,
        validators=[Optional(), Length(max=LONGEST_NOTE, message=f"Note must be {LONGEST_NOTE} characters or fewer")],
    )


class RestoreForm(FreeTextForm):
    """Why a revocation is taken back."""

    note = TextAreaField(
        "Why is it restored?",
        description=ADMINISTRATORS_READ,
        validators=[
            DataRequired("Enter why it is restored"),
            Length(max=LONGEST_NOTE, message=f"Note must be {LONGEST_NOTE} characters or fewer"),
        ],
    )


class ReviewForm(FreeTextForm):
    """That somebody reviewed a version of a module."""

    reviewer = StringField(
        "Reviewer’s name",
        filters=[_tidy],
        description="The module’s public page shows it.",
        validators=[
            DataRequired("Enter the reviewer’s name"),
            Length(max=LONGEST_REVIEWER, message=f"Reviewer’s name must be {LONGEST_REVIEWER} characters or fewer"),
        ],
    )
    role = StringField(
        "Reviewer’s role",
        filters=[_tidy],
        description="For example consultant clinical geneticist. The public page shows it, too.",
        validators=[
            DataRequired("Enter the reviewer’s role"),
            Length(max=LONGEST_REVIEWER, message=f"Reviewer’s role must be {LONGEST_REVIEWER} characters or fewer"),
        ],
    )
    reviewed_on = DayField("Day of the review", validators=[InputRequired("Enter the day of the review")])
    note = TextAreaField(
        "Note (optional)",
        description=f"What was reviewed, and what was asked for. Only administrators read it. {LEAVE_PATIENTS_OUT}",
        validators=[Optional(), Length(max=LONGEST_NOTE, message=f"Note must be {LONGEST_NOTE} characters or fewer")],
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def validate_reviewed_on(self, field: DateField) -> None:
        """A review that has not happened yet is none."""
        if field.data and field.data > self._today:
            raise ValidationError("Day of the review must be today or earlier")


class LettersForm(FlaskForm):
    """Looking for letters."""

    class Meta:
        """It changes nothing, and so needs no token."""

        csrf = False

    q = StringField(
        "E-mail address or subject",
        filters=[_tidy],
        description="Any part of it.",
        validators=[
            Optional(),
            Length(max=LONGEST_SEARCH, message=f"Search must be {LONGEST_SEARCH} characters or fewer"),
        ],
    )
    state = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "State",
        choices=[SelectChoice("", "Any")] + [SelectChoice(state.value, state.capitalize()) for state in LetterState],
        validators=[Optional()],
        invalid_choice_message="Choose a state from the list",
    )


STATES = (
    (ProblemState.NEW, "New: nobody has looked at it yet"),
    (ProblemState.LOOKING, "Looking: somebody is looking into it"),
    (ProblemState.ANSWERED, "Answered"),
    (ProblemState.CLOSED, "Closed: nothing more will be done"),
)


class ProblemForm(FreeTextForm):
    """How far a reported problem is, and what its person reads."""

    state = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "State",
        invalid_choice_message="Choose the state",
        choices=[SelectChoice(state.value, words) for state, words in STATES],
        validators=[InputRequired("Choose the state")],
    )
    answer = TextAreaField(
        "Answer",
        description="Whoever reported it reads this. Do not tell the answer of a question: they may not have sat it yet. "
        + LEAVE_PATIENTS_OUT,
        filters=[lambda text: tidy_text(text or "")],
        validators=[Length(max=LONGEST_PROBLEM, message=f"Answer must be {LONGEST_PROBLEM:,} characters or fewer")],
    )

    def validate_answer(self, field: TextAreaField) -> None:
        """What is called answered has an answer."""
        if self.state.data == ProblemState.ANSWERED.value and not field.data:
            raise ValidationError("Enter an answer, or choose another state")


SHORTEST_WITHDRAWAL, LONGEST_WITHDRAWAL = 10, 300


class WithdrawForm(FreeTextForm):
    """Why a part is withdrawn or restored."""

    reason = TextAreaField(
        "Reason",
        description=f"Learners read this as it stands. Do not tell the answer of a question. {LEAVE_PATIENTS_OUT}",
        filters=[lambda text: tidy_text(text or "")],
        validators=[
            InputRequired("Enter the reason"),
            Length(
                SHORTEST_WITHDRAWAL,
                LONGEST_WITHDRAWAL,
                message=f"Reason must be between {SHORTEST_WITHDRAWAL} and {LONGEST_WITHDRAWAL} characters",
            ),
        ],
    )


NO_LIMIT = "none"


class TimeForm(FlaskForm):
    """What one person may have more of in timed quizzes."""

    time = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "How much time?",
        choices=[
            SelectChoice(str(percent or NO_LIMIT), f"{words[0].upper()}{words[1:]}") for percent, words in TIMES.items()
        ],
        invalid_choice_message="Choose how much time",
        validators=[InputRequired("Choose how much time")],
    )
    breaks = RadioField(  # type: ignore[call-arg]  # newer than its stubs
        "Rest breaks?",
        choices=[
            SelectChoice("no", "No"),
            SelectChoice("yes", "Yes: their time is stopped while they rest, for at most 24 hours at a time"),
        ],
        invalid_choice_message="Choose whether they may take rest breaks",
        validators=[InputRequired("Choose whether they may take rest breaks")],
    )

    @classmethod
    def of(cls, more: MoreTime) -> "TimeForm":
        """The form as the setting stands."""
        return cls(time=str(more.time_percent or NO_LIMIT), breaks="yes" if more.rest_breaks else "no")

    @property
    def more(self) -> MoreTime:
        """What a valid form says."""
        percent = None if self.time.data == NO_LIMIT else int(self.time.data)
        return MoreTime(percent, self.breaks.data == "yes")
