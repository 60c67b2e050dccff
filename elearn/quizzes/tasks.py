"""Background work: closing the attempts whose time is over, and telling people of marks that a ruling has changed."""

from collections.abc import Mapping

import structlog
from flask import current_app

from elearn.accounts.queries import get_person
from elearn.config import Settings
from elearn.jobs.rules import Handler, Work
from elearn.mail import actions as mail
from elearn.modules.catalogue import get_module
from elearn.quizzes import actions, queries
from elearn.quizzes.regrading import TELL_JOB
from elearn.quizzes.rules import GRACE
from elearn.quizzes.rulings import get_mark_change
from elearn.shared import clock
from elearn.shared.transactions import writing

log = structlog.get_logger(__name__)
CHANGED = """Hello {name}

A question in the quiz “{quiz}” was wrong, so your mark has been corrected: from {before} to {after} points.{passing}

Why: {reason}

Your result: {link}

A certificate that you have stays as it is.

{provider}
"""
PASSES_NOW = " With it you have passed the quiz."
FAILS_NOW = " With it the attempt does not pass any more: please look at your result."


def close_abandoned() -> int:
    """Submit every open attempt whose time is over, each in a transaction of its own; gives how many.

    One that cannot be closed is logged, and does not keep the others waiting (trust.md Q-6).
    """
    closed = 0
    for attempt_id in queries.list_overdue(clock.now() - GRACE):
        try:
            with writing():
                closed += actions.close_overdue(attempt_id)
        except Exception:
            log.exception("attempt not closed", attempt=attempt_id)
    return closed


def tell_of_changed_mark(work: Work) -> Mapping[str, str]:
    """Write to the person of one changed mark; whoever is suspended gets no mail."""
    settings: Settings = current_app.extensions["elearn.settings"]
    change = get_mark_change(int(work.detail["change"]))
    person = get_person(change.person_id)
    if not person.active:
        return {"mail": "none: the person is suspended"}
    before, after = change.before, change.after
    passing = (
        PASSES_NOW if after.passed and not before.passed else FAILS_NOW if before.passed and not after.passed else ""
    )
    text = CHANGED.format(
        name=person.name,
        quiz=get_module(change.module).quiz(change.quiz).title,
        before=f"{before.points} of {before.possible}",
        after=f"{after.points} of {after.possible}",
        passing=passing,
        reason=change.reason,
        link=f"{settings.base_url.rstrip('/')}/attempts/{change.attempt}/result/",
        provider=settings.provider_name,
    )
    with writing():
        key = f"mark-change-{work.detail['change']}"
        mail.send(person.email, "Your quiz mark was corrected", text, person_id=person.id, key=key)
    return {"mail": "written"}


HANDLERS: Mapping[str, Handler] = {TELL_JOB: tell_of_changed_mark}
CHORES = (close_abandoned,)
