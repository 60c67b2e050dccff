"""The same pages in forced colours, on paper, and with a reader's own spacing."""

import io

import pikepdf
import pytest

from elearn.mail.delivery import page_of
from tests.journeys.checks import clipped_text, width_faults
from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.visitor import DESK, PHONE, Visitor
from tests.world import MODULE

LESSON = "trials-in-rare-disease"
QUIZ = "trial-phases"
# WCAG 1.4.12. A sheet made by script is the reader's own: the policy for the page's styles does not concern it.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
        p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""


def _pages(site: Site) -> tuple[Newcomer, dict[str, str]]:
    """Somebody who has been everywhere on the way, and the pages of it."""
    person = Newcomer(site)
    person.has_done_all_before(f"lesson:{LESSON}")
    person.has_answered_checks(LESSON)
    person.has_done_all_before(f"quiz:{QUIZ}")
    attempt = person.has_passed(site.module.quizzes[QUIZ])
    number = person.has_a_certificate()
    return person, {
        "module": f"/modules/{MODULE}/",
        "lesson": f"/modules/{MODULE}/lessons/{LESSON}/",
        "quiz": f"/modules/{MODULE}/quizzes/{QUIZ}/",
        "result": f"/attempts/{attempt}/result/",
        "reflection": f"/modules/{MODULE}/reflection/",
        "evaluation": f"/modules/{MODULE}/evaluation/",
        "learning": "/learning/",
        "account": "/account/",
        "certificate": f"/certificates/{number}/",
        "verification": f"/verify/{number}/",
    }


def _signed_in(visitor: Visitor, person: Newcomer) -> Visitor:
    visitor.signs_in(person.email)
    return visitor


def test_forced_colours_keep_every_edge(arrive: Arrive, site: Site) -> None:
    person, pages = _pages(site)
    visitor = _signed_in(arrive(width=DESK, forced_colors="active"), person)
    for kind in ("lesson", "result", "certificate"):
        visitor.opens(pages[kind])
        visitor.draws(f"forced colours, {kind}")
        bare = visitor.page.locator(
            ".nhsuk-button, .nhsuk-tag, .app-check__feedback, .app-options__item, .app-state"
        ).evaluate_all(
            "all => all.filter(it => it.checkVisibility() && getComputedStyle(it).borderLeftStyle === 'none')"
            ".map(it => it.outerHTML.slice(0, 120))"
        )
        assert not bare, f"{kind}: nothing sets these apart: {bare}"


@pytest.mark.parametrize("kind", ["lesson", "result", "certificate"])
def test_on_paper_the_words_and_nothing_of_the_way_about(arrive: Arrive, site: Site, kind: str) -> None:
    person, pages = _pages(site)
    visitor = _signed_in(arrive(), person)
    visitor.opens(pages[kind])
    visitor.page.emulate_media(media="print")
    for nothing in ("header nav", "footer", ".app-person", ".nhsuk-back-link", ".nhsuk-button"):
        for found in visitor.page.locator(nothing).all():
            assert not found.is_visible(), f"{nothing} is printed"
    assert visitor.page.locator("h1").is_visible()
    for description in visitor.page.locator(".app-figure__description .nhsuk-details__text").all():
        assert description.is_visible(), "a drawing's description is not printed"
    visitor.draws(f"print, {kind}")
    with pikepdf.open(io.BytesIO(visitor.page.pdf(format="A4"))) as paper:
        assert len(paper.pages) <= {"lesson": 14, "result": 7, "certificate": 3}[kind]


def test_with_a_readers_own_spacing_nothing_is_lost_on_a_phone(arrive: Arrive, site: Site) -> None:
    person, pages = _pages(site)
    visitor = _signed_in(arrive(width=PHONE), person)
    for kind, address in pages.items():
        visitor.opens(address)
        visitor.page.evaluate(SPACING)
        faults = [*width_faults(visitor.page), *clipped_text(visitor.page)]
        assert not faults, f"{kind}: {faults}"
        visitor.draws(f"spacing, {kind}")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_letter_with_a_long_link_does_not_scroll_sideways(arrive: Arrive, site: Site, width: int) -> None:
    visitor = arrive(width=width)
    with site.app.app_context():
        letter = page_of(
            "Choose a new password", f"Hello Amina\n\nOpen this page:\n\nhttps://x.example/{'a1B2_' * 48}/\n\nBye"
        )
    visitor.page.goto("about:blank")  # the page of no site
    visitor.page.set_content(letter)
    visitor.draws("letter")
    assert width_faults(visitor.page) == []
