"""Signing in and registering, guarded: who guesses is slowed down, and answers do not tell who has an account (B-4, B-5)."""

from typing import Any

from flask import g
from flask_wtf import FlaskForm

from elearn.accounts import guarding
from elearn.accounts.forms import RegisterForm, SignInForm
from elearn.accounts.limits import Way, in_words
from elearn.accounts.models import Person
from elearn.audit import actions as audit
from elearn.shared.transactions import writing

REGISTERED_ALREADY = "This e-mail address has an account already: sign in instead"  # never shown: it is taken out again


class RegisteredAlready(Exception):
    """A registration that is right in everything but that the address has an account; `person` is whose it is."""

    def __init__(self, person: Person) -> None:
        super().__init__("registered already")
        self.person = person


class GuardedSignInForm(SignInForm):
    """Signing in, counted before the password is compared."""

    def validate(self, **kwargs: Any) -> bool:
        """Count the check once the fields can be used at all; who must wait is told so, and nothing is compared."""
        if FlaskForm.validate(self):
            try:
                guarding.count_check(self.email.data or "", Way.SIGN_IN)
            except guarding.TooManyTries as wait:
                g.seconds_to_wait = wait.seconds
                self.email.errors = [in_words(wait.seconds)]
                return False
            self.password.data = guarding.to_check(self.password.data or "")
            return super().validate(**kwargs) or self._is_refused()
        return super().validate(**kwargs)

    def _is_refused(self) -> bool:
        """Tell the audit trail, whether there is such an account or not: the same is done for both (B-5)."""
        subject = f"person:{self.user.id}" if isinstance(self.user, Person) else "account"
        with writing():
            audit.record("sign-in refused", subject)
        return False


class GuardedRegisterForm(RegisterForm):
    """Registering; that an address has an account is said to its owner alone."""

    def validate(self, **kwargs: Any) -> bool:
        """Judge the rest as for a new address. Raises RegisteredAlready where nothing else is wrong."""
        valid = super().validate(**kwargs)
        known = self.existing_email_user
        if not isinstance(known, Person):
            return valid and self._may_be_made()
        self.email.errors = [words for words in self.email.errors if words != REGISTERED_ALREADY]
        if any(field.errors for field in self):
            return False
        raise RegisteredAlready(known)

    def _may_be_made(self) -> bool:
        try:
            guarding.count_new_account()
        except guarding.TooManyTries as wait:
            g.seconds_to_wait = wait.seconds
            self.email.errors = [in_words(wait.seconds)]
            return False
        return True
