"""Preview for educators: a paper as a learner would get it, on one page. Nothing is written anywhere.

The page carries its own state: the paper and the answers so far, sealed with our key, go with every question's form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from secrets import SystemRandom
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer

from elearn.accounts.viewer import find_viewer, get_viewer
from elearn.cohorts.queries import is_educator
from elearn.content.structure import Module, Quiz
from elearn.items.base import BadResponse, Face, Response, Review
from elearn.modules.catalogue import find_item, get_module
from elearn.modules.rules import PathStep, StepState
from elearn.quizzes.marking import InForce, under
from elearn.quizzes.paper import Paper, Place, draw
from elearn.quizzes.rulings import rulings_on, void_versions
from elearn.shared.access import Access, allow
from elearn.shared.missing import NotFound

blueprint = Blueprint("preview", __name__)


@blueprint.app_template_global()
def may_preview() -> bool:
    """Whether the viewer may look at quizzes without sitting them."""
    viewer = find_viewer()
    return viewer is not None and is_educator(viewer)


@dataclass(frozen=True)
class Sheet:
    """A paper and the answers so far, by position."""

    paper: Paper
    responses: Mapping[int, Response]

    def after(self, number: int, sent: Mapping[str, Sequence[str]]) -> "Sheet":
        """The sheet with what a form says at a position. Raises BadResponse."""
        place = self.paper[number - 1]
        response = place.item.read(sent, place.order, self.responses.get(number))
        if response is None:
            raise BadResponse(place.item.nothing_chosen)
        return replace(self, responses={**self.responses, number: response})


@dataclass(frozen=True)
class Shown:
    """One question as the page shows it; the review comes when the whole question is answered."""

    number: int
    face: Face
    goes_on: bool
    force: InForce
    review: Review | None
    error: str


@blueprint.get("/modules/<module>/quizzes/<quiz>/preview/")
@allow(Access.SIGNED_IN)
def preview(module: str, quiz: str) -> ResponseReturnValue:
    """Draw a paper, and show all its questions."""
    found, page = _find(module, quiz)
    if page.fault:
        step = next(step for step in found.path if step.id == f"quiz:{quiz}")
        return render_template("modules/locked.html", module=found, step=PathStep(step, StepState.LOCKED))
    return _page(found, page, Sheet(draw(page, set(), SystemRandom(), void_versions(page)), {}))


@blueprint.post("/modules/<module>/quizzes/<quiz>/preview/")
@allow(Access.SIGNED_IN)
def mark(module: str, quiz: str) -> ResponseReturnValue:
    """Mark the answer to one question, and show it among the others. A page of another content begins anew."""
    found, page = _find(module, quiz)
    sheet = _unseal(page, request.form.get("sheet", ""))
    if sheet is None or page.fault:
        return redirect(url_for("preview.preview", module=module, quiz=quiz), 303)
    number = request.form.get("number", 0, type=int)
    if not 0 < number <= len(sheet.paper):
        raise NotFound("question")
    try:
        return _page(found, page, sheet.after(number, request.form.to_dict(flat=False)))
    except BadResponse as fault:
        return _page(found, page, sheet, (number, fault)), HTTPStatus.UNPROCESSABLE_ENTITY


def _find(module: str, quiz: str) -> tuple[Module, Quiz]:
    if not is_educator(get_viewer()):
        raise NotFound("preview")
    found = get_module(module)
    if quiz not in found.quizzes:
        raise NotFound("quiz")
    return found, found.quizzes[quiz]


def _page(found: Module, quiz: Quiz, sheet: Sheet, fault: tuple[int, BadResponse] | None = None) -> str:
    return render_template(
        "quizzes/preview.html",
        module=found,
        quiz=quiz,
        sheet=_seal(quiz).dumps(_content(sheet)),
        questions=_shown(sheet, fault),
        errors=[(f"q{fault[0]}{fault[1].control}", str(fault[1]))] if fault else [],
    )


def _shown(sheet: Sheet, fault: tuple[int, BadResponse] | None) -> list[Shown]:
    rulings = rulings_on([place.item.digest for place in sheet.paper])
    shown = []
    for number, place in enumerate(sheet.paper, start=1):
        response = sheet.responses.get(number)
        force = under(place.item, rulings.get(place.item.digest, ()))
        goes_on = place.item.goes_on(response)
        done = response is not None and not goes_on
        review = force.item.review(place.order, response, everything=True) if done else None
        error = str(fault[1]) if fault and fault[0] == number else ""
        shown.append(Shown(number, place.item.face(place.order, response), goes_on, force, review, error))
    return shown


# -- what goes with the page -----------------------------------------------------------------------------------------


def _seal(quiz: Quiz) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=f"preview of {quiz.slug}")


def _content(sheet: Sheet) -> list[list[Any]]:
    return [
        [place.item.digest, list(place.order), sheet.responses.get(number)]
        for number, place in enumerate(sheet.paper, start=1)
    ]


def _unseal(quiz: Quiz, sealed: str) -> Sheet | None:
    """The sheet that a page carried; None where it is not ours, or of items that are not offered any more."""
    try:
        content = _seal(quiz).loads(sealed)
    except BadData:
        return None
    places = [(find_item(digest), order, response) for digest, order, response in content]
    paper = tuple(Place(item, tuple(order)) for item, order, _ in places if item is not None)
    responses = {number: response for number, (*_, response) in enumerate(places, start=1) if response is not None}
    return Sheet(paper, responses) if len(paper) == len(places) else None
