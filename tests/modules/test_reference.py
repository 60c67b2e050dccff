"""Glossary, sources, "about this content", and all lessons on one page."""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from elearn.content.structure import Module
from elearn.modules.actions import record_review
from elearn.modules.one_page import fit
from elearn.modules.rules import due_reviews
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.page import PageClient, words_in
from tests.world import MODULE, World

HOME = f"/modules/{MODULE}/"


@pytest.fixture
def module(world: World) -> Module:
    found: Module = world.app.extensions["elearn.catalogue"][MODULE]
    return found


@pytest.fixture
def learner(client: PageClient, world: World) -> PageClient:
    world.enrol("learner")
    world.sign_in(client, "learner")
    return client


def page(client: PageClient, name: str) -> str:
    response = client.get(f"{HOME}{name}/")
    assert response.status_code == 200
    html: str = response.get_data(as_text=True)
    return html


def test_every_term_stands_in_the_glossary_with_its_lessons(client: PageClient, module: Module) -> None:
    html = page(client, "glossary")
    for term in module.glossary:
        assert f'id="term-{term.id}"' in html
        assert str(Markup.escape(term.text)) in html
    assert f"The {len(module.glossary)} terms" in html


def test_every_link_to_a_term_leads_somewhere(learner: PageClient, world: World, module: Module) -> None:
    ids = set(re.findall(r'id="(term-[a-z0-9-]+)"', page(learner, "glossary")))
    for lesson in module.lessons.values():
        world.enrol("learner", *world.steps_before(f"lesson:{lesson.slug}"))
        html = page(learner, f"lessons/{lesson.slug}")
        linked = re.findall(r'href="../../glossary/#(term-[a-z0-9-]+)"', html)
        assert linked
        assert set(linked) <= ids
        assert len(linked) == len(set(linked)), "the first use alone"


def test_every_source_stands_with_the_lessons_that_rest_on_it(client: PageClient, module: Module) -> None:
    html = page(client, "sources")
    rows = re.findall(r'<li class="app-sources__item" id="source-(\w+)">(.*?)</li>', html, re.DOTALL)
    assert [key for key, _ in rows] == list(module.sources)
    for key, row in rows:
        resting = [lesson for lesson in module.lessons.values() if module.sources[key] in lesson.sources]
        assert re.findall(r"/lessons/([a-z-]+)/", row) == [lesson.slug for lesson in resting]


def test_the_page_about_the_content_says_all_that_an_auditor_asks(client: PageClient, module: Module) -> None:
    words = words_in(page(client, "about"))
    assert "draft for clinical review" in words.lower()
    for author in module.authors:
        assert author.name in words
        assert author.interests in words
    for said in (module.funding, "Dr Helen Maginnis", "Neither has written or reviewed this module", "modified Angoff"):
        assert said in words
    for change in module.history:
        assert f"Version {change.version}" in words
    for quiz in module.quizzes.values():
        assert quiz.title in words
    assert words.count("75 %") >= len(module.quizzes)


def test_a_recorded_review_stands_there(client: PageClient, world: World, module: Module) -> None:
    with world.app.app_context(), writing():
        record_review(
            world.viewer("administrator"),
            module,
            reviewer="Dr A. Canary",
            role="consultant",
            reviewed_on=date(2026, 11, 20),
        )
    words = words_in(page(client, "about"))
    assert f"Version {module.version}: Dr A. Canary, consultant, 20 November 2026" in words
    assert "None is recorded" not in words


# -- one page --------------------------------------------------------------------------------------------------------


def test_all_lessons_stand_on_one_page(learner: PageClient, module: Module) -> None:
    """The test client has checked it whole: one h1, no id twice, well-formed. Every link inside of it leads somewhere."""
    html = page(learner, "whole")
    ids = set(re.findall(r'id="([^"]+)"', html))
    for lesson in module.lessons.values():
        assert lesson.slug in ids
        for anchor, _ in lesson.anchors:
            assert f"{lesson.slug}--{anchor}" in ids
        for figure in lesson.figures:
            assert f"{lesson.slug}--figure-{figure}" in ids
    inside = re.findall(r'href="#([^"]+)"', html)
    assert len(inside) > 100
    assert set(inside) <= ids | {"maincontent"}
    numbers = [int(number) for number in re.findall(r"<strong>Figure (\d+)\.</strong>", html)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_it_asks_and_tells_no_key(learner: PageClient, module: Module) -> None:
    html = page(learner, "whole")
    assert "<form" not in html.partition("<article")[2].partition("</article>")[0]
    assert html.count("Check yourself:") == sum(len(lesson.checks) for lesson in module.lessons.values())


def test_headings_step_down_by_one(learner: PageClient) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page(learner, "whole").partition("<main")[2])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(
    ("html", "fitted"),
    [
        ('<h2 id="a">A</h2>', '<h3 id="one--a">A</h3>'),
        ('<p aria-describedby="a b"></p>', '<p aria-describedby="one--a one--b"></p>'),
        ('<section class="x" aria-labelledby="a"></section>', '<section class="x"></section>'),
        ('<section class="x" id="c" aria-labelledby="a"></section>', '<section class="x" id="one--c"></section>'),
        ('<a href="#a">x</a>', '<a href="#one--a">x</a>'),
        ('<a class="app-cite" href="#source-S01">x</a>', '<a class="app-cite" href="#source-S01">x</a>'),
        ('<a href="../two/#b">x</a>', '<a href="#two--b">x</a>'),
        ('<a href="../two/">x</a>', '<a href="#two">x</a>'),
        ('<a href="../../glossary/#term-t">x</a>', '<a href="../glossary/#term-t">x</a>'),
        ('<a href="/modules/m/lessons/one/#check-c">x</a>', '<a href="/modules/m/lessons/one/#check-c">x</a>'),
        ("<hr>", "<hr>"),
    ],
)
def test_a_lesson_is_made_to_fit(html: str, fitted: str) -> None:
    assert fit(Markup(html), "one") == fitted


def test_a_stranger_is_asked_to_sign_in(client: PageClient) -> None:
    assert "/account/sign-in/" in client.get(f"{HOME}whole/").location


# -- dates -----------------------------------------------------------------------------------------------------------


def test_reviews_are_announced_90_days_before(module: Module) -> None:
    on = module.next_review
    assert due_reviews(module, on - timedelta(days=91)) == []
    near = due_reviews(module, on - timedelta(days=90))
    assert {due.overdue for due in near} == {False}
    assert {due.overdue for due in due_reviews(module, on)} == {True}
    assert near[0].part == "The module"
    assert len(near) == 1 + len(module.lessons) + len(module.every_quiz)


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("UTC"))


def test_the_administrator_is_warned_and_learners_are_told(client: PageClient, world: World, module: Module) -> None:
    world.enrol("learner")
    lesson = next(iter(module.lessons.values()))
    for day, warned, told in (
        (module.next_review - timedelta(days=100), False, False),
        (module.next_review - timedelta(days=30), True, False),
        (module.next_review, True, True),
    ):
        with clock.frozen_at(moment(day)):
            world.sign_in(client, "administrator")
            assert ("Reviews due in" in words_in(client.get("/admin/").get_data(as_text=True))) is warned
            world.sign_in(client, "learner")
            words = words_in(page(client, f"lessons/{lesson.slug}"))
            assert ("The review of this lesson was due on" in words) is told
