"""The pages of a quiz: its rules, one item a page, check your answers, the result."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from elearn.accounts.viewer import get_viewer
from elearn.content.structure import Module, Quiz
from elearn.items.base import Item, Response, Review
from elearn.items.single_best_answer import SingleBestAnswer
from elearn.modules.actions import StepLocked
from elearn.modules.catalogue import get_module
from elearn.modules.queries import get_progress
from elearn.quizzes import actions, queries
from elearn.quizzes.marking import InForce, Ruled, under
from elearn.quizzes.paper import Place
from elearn.quizzes.rules import (
    Confidence,
    Release,
    StartState,
    counting,
    end_of,
    is_over,
    may_start,
    needed,
    released,
)
from elearn.quizzes.rulings import list_mark_changes, rulings_on_paper
from elearn.shared import clock
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound
from elearn.shared.transactions import commits

Reviewed = tuple[int, Item, Review, InForce]
blueprint = Blueprint("quizzes", __name__, template_folder="templates")


def _find(module: str, quiz: str) -> tuple[Module, Quiz]:
    found = get_module(module)
    page = found.quizzes.get(quiz)
    if page is None:
        raise NotFound("quiz")
    return found, page


@blueprint.get("/modules/<module>/quizzes/<quiz>/")
@allow(Access.SIGNED_IN)
def quiz(module: str, quiz: str) -> ResponseReturnValue:
    """The rules in words, and where the person stands."""
    found, page = _find(module, quiz)
    viewer = get_viewer()
    progress = get_progress(viewer, found)
    path_step = progress.path.of(f"quiz:{quiz}")
    if not path_step.is_open or page.fault:
        return render_template("modules/locked.html", module=found, step=path_step)
    sittings = queries.list_sittings(progress.enrolment_id, quiz)
    so_far = [sitting for sitting, _ in sittings]
    decision = may_start(so_far, page.rules, clock.now())
    timed = page.rules.limit_minutes is not None or page.rules.closes is not None
    more = queries.more_time_of(viewer.id) if timed else None
    return render_template(
        "quizzes/quiz.html",
        module=found,
        quiz=page,
        sittings=sittings,
        decision=decision,
        running=so_far[-1] if decision.state is StartState.IN_PROGRESS else None,
        now=clock.now(),
        counting=counting(so_far, page.rules),
        needed=needed(page.length, page.rules.pass_percent),
        plain=all(isinstance(item, SingleBestAnswer) for item in page.items),
        more=more,
        end=end_of(clock.now(), page.rules, more) if more else None,
    )


@blueprint.post("/modules/<module>/quizzes/<quiz>/")
@allow(Access.SIGNED_IN)
@commits
def start(module: str, quiz: str) -> ResponseReturnValue:
    """Start an attempt, or go on with the one in progress."""
    found, page = _find(module, quiz)
    try:
        attempt = actions.start_attempt(get_viewer(), found, page)
    except (actions.MayNotStart, StepLocked):
        return redirect(url_for("quizzes.quiz", module=module, quiz=quiz), 303)
    return redirect(url_for("questions.question", attempt=attempt, number=1), 303)


# -- the end ---------------------------------------------------------------------------------------------------------


@blueprint.get("/attempts/<attempt>/answers/")
@allow(Access.SIGNED_IN)
def answers(attempt: str) -> ResponseReturnValue:
    """Check your answers before you submit them (WCAG 3.3.4); or rest, or learn that the time is over."""
    viewer = get_viewer()
    view = queries.get_attempt(viewer, attempt)
    if not view.is_open:
        return redirect(url_for("quizzes.result", attempt=attempt), 303)
    quiz = view.module.quiz(view.quiz)
    if view.paused_at is not None and (view.deadline is None or clock.now() < view.deadline):
        return render_template("quizzes/break.html", attempt=view, quiz=quiz, now=clock.now())
    rows = [
        (number, place.item.lead_in_html, place.item.wording(response), place.item.left(response))
        for number, place, response in _with_responses(view)
    ]
    over = is_over(view.deadline, clock.now())
    return render_template(
        "quizzes/answers.html", attempt=view, quiz=quiz, rows=rows, over=over, now=clock.now(), person=viewer
    )


def _with_responses(view: queries.AttemptView) -> list[tuple[int, Place, Response | None]]:
    return [(number, place, view.response_at(number)) for number, place in enumerate(view.paper, start=1)]


@blueprint.post("/attempts/<attempt>/submit/")
@allow(Access.SIGNED_IN)
@commits
def submit(attempt: str) -> ResponseReturnValue:
    """Submit, once."""
    actions.submit_attempt(get_viewer(), attempt, clock.now())
    return redirect(url_for("quizzes.result", attempt=attempt), 303)


@blueprint.post("/attempts/<attempt>/break/")
@allow(Access.SIGNED_IN)
@commits
def take_break(attempt: str) -> ResponseReturnValue:
    """Begin a rest break, for somebody who may."""
    actions.take_break(get_viewer(), attempt)
    return redirect(url_for("quizzes.answers", attempt=attempt), 303)


@blueprint.post("/attempts/<attempt>/go-on/")
@allow(Access.SIGNED_IN)
@commits
def end_break(attempt: str) -> ResponseReturnValue:
    """End a rest break."""
    actions.end_break(get_viewer(), attempt)
    return redirect(url_for("questions.question", attempt=attempt, number=1), 303)


@blueprint.get("/attempts/<attempt>/result/")
@allow(Access.SIGNED_IN)
def result(attempt: str) -> ResponseReturnValue:
    """What came of it, with what may be shown of each item."""
    viewer = get_viewer()
    view = queries.get_attempt(viewer, attempt)
    if view.is_open or view.passed is None:
        return redirect(url_for("quizzes.answers", attempt=attempt), 303)
    if not view.rules.counted:
        return redirect(url_for("pretest.before", module=view.module.slug), 303)
    sittings = [sitting for sitting, _ in queries.list_sittings(view.enrolment_id, view.quiz)]
    decision = may_start(sittings, view.rules, clock.now())
    finished = [sitting for sitting in sittings if sitting.submitted_at is not None]
    ever = any(sitting.passed for sitting in finished)
    shown = released(view.rules, finished[-1].number, clock.now(), passed=view.passed, ever_passed=ever)
    rulings = rulings_on_paper(view.id)
    reviews = [
        _reviewed(number, place, response, rulings.get(place.item.digest, ()), everything=shown is Release.EVERYTHING)
        for number, place, response in _with_responses(view)
    ]
    return render_template(
        "quizzes/result.html",
        attempt=view,
        quiz=view.module.quiz(view.quiz),
        reviews=reviews,
        shown=shown,
        plain=all(place.item.possible == 1 for place in view.paper),
        needed=needed(view.possible, view.rules.pass_percent),
        decision=decision,
        changes=list_mark_changes(viewer, view.id),
        sure_and_wrong=_sure_and_wrong(view, reviews) if shown is not Release.NOTHING else [],
    )


def _reviewed(
    number: int, place: Place, response: Response | None, rulings: Sequence[Ruled], *, everything: bool
) -> Reviewed:
    """An item as it is marked now: under its rulings, with what the last of them withdraws."""
    force = under(place.item, rulings)
    return number, place.item, force.item.review(place.order, response, everything=everything), force


def _sure_and_wrong(view: queries.AttemptView, reviews: list[Reviewed]) -> list[int]:
    """The positions that the person was sure of, and wrong; what no longer counts is left out."""
    return [
        number
        for number, _, review, force in reviews
        if number in view.answers
        and view.answers[number].confidence is Confidence.SURE
        and review.answered
        and not (review.right or force.void or force.full)
    ]
