"""The pages behind a module, and every lesson, in a browser: axe, width, outline, on a screen and on a phone."""

import pytest

from elearn.cohorts.models import Cohort
from elearn.content.structure import StepKind
from elearn.extensions import db
from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.visitor import DESK
from tests.journeys.widths import BOTH_WIDTHS
from tests.world import MODULE

HOME = f"/modules/{MODULE}/"


@BOTH_WIDTHS
def test_reference_pages(arrive: Arrive, site: Site, width: int) -> None:
    reader = Newcomer(site)
    reader.has_done_all_before(site.module.path[0].id)
    visitor = arrive(width=width)
    visitor.signs_in(reader.email)
    assert site.module.pretest is not None
    headings = {
        "glossary": "Glossary",
        "sources": "Sources",
        "about": "About this content",
        "whole": site.module.title,
        "before": site.module.pretest.title,
    }
    for page, heading in headings.items():
        visitor.opens(f"{HOME}{page}/")
        visitor.sees(heading)
        # The whole module is its lessons, whose colours are judged one by one below.
        visitor.looks(page, contrast=page != "whole")


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("as_published")
@BOTH_WIDTHS
def test_every_lesson(arrive: Arrive, site: Site, width: int) -> None:
    """With every term linked, every figure and every check."""
    reader = Newcomer(site)
    reader.has_done_all_before("reflection")
    visitor = arrive(width=width)
    visitor.signs_in(reader.email)
    lessons = [step.slug for step in site.module.path if step.kind is StepKind.LESSON]
    assert len(lessons) == 10
    for lesson in lessons:
        visitor.opens(f"{HOME}lessons/{lesson}/")
        # A lesson's colours do not depend on the width.
        visitor.looks(f"lesson {lesson}", contrast=width == DESK or lesson == lessons[0])


def test_a_term_leads_to_its_words_and_back(arrive: Arrive, site: Site) -> None:
    reader = Newcomer(site)
    reader.has_done_all_before(site.module.path[0].id)
    visitor = arrive()
    visitor.signs_in(reader.email)
    visitor.opens(f"{HOME}lessons/{next(iter(site.module.lessons))}/")
    term = visitor.page.locator("a.app-term").first
    words = term.inner_text()
    target = str(term.get_attribute("href")).partition("#")[2]
    term.click()
    entry = visitor.page.locator(f"#{target}")
    assert entry.is_visible()
    assert entry.evaluate("element => element.matches(':target')")
    assert words.split()[0].lower()[:4] in entry.inner_text().lower()
    visitor.page.go_back()
    assert visitor.page.locator("a.app-term").first.inner_text() == words


@BOTH_WIDTHS
def test_withdrawing_and_restoring(arrive: Arrive, site: Site, width: int) -> None:
    reader = Newcomer(site)
    reader.has_done_all_before(site.module.path[0].id)
    administrator, learner = arrive(width=width), arrive(width=width)
    administrator.signs_in("administrator@example.org")
    administrator.opens(f"/admin/content/{MODULE}/")
    administrator.sees("Lessons and questions in use")
    administrator.looks("parts of a module")
    administrator.opens(f"/admin/content/{MODULE}/lesson/{next(iter(site.module.lessons))}/")
    administrator.sees("Withdraw a lesson")
    administrator.looks("withdrawing a lesson")
    learner.signs_in(reader.email)
    reason = f"Its figure is wrong, as seen at {width} pixels."
    administrator.types("Reason", reason)
    administrator.presses("Withdraw it now")
    try:
        administrator.is_answered("is withdrawn, from the next page that anybody opens.")
        administrator.looks("a lesson, withdrawn")
        learner.opens(HOME)
        learner.reads(reason)
    finally:
        administrator.types("Reason", "The figure is right again.")
        administrator.presses("Restore it")
    administrator.is_answered("is in use again.")
    learner.opens(HOME)
    assert reason not in learner.main.inner_text()


@BOTH_WIDTHS
def test_the_gain_of_a_cohort(arrive: Arrive, site: Site, width: int) -> None:
    with site.app.app_context():
        cohort = db.session.execute(db.select(Cohort.public_id, Cohort.name)).first()
    assert cohort is not None
    educator = arrive(width=width)
    educator.signs_in("educator@example.org")
    educator.opens(f"/reports/cohorts/{cohort.public_id}/gain/")
    educator.sees(f"What {cohort.name} gained")
    educator.looks("the gain of a cohort")
