"""The few posts that need no token against forgery; tests/certificates/test_verification.py lists them."""

from collections.abc import Callable
from typing import TypeVar

from elearn.extensions import csrf

View = TypeVar("View", bound=Callable[..., object])


def needs_no_token(view: View) -> View:
    """Mark a post that changes nothing for anyone who is signed in, and that must work without a cookie."""
    csrf.exempt(view)
    return view
