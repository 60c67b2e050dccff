"""The shape and words of input about cohorts."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, StopValidation

from elearn.accounts.rules import tidy
from elearn.cohorts.rules import LONGEST_COHORT_NAME, LONGEST_PASTE, BadAddress, Expected, read_address, read_roster

UNKNOWN_CODE = "We do not know this code. Check it with the person who gave it to you"
EDUCATORS_HINT = "E-mail addresses of people who have an account here and have confirmed their address. One a line."


def _tidy(text: str | None) -> str:
    return tidy(text or "")


def _say(field: Field, words: str) -> None:
    field.errors = [*field.errors, words]


def _educators_field() -> TextAreaField:
    words = "Enter the e-mail address of at least one educator"
    return TextAreaField("Educators", description=EDUCATORS_HINT, validators=[DataRequired(words)])


class CodeForm(FlaskForm):
    """A join code, typed or brought by a link."""

    code = StringField(
        "Join code",
        description="Eight letters and numbers, such as CDFG-3467. Your educator gives it to you.",
        validators=[DataRequired("Enter the join code"), Length(max=40, message=UNKNOWN_CODE)],
        render_kw={"autocomplete": "off"},
    )

    def refuse(self) -> None:
        """Say that no cohort has this code."""
        _say(self.code, UNKNOWN_CODE)


class RosterForm(FlaskForm):
    """A pasted list of expected people."""

    people = TextAreaField(
        "People you expect",
        description=f"One a line: a name, a comma and an e-mail address, or an e-mail address alone. {LONGEST_PASTE} lines at most.",
        validators=[DataRequired("Paste at least one line")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected: tuple[Expected, ...] = ()

    def validate_people(self, field: Field) -> None:
        """Read the lines; every problem names its line, and one problem is enough to take nobody."""
        reading = read_roster(field.data)
        self.expected = reading.people
        for words in reading.problems:
            _say(field, words)
        if reading.problems:
            raise StopValidation


class RemoveForm(FlaskForm):
    """Somebody to take off a list: an address, or a person's address id."""

    who = StringField(filters=[_tidy], validators=[DataRequired(), Length(max=255)])


class EducatorsForm(FlaskForm):
    """People to appoint as educators."""

    educators = TextAreaField(
        "Educators",
        description=EDUCATORS_HINT,
        validators=[DataRequired("Enter the e-mail address of at least one educator")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.emails: tuple[str, ...] = ()

    def validate_educators(self, field: Field) -> None:
        """Read the addresses; each problem names its line."""
        found: dict[str, None] = {}
        for number, line in enumerate(field.data.splitlines(), start=1):
            try:
                found |= {read_address(line): None} if line.strip() else {}
            except BadAddress:
                _say(field, f"Line {number}: write an e-mail address like name@example.org")
        if field.errors:
            raise StopValidation
        self.emails = tuple(found)

    def refuse(self, emails: tuple[str, ...]) -> None:
        """Say that these addresses cannot be appointed."""
        for email in emails:
            _say(
                self.educators,
                f"{email}: nobody with an account has confirmed this address. Ask them to register and confirm it first",
            )


class CohortForm(EducatorsForm):
    """A new cohort."""

    name = StringField(
        "Name of the cohort",
        filters=[_tidy],
        description="Its learners see it. For example: Genomics fellows, spring 2027.",
        validators=[
            DataRequired("Enter a name for the cohort"),
            Length(max=LONGEST_COHORT_NAME, message=f"The name must be {LONGEST_COHORT_NAME} characters or fewer"),
        ],
        render_kw={"autocomplete": "off"},
    )
    module = SelectField("Module", validators=[DataRequired("Choose a module")])
    educators = _educators_field()
