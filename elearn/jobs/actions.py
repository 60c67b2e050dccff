"""Asking for work, and recording what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import CursorResult, event, update
from sqlalchemy.orm import Session

from elearn.extensions import db
from elearn.jobs import queries
from elearn.jobs.models import Job, JobState
from elearn.jobs.rules import LEASE, MOST_TRIES, Claim, LeaseLost, after_failure
from elearn.shared import clock
from elearn.shared.columns import unguessable_id

LONGEST_ERROR = 500
HINT = "elearn.jobs.hint"  # where `worker.init_app` puts what tells the worker


def enqueue(
    kind: str,
    detail: Mapping[str, Any],
    owner_id: int | None = None,
    *,
    total: int = 0,
    due_at: datetime | None = None,
) -> str:
    """Ask for work in the transaction that causes it, to be done at once or when it is due; gives the job's address id.

    Workers are told when the transaction has committed; if nobody hears it, they find the row by themselves.
    """
    public_id = unguessable_id()
    job = Job(public_id=public_id, kind=kind, detail=dict(detail), owner_id=owner_id, total=total)
    job.due_at = due_at or clock.now()
    db.session.add(job)
    db.session.flush()
    event.listen(db.session(), "after_commit", _tell_workers, once=True)
    return public_id


def _tell_workers(_session: Session) -> None:
    if HINT in current_app.extensions:
        current_app.extensions[HINT]()


def claim_next(now: datetime) -> Claim | None:
    """Take the next job that is due, for one lease; None when there is none.

    A job whose worker died in each of its tries is given up here: nobody was left to record its failure.
    """
    while (job := queries.find_due_to_claim(now)) is not None:
        if job.tries >= MOST_TRIES:
            job.state, job.last_error = JobState.FAILED, f"The worker stopped in each of {job.tries} tries"
            db.session.flush()
            continue
        job.tries += 1
        job.leased_until = now + LEASE
        db.session.flush()
        return Claim(job.id, job.public_id, job.kind, dict(job.detail), job.tries)
    return None


def record_progress(claim: Claim, done: int, total: int) -> None:
    """Record how far the work is, and renew the lease. Raises LeaseLost."""
    _change(claim, done=done, total=total, leased_until=clock.now() + LEASE)


def record_done(claim: Claim, result: Mapping[str, Any]) -> None:
    """Record that the work is done. Raises LeaseLost where another worker has it."""
    _change(claim, state=JobState.DONE, result=dict(result), leased_until=None, last_error="")


def record_failure(claim: Claim, error: str) -> None:
    """Record what went wrong, and when to try again, if at all. Raises LeaseLost."""
    after = after_failure(claim.tries, clock.now())
    state = JobState.FAILED if after.given_up else JobState.WAITING
    _change(claim, state=state, due_at=after.due_at, leased_until=None, last_error=error[:LONGEST_ERROR])


def _change(claim: Claim, **values: Any) -> None:
    changed = db.session.execute(
        update(Job)
        .where(Job.id == claim.id, Job.tries == claim.tries, Job.state == JobState.WAITING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        raise LeaseLost(claim.public_id)
