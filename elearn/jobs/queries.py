"""Reading jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from elearn.extensions import db
from elearn.jobs.models import Job, JobState
from elearn.shared.missing import NotFound


@dataclass(frozen=True)
class JobView:
    """How far a job is, for the person who asked for it."""

    public_id: str
    state: JobState
    created_at: datetime
    due_at: datetime
    tries: int
    done: int
    total: int
    result: dict[str, Any]


_VIEW = select(Job.public_id, Job.state, Job.created_at, Job.due_at, Job.tries, Job.done, Job.total, Job.result)


def get_job(owner_id: int, kind: str, public_id: str) -> JobView:
    """A job of this kind that this person asked for. Raises NotFound."""
    row = db.session.execute(
        _VIEW.where(Job.public_id == public_id, Job.owner_id == owner_id, Job.kind == kind)
    ).one_or_none()
    if row is None:
        raise NotFound("job")
    return JobView(*row)


def list_given_up(kind: str) -> list[tuple[dict[str, Any], str]]:
    """The details of jobs of this kind that were given up, and why, oldest first."""
    found = select(Job.detail, Job.last_error).where(Job.kind == kind, Job.state == JobState.FAILED).order_by(Job.id)
    return [(row.detail, row.last_error) for row in db.session.execute(found)]


def count_by_state() -> dict[JobState, int]:
    """How many jobs there are in each state."""
    found = db.session.execute(select(Job.state, func.count().label("jobs")).group_by(Job.state))
    return {row.state: row.jobs for row in found}


def find_due_to_claim(now: datetime) -> Job | None:
    """The job that has waited longest among those that are due and that no worker has.

    The row is locked until the transaction ends; a row that another worker is just claiming is passed over.
    """
    return db.session.scalar(
        select(Job)
        .where(
            Job.state == JobState.WAITING,
            Job.due_at <= now,
            or_(Job.leased_until.is_(None), Job.leased_until <= now),
        )
        .order_by(Job.due_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


@dataclass(frozen=True)
class JobLine:
    """A job with what it is about, for other work that has to know of it."""

    public_id: str
    state: JobState
    detail: dict[str, Any]


def list_jobs(kind: str) -> list[JobLine]:
    """Every job of a kind that is still kept, oldest first."""
    rows = db.session.execute(select(Job.public_id, Job.state, Job.detail).where(Job.kind == kind).order_by(Job.id))
    return [JobLine(*row) for row in rows]


def find_owner(public_id: str) -> int | None:
    """Who asked for a job; None where the system itself did."""
    return db.session.scalar(select(Job.owner_id).where(Job.public_id == public_id))
