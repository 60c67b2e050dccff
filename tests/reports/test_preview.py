"""An educator's preview: a paper as learners get it, marked as theirs, and no trace of it anywhere."""

import html as entities
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask

from elearn.content.schema import BlueprintCell
from elearn.content.structure import Module, Quiz
from elearn.extensions import db
from elearn.items.base import Item
from elearn.items.registry import TYPES, parse_item
from elearn.quizzes.models import ItemVersion, Ruling
from elearn.quizzes.paper import Paper
from elearn.quizzes.preview import _unseal
from elearn.quizzes.rules import RulingKind
from elearn.shared.transactions import writing
from tests.items.test_every_type import item_of
from tests.page import PageClient, find_all, new_browser, text_of
from tests.quizzes.sitting import QUIZ, module_of, quiz_of, ready
from tests.quizzes.test_secrecy import offering
from tests.rows import everything_in
from tests.world import MODULE, World

ADDRESS = f"/modules/{MODULE}/quizzes/{QUIZ}/preview/"


@pytest.fixture
def educator(world: World, client: PageClient) -> PageClient:
    world.sign_in(client, "educator")
    return client


def page(client: PageClient, address: str = ADDRESS) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def sheet_in(html: str) -> str:
    [sheet] = set(re.findall(r'name="sheet" value="([^"]*)"', html))
    return entities.unescape(sheet)


def paper_in(app: Flask, html: str, quiz: Quiz) -> Paper:
    with app.app_context():
        sheet = _unseal(quiz, sheet_in(html))
    assert sheet is not None
    return sheet.paper


def answered(client: PageClient, html: str, number: int, form: Mapping[str, Sequence[str]], status: int = 200) -> str:
    """The page after the form of one question was sent from this page."""
    response = client.send(ADDRESS, {"sheet": sheet_in(html), "number": str(number), **form})
    assert response.status_code == status
    return response.get_data(as_text=True)


def section(html: str, number: int) -> Element:
    names = (f"q{number}", f"q{number}-heading")
    return next(found for found in find_all(html5lib.parse(html), "section") if found.get("aria-labelledby") in names)


def varied(module: Module) -> Module:
    """The quiz with one item of every type, all of them drawn."""
    items = []
    for name in sorted(TYPES):
        raw = deepcopy(item_of(name).model_dump(mode="json"))
        items.append(parse_item(raw | {"id": f"it-{name}", "objective": f"objective-{name}"}))
    cells = tuple(
        BlueprintCell(objective=item.objective, draw=1, text=item.id, outcome=item.outcome, levels=(item.level,))
        for item in items
        if item.objective
    )
    quiz = Quiz(**{**module.quizzes[QUIZ].__dict__, "items": tuple(items), "blueprint": cells})
    return Module(**{**module.__dict__, "quizzes": {**module.quizzes, QUIZ: quiz}})


# -- what it shows ---------------------------------------------------------------------------------------------------


def test_every_question_of_a_paper_has_a_form_of_its_own(educator: PageClient, app: Flask, world: World) -> None:
    html = page(educator)
    quiz = quiz_of(world)
    paper = paper_in(app, html, quiz)
    assert "Preview: nothing is saved." in html
    assert len(paper) == quiz.length
    assert html.count(f'action="{ADDRESS}#q') == quiz.length
    for number, place in enumerate(paper, start=1):
        words = text_of(section(html, number))
        assert f"Question {number} of {quiz.length}" in words
        assert text_of(html5lib.parse(str(place.item.lead_in_html))) in words
    assert "app-check__verdict" not in html
    papers = {tuple(place.item.id for place in paper_in(app, page(educator), quiz)) for _ in range(6)}
    assert len(papers) > 1, "each preview draws its own paper"


def test_an_answer_is_marked_and_the_others_stay(educator: PageClient, app: Flask, world: World) -> None:
    html = page(educator)
    paper = paper_in(app, html, quiz_of(world))
    for number, right in ((3, True), (5, False)):
        [form] = paper[number - 1].item.forms_for(paper[number - 1].order, right=right)
        html = answered(educator, html, number, form)
    assert paper_in(app, html, quiz_of(world)) == paper
    verdicts = {n: "app-check__verdict" in entities.unescape(str_of(section(html, n))) for n in range(1, 9)}
    assert [n for n, shown in verdicts.items() if shown] == [3, 5]
    assert "app-check__feedback--right" in str_of(section(html, 3))
    assert "app-check__feedback--wrong" in str_of(section(html, 5))
    for number in (3, 5):
        place = paper[number - 1]
        review = place.item.review(place.order, None, everything=True)
        for option in review.options:  # type: ignore[attr-defined]
            assert text_of(html5lib.parse(str(option.rationale))) in text_of(section(html, number))


def str_of(element: Element) -> str:
    return " ".join(found.get("class") or "" for found in element.iter())


def test_every_type_is_asked_to_its_end_and_marked(educator: PageClient, app: Flask, world: World) -> None:
    module = varied(module_of(world))
    before = everything_in(app)
    with offering(app, module):
        for right in (True, False):
            html = page(educator)
            for number, place in enumerate(paper_in(app, html, module.quizzes[QUIZ]), start=1):
                forms = place.item.forms_for(place.order, right=right)
                for form in forms[:-1]:
                    html = answered(educator, html, number, form)
                    assert "app-check__verdict" not in str_of(section(html, number)), place.item.id
                html = answered(educator, html, number, forms[-1])
                kind = "right" if right else "wrong"
                assert f"app-check__feedback--{kind}" in str_of(section(html, number)), place.item.id
                html = answered(educator, html, number, forms[-1])  # a second time marks the same
                assert f"app-check__feedback--{kind}" in str_of(section(html, number)), place.item.id
    assert everything_in(app) == before


