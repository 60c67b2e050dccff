"""Retention: what was kept long enough goes, once a day, and the audit trail says how much (trust.md D-7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, func, select, table
from sqlalchemy import column as named

from elearn.accounts.erasing import JOB, erase_by_time
from elearn.accounts.erasing_rules import ERASED
from elearn.accounts.factor_models import teaches
from elearn.accounts.models import Merge, Person
from elearn.accounts.queries import CONFIRMING
from elearn.audit import actions as audit
from elearn.audit import queries as audit_queries
from elearn.audit.queries import Selection
from elearn.config import Settings
from elearn.extensions import db
from elearn.jobs.actions import enqueue
from elearn.shared import clock
from elearn.shared.once import one_at_a_time
from elearn.shared.pagination import Page
from elearn.shared.personal import register
from elearn.shared.transactions import writing

log = structlog.get_logger(__name__)
KIND = "retention done"
# Who has started a module is a row of `modules`, which lies above this feature; tests/accounts/test_retention.py fails
# where the table is renamed.
_ENROLMENTS = table("enrolments", named("person_id"))


@dataclass(frozen=True)
class LastRun:
    """When retention was done last, and how many rows of which table it removed or emptied."""

    at: datetime
    counts: Mapping[str, int]


def find_last_run() -> LastRun | None:
    """The last run, or None before the first."""
    found = audit_queries.list_events_page(Page(1, 1, 1), Selection(kind=KIND))
    return LastRun(found[0].at, found[0].detail) if found else None


def retain_daily() -> None:
    """Do it, unless it was done today; if it fails, the next chore tries again."""
    settings: Settings = current_app.extensions["elearn.settings"]
    if not _is_done_today():
        retain(settings, clock.now())


def _is_done_today() -> bool:
    last = find_last_run()
    return last is not None and last.at.date() >= clock.now().date()


def retain(settings: Settings, now: datetime) -> Mapping[str, int]:
    """Remove everything whose day has come, and record how much; each table in a transaction of its own."""
    counts: dict[str, int] = {}
    for holding in register().children_first():
        with writing():
            counts[holding.table] = holding.retain(holding, settings, now)
    for name, ended in (("unconfirmed accounts", _unconfirmed), ("idle accounts", _idle)):
        counts[name] = _erase(ended(settings, now))
    removed = {name: count for name, count in counts.items() if count}
    with writing():
        one_at_a_time(KIND)
        enqueue(JOB, {})  # the files of letters that are gone, and what is left of whoever was erased
        audit.record("retention done", "service", None, **removed)
    log.info("retention done", **removed)
    return counts


def _erase(conditions: list[ColumnElement[bool]]) -> int:
    """Erase the accounts that are so, each in a transaction of its own."""
    if not conditions:
        return 0
    merged = select(Merge.person_id).where(Merge.person_id == Person.id).exists()
    there = ~Person.email.endswith(ERASED)
    found = list(db.session.scalars(select(Person.id).where(*conditions, there, ~merged).order_by(Person.id)))
    erased = 0
    for key in found:
        with writing():
            erased += erase_by_time(key, conditions)
    return erased


def _unconfirmed(settings: Settings, now: datetime) -> list[ColumnElement[bool]]:
    """Accounts that nobody has ever confirmed, and in which nothing was begun.

    An administrator who corrects an address takes its confirmation away, but the account was somebody's before.
    """
    if not settings.unconfirmed_kept_days:
        return []
    started = select(_ENROLMENTS.c.person_id).where(_ENROLMENTS.c.person_id == Person.id).exists()
    old = Person.created_at <= now - timedelta(days=settings.unconfirmed_kept_days)
    nobody = ~audit_queries.happened_to(Person.id, *CONFIRMING), ~teaches(Person.id)
    return [Person.confirmed_at.is_(None), old, ~started, *nobody, Person.administrator.is_(False)]


def _idle(settings: Settings, now: datetime) -> list[ColumnElement[bool]]:
    """Accounts in which nobody has signed in for so long; administrators are for administrators to look after."""
    if not settings.idle_kept_days:
        return []
    last = func.coalesce(Person.last_signed_in_at, Person.created_at)
    return [last <= now - timedelta(days=settings.idle_kept_days), Person.administrator.is_(False)]
