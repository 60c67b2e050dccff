"""The words of input about second factors and sign-ins."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from elearn.accounts.factor_models import LONGEST_PASSKEY_NAME
from elearn.accounts.rules import tidy


def _without_spaces(text: str | None) -> str:
    return "".join(character for character in text or "" if not character.isspace() and character != "-")[:64]


def _tidy(text: str | None) -> str:
    return tidy(text or "")


class CodeForm(FlaskForm):
    """The six digits of an app; pasted, or typed with a space, they count as well."""

    code = StringField(
        "Code from your app",
        filters=[_without_spaces],
        description="Six digits. They change every half minute.",
        validators=[DataRequired("Enter the six digits that your app shows")],
        render_kw={"autocomplete": "one-time-code"},
    )


class AppForm(CodeForm):
    """The first code of an app, and the secret that it was given."""

    sealed = HiddenField()


class RecoveryForm(FlaskForm):
    """One of the recovery codes, in any spelling."""

    code = StringField(
        "Recovery code",
        filters=[_without_spaces],
        description="Twenty-four letters and digits from the list that you kept. Spaces and small letters do not matter.",
        validators=[DataRequired("Enter one of your recovery codes")],
        render_kw={"autocomplete": "off"},
    )


class PasskeyForm(FlaskForm):
    """What a passkey has answered; our script fills it in."""

    sealed = HiddenField()
    credential = HiddenField()


class NewPasskeyForm(PasskeyForm):
    """A passkey that was made, with a name to know it by."""

    name = StringField(
        "A name for this passkey",
        filters=[_tidy],
        description="So that you know it again, for example: my phone.",
        validators=[
            Length(max=LONGEST_PASSKEY_NAME, message=f"The name must be {LONGEST_PASSKEY_NAME} characters or fewer")
        ],
        render_kw={"autocomplete": "off"},
    )


class AgainForm(FlaskForm):
    """What shows again who it is: the password, and a code for whoever has a second factor; or a passkey alone."""

    again_password = PasswordField(
        "Password",
        validators=[DataRequired("Enter your password")],
        render_kw={"autocomplete": "current-password"},
    )
    again_code = StringField("Code", filters=[_without_spaces], render_kw={"autocomplete": "one-time-code"})
    again_sealed = HiddenField()
    again_credential = HiddenField()


AGAIN_FIELDS = frozenset({"again_password", "again_code", "again_sealed", "again_credential"})
"""The names of its fields, by which a post is known that brings an answer."""
