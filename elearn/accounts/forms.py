"""The shape and words of input about people."""

from typing import Any

from flask_security.forms import LoginForm, RegisterFormV2
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, Length, Optional

from elearn.accounts.rules import LONGEST_NAME, LONGEST_REGISTRATION, SHORTEST_PASSWORD, Profession, tidy

WRONG_SIGN_IN = "The e-mail address or the password is not right. Check both and try again"
PROFESSIONS = [SelectChoice("", "Choose your profession")] + [
    SelectChoice(profession.value, profession.value.capitalize()) for profession in Profession
]


def _tidy(text: str | None) -> str:
    return tidy(text or "")


class DetailsFields:
    """Who a person is, as registration and the details page ask it."""

    given_names = StringField(
        "Given names",
        filters=[_tidy],
        description="Leave empty if you have one name only.",
        validators=[
            Optional(),
            Length(max=LONGEST_NAME, message=f"Given names must be {LONGEST_NAME} characters or fewer"),
        ],
        render_kw={"autocomplete": "given-name"},
    )
    family_name = StringField(
        "Family name",
        filters=[_tidy],
        description="Your names are printed on your certificate as you write them here.",
        validators=[
            DataRequired("Enter your family name"),
            Length(max=LONGEST_NAME, message=f"Family name must be {LONGEST_NAME} characters or fewer"),
        ],
        render_kw={"autocomplete": "family-name"},
    )
    profession = SelectField(  # type: ignore[call-arg]  # newer than its stubs
        "Profession",
        choices=PROFESSIONS,
        validators=[DataRequired("Choose your profession")],
        invalid_choice_message="Choose your profession",
    )
    registration_number = StringField(
        "Registration number (optional)",
        filters=[_tidy],
        description="For example your GMC, NMC, GPhC or HCPC number. It is printed on your certificate and nowhere else.",
        validators=[
            Optional(),
            Length(
                max=LONGEST_REGISTRATION,
                message=f"Registration number must be {LONGEST_REGISTRATION} characters or fewer",
            ),
        ],
        render_kw={"autocomplete": "off"},
    )


class RegisterForm(DetailsFields, RegisterFormV2):
    """Registration: Flask-Security's e-mail and password, and who the person is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email.label.text = "E-mail address"
        self.email.description = "We use it to sign you in and to confirm that it is yours."
        self.password.label.text = "Password"
        self.password.description = f"At least {SHORTEST_PASSWORD} characters. Three random words are a good choice."
        self.submit.label.text = "Register"


class SignInForm(LoginForm):
    """Signing in, in our words; a shared ward PC must not remember anybody, so there is no such choice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email.label.text = "E-mail address"
        self.password.label.text = "Password"
        self.submit.label.text = "Sign in"

    def validate(self, **kwargs: Any) -> bool:
        """Say the same in the same place for a wrong password and for an unknown address (B-5)."""
        valid: bool = super().validate(**kwargs)
        if WRONG_SIGN_IN in map(str, (*self.email.errors, *self.password.errors)):
            self.email.errors, self.password.errors = [WRONG_SIGN_IN], []
        return valid


class DetailsForm(DetailsFields, FlaskForm):
    """Changing what a certificate will print."""


class EmptyForm(FlaskForm):
    """A button: nothing but the token against forged posts."""


class EraseForm(FlaskForm):
    """That the person means it."""

    sure = BooleanField(
        "I understand that this cannot be undone",
        validators=[DataRequired("Tick the box to say that you understand that this cannot be undone")],
    )
