"""One question of an attempt: its page, and what happens to an answer that arrives, whoever is signed in by then."""

from http import HTTPStatus

from flask import (
    Blueprint,
    Response,
    after_this_request,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from elearn.accounts.rules import Viewer
from elearn.accounts.viewer import find_viewer, get_viewer
from elearn.extensions import csrf
from elearn.items.base import BadResponse, Sent
from elearn.quizzes import held, queries, saving
from elearn.quizzes.forms import read_claim, read_confidence
from elearn.quizzes.rules import Claim, is_over
from elearn.shared import clock
from elearn.shared.access import Access, allow, to_sign_in
from elearn.shared.missing import NotFound
from elearn.shared.tokenless import needs_no_token
from elearn.shared.transactions import writing

blueprint = Blueprint("questions", __name__, url_prefix="/attempts")
HELD = "held"
"""Where the session keeps an answer that waits for its person."""


@blueprint.get("/<attempt>/questions/<int:number>/")
@allow(Access.SIGNED_IN)
def question(attempt: str, number: int) -> ResponseReturnValue:
    """One item."""
    found = queries.get_question(get_viewer(), attempt, number)
    if not found.is_open:
        return redirect(url_for("quizzes.result", attempt=attempt), 303)
    if found.paused_at is not None or is_over(found.deadline, clock.now()):
        return redirect(url_for("quizzes.answers", attempt=attempt), 303)
    return _question_page(found)


def _question_page(found: queries.Question, fault: BadResponse | None = None) -> str:
    viewer = get_viewer()
    return render_template(
        "quizzes/question.html",
        question=found,
        quiz=found.module.quiz(found.quiz),
        face=found.place.item.face(found.place.order, found.answer.response),
        error=(f"answer{fault.control}", str(fault)) if fault else None,
        ticket=held.ticket_for(viewer.id, found.attempt),
        more=queries.more_time_of(viewer.id) if found.deadline else None,
        now=clock.now(),
    )


@blueprint.post("/<attempt>/questions/<int:number>/")
@allow(Access.PUBLIC)
@needs_no_token
def save(attempt: str, number: int) -> ResponseReturnValue:
    """Save an answer, for the script as for the form. Its ticket takes the place of the token; see held.py.

    Whoever is signed out by now gets their answer held, and is asked to sign in again.
    """
    received_at = clock.now()
    sent = request.form.to_dict(flat=False)
    viewer, ticket = find_viewer(), request.form.get("ticket", "")
    if viewer is None:
        return _hold(attempt, number, sent, ticket, read_claim(sent, received_at))
    if not held.is_ticket(ticket, viewer.id, attempt):
        csrf.protect()
    claim = read_claim(sent, received_at)
    before = held.open_held(request.form.get("held"))
    if before is not None and (before.attempt, before.position) == (attempt, number):
        # The sealed answer and nothing beside it: its receipt is no way in for another one.
        rest = {name: values for name, values in sent.items() if name not in held.ours(sent)}
        sent, claim = {**rest, **{name: list(values) for name, values in before.sent.items()}}, before.claim
    with writing():
        return _save(viewer, attempt, number, sent, claim)


def _save(viewer: Viewer, attempt: str, number: int, sent: Sent, claim: Claim) -> ResponseReturnValue:
    try:
        saved = saving.save_answer(viewer, attempt, number, sent, claim, read_confidence(sent))
    except saving.AttemptClosed:
        return _told("closed", url_for("quizzes.answers", attempt=attempt))
    except saving.OnBreak:  # what the page keeps is saved when the break is over
        return _told("break", url_for("quizzes.answers", attempt=attempt))
    except BadResponse as fault:
        if _wants_json():
            return jsonify(state="refused", words=str(fault)), HTTPStatus.UNPROCESSABLE_ENTITY
        return _question_page(queries.get_question(viewer, attempt, number), fault), HTTPStatus.UNPROCESSABLE_ENTITY
    except saving.AnsweredElsewhere as other:
        return _two_answers(viewer, attempt, number, sent, other)
    session.pop(HELD, None)
    return _went_on(attempt, number, saved, sent)


def _went_on(attempt: str, number: int, saved: saving.Saved, sent: Sent) -> ResponseReturnValue:
    if _wants_json():
        zone = current_app.extensions["elearn.settings"].time_zone
        return jsonify(
            state="saved",
            sequence=saved.sequence,
            at=clock.lately_in_words(saved.at, zone),
            next=_after(attempt, number, saved, sent),
        )
    return redirect(_after(attempt, number, saved, sent), 303)


def _after(attempt: str, number: int, saved: saving.Saved, sent: Sent) -> str:
    then = next((word for word in sent.get("then", ()) if word in ("answers", "stay")), "")
    if then == "answers" or (number == saved.length and not saved.goes_on and not then):
        return url_for("quizzes.answers", attempt=attempt)
    stays = saved.goes_on or then == "stay"
    return url_for("questions.question", attempt=attempt, number=number if stays else number + 1)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _told(state: str, address: str) -> ResponseReturnValue:
    if _wants_json():
        return jsonify(state=state, next=address), HTTPStatus.CONFLICT
    return redirect(address, 303)


def _two_answers(
    viewer: Viewer, attempt: str, number: int, sent: Sent, other: saving.AnsweredElsewhere
) -> ResponseReturnValue:
    """The answer that stands and the one that came from a page that did not know it: the person chooses."""
    if _wants_json():
        return jsonify(state="elsewhere"), HTTPStatus.CONFLICT
    found = queries.get_question(viewer, attempt, number)
    words = found.place.item.wording
    page = render_template(
        "quizzes/elsewhere.html",
        question=found,
        quiz=found.module.quiz(found.quiz),
        item=found.place.item,
        standing=words(other.standing.response),
        offered=words(other.offered),
        fields=_fields(sent),
        ticket=held.ticket_for(viewer.id, attempt),
    )
    return page, HTTPStatus.CONFLICT


def _fields(sent: Sent) -> list[tuple[str, str]]:
    return [(name, value) for name, values in held.ours(sent).items() for value in values]


def _hold(attempt: str, number: int, sent: Sent, ticket: str, claim: Claim) -> ResponseReturnValue:
    """Keep what somebody sent who is signed out by now, where the page was made for the attempt's person."""
    owner = queries.find_owner(attempt)
    sealed = ""
    if owner is not None and held.is_ticket(ticket, owner, attempt):
        before = held.open_held(request.form.get("held"))  # the receipt of the first time counts, for the same answer
        now = (attempt, number, held.ours(sent))
        same = before is not None and (before.attempt, before.position, before.sent) == now
        sealed = request.form["held"] if same else held.hold(attempt, number, sent, claim, clock.now())
    if _wants_json():
        return jsonify(state="signed-out", held=sealed), HTTPStatus.UNAUTHORIZED
    if not sealed:
        return to_sign_in()
    session[HELD] = sealed
    flash("You were signed out. Your answer is held: it is saved when you sign in again.", "notice")
    page = url_for("questions.question", attempt=attempt, number=number)
    return redirect(url_for("security.login", next=page), 303)


def save_held(_sender: object) -> None:
    """After a sign-in, save the answer that waited for it as of when it came; another person's is forgotten."""
    if HELD not in session:
        return

    @after_this_request
    def save_when_signed_in(response: Response) -> Response:
        waiting, viewer = held.open_held(session.pop(HELD, None)), find_viewer()
        if waiting is not None and viewer is not None:
            with writing():
                _save_waiting(viewer, waiting)
        return response


def _save_waiting(viewer: Viewer, waiting: held.Held) -> None:
    try:
        saving.save_answer(
            viewer, waiting.attempt, waiting.position, waiting.sent, waiting.claim, read_confidence(waiting.sent)
        )
    except NotFound:
        return
    except (saving.AttemptClosed, saving.OnBreak, saving.AnsweredElsewhere, BadResponse):
        words = "The answer that was held could not be saved: this question was answered or closed elsewhere since."
        flash(words, "notice")
        return
    flash("The answer that was held while you were signed out is saved.")
