"""Whether the person who sits here has lately shown that they are the one who signed in (B-10)."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.queries import find_last_check
from elearn.accounts.rules import Viewer
from elearn.accounts.viewer import get_viewer
from elearn.shared import clock

P = ParamSpec("P")
R = TypeVar("R")
FRESH_FOR = timedelta(minutes=10)


def is_fresh(viewer: Viewer) -> bool:
    """Whether the viewer has signed in, or had their password checked, within the last minutes."""
    checked_at = find_last_check(viewer.sign_in_id)
    return checked_at is not None and clock.now() - checked_at <= FRESH_FOR


def ask_again(back: str) -> ResponseReturnValue:
    """Ask for the password, and come back to a page of this site."""
    return redirect(url_for("passwords.check", next=back), 303)


def needs_fresh(back: str) -> Callable[[Callable[P, R]], Callable[P, R | ResponseReturnValue]]:
    """Mark a view of a sensitive change: whoever has not lately given the password is asked for it first.

    `back` is the endpoint of the page to come back to after a post, which cannot be repeated. Write it below `@allow` and
    above `@commits`.
    """

    def mark(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
        @wraps(view)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
            if is_fresh(get_viewer()):
                return view(*args, **kwargs)
            return ask_again(request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else url_for(back))

        return wrapped

    return mark