def test_a_ruling_counts_in_a_preview_too(educator: PageClient, app: Flask, world: World) -> None:
    with app.app_context(), writing():
        for number, item in enumerate(quiz_of(world).items):
            assert isinstance(item, Item)
            content = item.model_dump(mode="json")
            db.session.add(ItemVersion(digest=item.digest, item_id=item.id, module=MODULE, content=content))
            ruling = {"kind": RulingKind.FULL, "reason": "The stem was wrong, so all are right."}
            db.session.add(Ruling(key=f"key-{number}", item_digest=item.digest, **ruling))
            db.session.flush()
    html = page(educator)
    [form] = (place := paper_in(app, html, quiz_of(world))[0]).item.forms_for(place.order, right=False)
    assert "Everyone has its points. The stem was wrong" in text_of(section(answered(educator, html, 1, form), 1))


# -- no trace --------------------------------------------------------------------------------------------------------


def test_a_preview_leaves_no_trace(educator: PageClient, app: Flask, world: World) -> None:
    before = everything_in(app)
    html = page(educator)
    for number, place in enumerate(paper_in(app, html, quiz_of(world)), start=1):
        for form in place.item.forms_for(place.order, right=True):
            html = answered(educator, html, number, form)
    answered(educator, html, 1, {"answer": ["99"]}, 422)
    assert everything_in(app) == before


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "words"), [({}, "Choose one answer"), ({"answer": ["9"]}, "Choose one answer")])
def test_no_answer_is_asked_for_again(educator: PageClient, form: dict[str, Any], words: str) -> None:
    html = page(educator)
    after = answered(educator, html, 2, form, 422)
    assert after.count('href="#q2-1"') == 1
    assert "<title>Error: Preview" in after
    assert words in text_of(section(after, 2))
    assert sheet_in(after) == sheet_in(html)


def test_the_address_names_the_feedback_which_is_not_there_after_an_error(
    educator: PageClient, app: Flask, world: World
) -> None:
    html = page(educator)
    place = paper_in(app, html, quiz_of(world))[1]
    [form] = place.item.forms_for(place.order, right=True)
    assert f'action="{ADDRESS}#q2-feedback"' in html
    assert 'id="q2-feedback"' not in html
    marked = answered(educator, html, 2, form)
    assert 'id="q2-feedback" tabindex="-1"' in marked
    assert 'id="q2"' in marked
    wrong = answered(educator, marked, 2, {"answer": ["99"]}, 422)
    assert "app-check__feedback" in str_of(section(wrong, 2))
    assert 'id="q2-feedback"' not in wrong
    assert 'id="q2"' not in wrong


def test_a_case_that_goes_on_leads_to_its_next_part_and_an_error_does_not(
    educator: PageClient, app: Flask, world: World
) -> None:
    module = varied(module_of(world))
    with offering(app, module):
        html = page(educator)
        paper = paper_in(app, html, module.quizzes[QUIZ])
        number = next(n for n, place in enumerate(paper, start=1) if place.item.type == "unfolding-case")
        assert paper[number - 1].item.goes_on(None)
        [form] = find_all(section(html, number), "form")
        assert form.get("action") == f"{ADDRESS}#q{number}"
        assert f'id="q{number}"' in html
        assert f'id="q{number}"' not in answered(educator, html, number, {}, 422)


def test_whoever_teaches_nothing_finds_no_preview(app: Flask, world: World, educator: PageClient) -> None:
    sheet = sheet_in(page(educator))
    ready(world)
    for persona in ("learner", "other_learner", "unconfirmed"):
        browser = new_browser(app)
        world.sign_in(browser, persona)
        assert browser.get(ADDRESS).status_code == 404
        assert browser.send(ADDRESS, {"sheet": sheet, "number": "1", "answer": "1"}).status_code == 404
        assert "/preview/" not in browser.get(f"/modules/{MODULE}/").get_data(as_text=True)
    assert "/preview/" not in new_browser(app).get(f"/modules/{MODULE}/").get_data(as_text=True)
    for persona in ("educator", "other_educator", "administrator"):
        browser = new_browser(app)
        world.sign_in(browser, persona)
        assert browser.get(ADDRESS).status_code == 200
        assert ADDRESS in browser.get(f"/modules/{MODULE}/").get_data(as_text=True)
    assert ADDRESS in educator.get(f"/cohorts/{world.cohorts['one']}/").get_data(as_text=True)
    for address in (ADDRESS.replace(MODULE, "none"), ADDRESS.replace(QUIZ, "none")):
        assert educator.get(address).status_code == 404
        assert educator.send(address, {"sheet": sheet, "number": "1"}).status_code == 404


def test_a_forged_or_old_page_begins_anew(educator: PageClient, app: Flask, world: World) -> None:
    html = page(educator)
    sheet = sheet_in(html)
    other = sheet_in(page(educator, ADDRESS.replace(QUIZ, "adaptive-designs")))
    for forged in ("", "x", sheet[:-1], sheet[5:], "\x00", other):
        response = educator.send(ADDRESS, {"sheet": forged, "number": "1", "answer": "1"})
        assert (response.status_code, response.location) == (303, ADDRESS), forged
    for number in ("", "0", "9", "-1", "x", str(2**63)):
        assert educator.send(ADDRESS, {"sheet": sheet, "number": number, "answer": "1"}).status_code == 404
    with offering(app, varied(module_of(world))):  # the items of the page are not offered any more
        response = educator.send(ADDRESS, {"sheet": sheet, "number": "1", "answer": "1"})
        assert (response.status_code, response.location) == (303, ADDRESS)
