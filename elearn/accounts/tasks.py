"""Background work about people."""

from elearn.accounts import throttling
from elearn.shared import clock
from elearn.shared.transactions import writing


def forget_guesses() -> None:
    """Delete counts of tries that are too old to matter."""
    with writing():
        throttling.forget(clock.now())


CHORES = (forget_guesses,)
