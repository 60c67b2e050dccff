"""Doing the work that is due: each job is claimed in one transaction, done outside it, and recorded in another."""

from collections.abc import Mapping

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from elearn.jobs import actions
from elearn.jobs.rules import Claim, Handler, LeaseLost, Work
from elearn.shared import clock
from elearn.shared.transactions import writing

log = structlog.get_logger(__name__)
AT_MOST = 100


def run_due(app: Flask, handlers: Mapping[str, Handler], limit: int = AT_MOST) -> int:
    """Do the jobs that are due, `limit` at most, and give how many were tried. A handler's fault never ends the worker."""
    for count in range(limit):
        with app.app_context():
            claim = _claim()
            if claim is None:
                return count
            _do(claim, handlers)
    return limit


def _claim() -> Claim | None:
    with writing():
        return actions.claim_next(clock.now())


def _do(claim: Claim, handlers: Mapping[str, Handler]) -> None:
    def progress(done: int, total: int) -> None:
        with writing():
            actions.record_progress(claim, done, total)

    try:
        result = handlers[claim.kind](Work(**vars(claim), progress=progress)) or {}
        with writing():
            actions.record_done(claim, result)
    except LeaseLost:
        log.warning("another worker has the job", job=claim.public_id, kind=claim.kind)
    except Exception as error:
        log.exception("job failed", job=claim.public_id, kind=claim.kind, tries=claim.tries)
        _record_failure(claim, words_of(error))


def _record_failure(claim: Claim, words: str) -> None:
    try:
        with writing():
            actions.record_failure(claim, words)
    except LeaseLost:
        log.warning("another worker has the job", job=claim.public_id, kind=claim.kind)


def words_of(error: Exception) -> str:
    """What is kept of an error: a database's own words can quote rows of people, so of those only the kind is kept."""
    name = type(error).__name__
    return name if isinstance(error, SQLAlchemyError) else f"{name}: {error}".splitlines()[0]
