"""The shape and words of input about certificates."""

from flask_wtf import FlaskForm
from wtforms import Form, HiddenField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from elearn.accounts.rules import LONGEST_NAME, LONGEST_REGISTRATION, tidy
from elearn.certificates.numbers import LONGEST_TYPED, NotANumber, parse


def _tidy(text: str | None) -> str:
    return tidy(text or "")


class ConfirmForm(FlaskForm):
    """The details that the person was shown, as a digest."""

    details = HiddenField()


class NumberForm(Form):
    """A certificate's number, typed by anyone; sent by GET, so that it needs no token and no cookie."""

    number = StringField(
        "Certificate number",
        description="It is printed on the certificate: 17 letters and digits in groups of four. Capitals do not matter.",
        validators=[Length(max=LONGEST_TYPED, message="That is too long for a certificate number")],
        render_kw={"autocomplete": "off"},
    )

    def validate_number(self, field: StringField) -> None:
        """Say kindly what is wrong with a number that cannot be one."""
        try:
            parse(field.data or "")
        except NotANumber as problem:
            raise ValidationError(str(problem)) from problem


class FamilyNameForm(Form):
    """A family name, to compare with the holder's. No token: see the view."""

    family_name = StringField(
        "Family name on the certificate",
        filters=[_tidy],
        description="Capitals, accents, hyphens and spaces do not matter. We do not keep what you type.",
        validators=[
            DataRequired("Enter the family name that is on the certificate"),
            Length(max=LONGEST_NAME, message=f"Family name must be {LONGEST_NAME} characters or fewer"),
        ],
        render_kw={"autocomplete": "off"},
    )


class HolderKeyForm(FamilyNameForm):
    """The details as printed and the holder key, by which a holder whose details we erased proves the certificate theirs."""

    given_names = StringField(
        "Given names on the certificate",
        filters=[_tidy],
        description="Letter for letter as they are printed. Leave empty if there are none.",
        validators=[Length(max=LONGEST_NAME, message=f"Given names must be {LONGEST_NAME} characters or fewer")],
        render_kw={"autocomplete": "off"},
    )
    registration_number = StringField(
        "Registration number on the certificate",
        filters=[_tidy],
        description="Leave empty if there is none.",
        validators=[
            Length(
                max=LONGEST_REGISTRATION,
                message=f"Registration number must be {LONGEST_REGISTRATION} characters or fewer",
            )
        ],
        render_kw={"autocomplete": "off"},
    )
    salt = StringField(
        "Holder key",
        filters=[_tidy],
        description="The 32 letters and digits in the small print.",
        validators=[
            DataRequired("Enter the holder key"),
            Length(max=80, message="A holder key has 32 letters and digits"),
        ],
        render_kw={"autocomplete": "off"},
    )
