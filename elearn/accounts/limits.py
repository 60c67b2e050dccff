"""How often passwords, codes and links may be tried, and how often somebody is written to. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from elearn.shared.limits import seconds_to_wait, seconds_until

MOST_CHECKS, CHECKS_WINDOW = 10, timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
# A hospital has one address: this is about a machine that tries many accounts, not about a morning's wrong passwords.
MOST_OF_NETWORK, NETWORK_WINDOW = 100, timedelta(minutes=5)
# A lecture hall may register in one go; a script that fills the table with accounts may not.
MOST_NEW, NEW_WINDOW = 300, timedelta(hours=1)
MOST_LETTERS, LETTERS_WINDOW = 3, timedelta(hours=1)
GUESSES_KEPT = timedelta(days=1)


class Way(StrEnum):
    """Where something was tried."""

    SIGN_IN = "sign-in"
    REGISTER = "register"
    NEW_ACCOUNT = "new account"
    RESET = "reset"
    LINK = "link"
    CHECK = "password check"
    SECOND_FACTOR = "second factor"
    LETTER = "letter"


LETTERS = (Way.LETTER, Way.RESET)
"""Letters that strangers cause. A link to choose a new password has a count of its own: it is what the owner of an account
takes while somebody else guesses, and must not be used up by other letters."""


def wait_of_account(failures: Sequence[datetime], now: datetime) -> int:
    """Seconds until the next check for an account, after these failures in a row; 0 when it is allowed now.

    Ten are free; after that each failure doubles the wait, to a quarter of an hour at most: nobody is locked out for ever.
    """
    wait = seconds_to_wait(failures, now, MOST_CHECKS, CHECKS_WINDOW)
    if len(failures) < MOST_CHECKS:
        return wait
    growing = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(len(failures) - MOST_CHECKS, 10))
    return max(wait, seconds_until(max(failures) + growing, now))


def wait_of_network(failures: Sequence[datetime], now: datetime) -> int:
    """Seconds until the next check for anybody at a network; 0 when it is allowed now."""
    return seconds_to_wait(failures, now, MOST_OF_NETWORK, NETWORK_WINDOW)


def wait_of_new_accounts(made: Sequence[datetime], now: datetime) -> int:
    """Seconds until the next account may be made from a network; 0 when it may be now."""
    return seconds_to_wait(made, now, MOST_NEW, NEW_WINDOW)


def may_write(letters: Sequence[datetime], now: datetime) -> bool:
    """Whether somebody may be written to again because a stranger asked for it."""
    return seconds_to_wait(letters, now, MOST_LETTERS, LETTERS_WINDOW) == 0


def in_words(seconds: int) -> str:
    """What a person is told who must wait."""
    minutes = -(-seconds // 60)
    return f"Too many tries. Wait {'a minute' if minutes == 1 else f'{minutes} minutes'}, then try again"
