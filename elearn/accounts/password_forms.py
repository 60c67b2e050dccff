"""The words of forms about passwords and addresses. The new password is judged here, the present one is not."""

from collections.abc import Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, ValidationError
from wtforms.validators import DataRequired

from elearn.accounts.passwords import why_refused
from elearn.accounts.rules import SHORTEST_PASSWORD

LONGEST_ADDRESS = 255
WRONG_PASSWORD = "This is not your password. Check it and try again"  # noqa: S105 - words
HINT = f"At least {SHORTEST_PASSWORD} characters. Three random words are a good choice."
NO_ADDRESS = "Enter an e-mail address like name@example.org"


class AddressForm(FlaskForm):
    """Whom to send a link to."""

    email = EmailField(
        "E-mail address",
        filters=[lambda typed: (typed or "").strip()],
        validators=[DataRequired("Enter your e-mail address")],
        render_kw={"autocomplete": "username"},
    )

    def validate_email(self, field: EmailField) -> None:
        """Ask for something that can be an address, and keep it as we keep addresses."""
        try:
            found = validate_email(field.data or "", check_deliverability=False).normalized.lower()
        except EmailNotValidError as wrong:
            raise ValidationError(NO_ADDRESS) from wrong
        if len(found) > LONGEST_ADDRESS:
            raise ValidationError(NO_ADDRESS)
        field.data = found


class NewPasswordForm(FlaskForm):
    """A new password; `own` are words that stand near the person."""

    password = PasswordField("New password", description=HINT, validators=[DataRequired("Enter a new password")])

    def __init__(self, own: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._own = own

    def validate_password(self, field: PasswordField) -> None:
        """Refuse one that is too easy to guess, and say why."""
        if words := why_refused(field.data or "", self._own):
            raise ValidationError(words)


class PresentPasswordForm(FlaskForm):
    """The password that the person has."""

    present = PasswordField("Your present password", validators=[DataRequired("Enter your present password")])


class ChangePasswordForm(PresentPasswordForm, NewPasswordForm):
    """The password that the person has, and the one that they want."""


class ChangeEmailForm(PresentPasswordForm, AddressForm):
    """The address that the person wants, and their password."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.email.label.text = "New e-mail address"
        self.email.description = "We send a link there. Your address changes when you open it."
        self.present.label.text = "Your password"
        self.email.render_kw = {"autocomplete": "email"}
