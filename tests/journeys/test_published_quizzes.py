"""The quizzes as they are published, with questions of every kind, sat from the first to the result in a browser."""

from random import Random

import pytest
from playwright.sync_api import Locator

from elearn.items.base import Item, Sent
from elearn.items.registry import TYPES
from elearn.modules.catalogue import OWN_CONTENT, load
from elearn.quizzes.paper import draw
from elearn.quizzes.queries import get_attempt
from tests.journeys.conftest import Sit
from tests.journeys.site import Site
from tests.journeys.sitting import Desk, Sitter
from tests.journeys.visitor import DESK, PHONE
from tests.world import MODULE

SEED = 0  # draws papers that hold questions of every kind between them
HOW = {
    "trial-phases": {"width": DESK},
    "adaptive-designs": {"width": PHONE},
    "early-access-eligibility": {"width": PHONE, "script": False},
}


def test_the_papers_have_questions_of_every_kind() -> None:
    quizzes = load(OWN_CONTENT / MODULE).quizzes
    papers = [draw(quizzes[slug], (), Random(SEED)) for slug in HOW]
    assert {place.item.type for paper in papers for place in paper} == set(TYPES)


def give(desk: Desk, form: Sent) -> None:
    """Answer with the page's own controls, as somebody would who knows what to choose."""
    for name, values in form.items():
        for value in values:
            _set(desk.main.locator(f"form [name='{name}']:not([type=hidden])"), value)


def _set(controls: Locator, value: str) -> None:
    if not controls.count():
        return  # the number of a case's part, or its button: the page has them itself
    kind = controls.first.evaluate("control => control.type ?? ''")
    if kind in ("radio", "checkbox"):
        controls.and_(controls.page.locator(f"[value='{value}']")).check()
    elif kind.startswith("select"):
        controls.first.select_option(value=value)
    elif kind != "submit":
        controls.first.fill(value)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("as_published")
@pytest.mark.parametrize("slug", HOW)
def test_somebody_who_knows_passes(sit: Sit, site: Site, slug: str) -> None:
    sitter = Sitter(site, slug, Random(SEED))
    desk = sit(**HOW[slug])
    desk.sits(sitter)
    with site.app.app_context():
        paper = get_attempt(sitter.world.viewer(sitter.persona), sitter.attempt).paper
    for number, place in enumerate(paper, start=1):
        assert isinstance(place.item, Item)
        desk.sees(f"Question {number} of {len(paper)}")
        desk.looks(f"published question, {place.item.type}")
        for form in place.item.forms_for(place.order, right=True):
            give(desk, form)
            desk.presses("Save and continue")
    desk.sees("Check your answers")
    desk.looks(f"the answers to {slug}")
    desk.presses("Submit answers")
    desk.sees(f"Result: {sitter.quiz.title}")
    desk.reads("Passed")
    desk.looks(f"the result of {slug}")
    with site.app.app_context():
        found = get_attempt(sitter.world.viewer(sitter.persona), sitter.attempt)
        assert (found.points, found.passed) == (found.possible, True)
