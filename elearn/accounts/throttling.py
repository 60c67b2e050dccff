"""Counting tries of passwords, codes and links, in the database: it survives processes and restarts (B-4).

A try is counted before its check, and taken back when the check succeeds. Who has signed in on a device before is counted
apart there: what others try elsewhere does not keep them waiting.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select

from elearn.accounts.limits import (
    GUESSES_KEPT,
    LETTERS,
    Way,
    may_write,
    wait_of_account,
    wait_of_network,
    wait_of_new_accounts,
)
from elearn.accounts.models import Guess
from elearn.extensions import db
from elearn.shared.once import one_at_a_time


class TooManyTries(Exception):
    """There were too many tries for an account or from a network; `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


def count_check(account: str, device: str, network: str, way: Way, now: datetime) -> None:
    """Count one check for an account. `device` is empty where the account is not known to have signed in before.

    Raises TooManyTries, and then counts nothing.
    """
    one_at_a_time(account)
    failures = _list(now, Guess.account == account, Guess.device == device, Guess.way.not_in(LETTERS))
    wait = wait_of_account(failures, now)
    if not device:
        one_at_a_time(network)
        wait = max(wait, wait_of_network(_list_of_network(network, now), now))
    if wait:
        raise TooManyTries(wait)
    _add(account, device, network, way, now)


def count_at_network(network: str, way: Way, now: datetime) -> None:
    """Count one try that is about no account, of a link for example. Raises TooManyTries, and then counts nothing."""
    one_at_a_time(network)
    if wait := wait_of_network(_list_of_network(network, now), now):
        raise TooManyTries(wait)
    _add("", "", network, way, now)


def count_new_account(network: str, now: datetime) -> None:
    """Count one account that is made from a network. Raises TooManyTries, and then counts nothing."""
    one_at_a_time(network)
    if wait := wait_of_new_accounts(_list(now, Guess.network == network, Guess.way == Way.NEW_ACCOUNT), now):
        raise TooManyTries(wait)
    _add("", "", network, Way.NEW_ACCOUNT, now)


def forgive(account: str, device: str) -> None:
    """Take back what was counted: the check has succeeded, so the person is who they say."""
    db.session.execute(delete(Guess).where(Guess.account == account, Guess.device == device, Guess.way.not_in(LETTERS)))


def count_letter(account: str, way: Way, now: datetime) -> bool:
    """Count one letter that a stranger has caused, by a way of `LETTERS`; false, uncounted, where there were too many."""
    one_at_a_time(account)
    if not may_write(_list(now, Guess.account == account, Guess.way == way), now):
        return False
    _add(account, "", "", way, now)
    return True


def forget(now: datetime) -> None:
    """Delete what is too old to count."""
    db.session.execute(delete(Guess).where(Guess.at < now - GUESSES_KEPT))


def _list_of_network(network: str, now: datetime) -> list[datetime]:
    return _list(now, Guess.network == network, Guess.device == "", Guess.way != Way.NEW_ACCOUNT)


def _list(now: datetime, *conditions: ColumnElement[bool]) -> list[datetime]:
    found = select(Guess.at).where(*conditions, Guess.at >= now - GUESSES_KEPT)
    return list(db.session.scalars(found.order_by(Guess.at)))


def _add(account: str, device: str, network: str, way: Way, now: datetime) -> None:
    db.session.add(Guess(account=account, device=device, network=network, way=way, at=now))
    db.session.flush()
