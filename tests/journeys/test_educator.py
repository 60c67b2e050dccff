"""An educator's way: a cohort's table, and what becomes of it on paper and in a file."""

import csv

from playwright.sync_api import expect

from elearn.demonstration import COHORT, MEMBERS
from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.visitor import Visitor
from tests.journeys.widths import BOTH_WIDTHS
from tests.world import MODULE


def _names(visitor: Visitor) -> list[str]:
    return visitor.page.locator("#members tbody tr td:first-child strong").all_inner_texts()


@BOTH_WIDTHS
def test_an_educator_sees_how_a_cohort_is_doing(arrive: Arrive, width: int) -> None:
    educator = arrive(width=width)
    educator.signs_in("educator@example.org")
    educator.follows("Cohorts", within="header")
    educator.looks("cohorts, teaching")
    educator.follows(f"Progress of {COHORT}")
    educator.sees(f"Progress of {COHORT}")
    educator.looks("cohort table")
    for words in ("Not joined", "Not started", "Mo Not-Joined", "Lena Fischer"):
        educator.reads(words)
    assert educator.page.get_by_role("table").get_by_role("row").count() >= len(MEMBERS) + 3

    by_name = _names(educator)
    educator.follows("Name, descending", within="nav[aria-label='Sort the table']")
    educator.stands_at("members")
    assert _names(educator) == by_name[::-1]
    educator.follows("Steps done, ascending", within="nav[aria-label='Sort the table']")
    educator.follows("Steps done, descending", within="nav[aria-label='Sort the table']")
    assert _names(educator)[0] in ("Aisha Rahman", "Ben Whitlock", "Chidi Nwosu")
    educator.looks("cohort table, sorted")


def test_an_educator_takes_the_table_away_as_a_file(arrive: Arrive) -> None:
    educator = arrive()
    educator.signs_in("educator@example.org")
    educator.follows("Cohorts", within="header")
    educator.follows(f"Progress of {COHORT}")
    file = educator.downloads("Save as a spreadsheet (CSV)")
    rows = list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))
    assert [row["Name"] for row in rows] == _names(educator)
    assert {row["Exported by"] for row in rows} == {"Edwin Example"}
    statuses = {row["Name"]: row["Status"] for row in rows}
    assert (statuses["Mo Not-Joined"], statuses["Lena Fischer"]) == ("Not joined", "Not started")


@BOTH_WIDTHS
def test_an_educator_keeps_the_roster(arrive: Arrive, width: int) -> None:
    educator = arrive(width=width)
    educator.signs_in("educator@example.org")
    educator.follows("Cohorts", within="header")
    educator.follows(f"Join code and roster of {COHORT}")
    educator.looks("cohort, roster")
    educator.presses("Add to the list")
    assert educator.page.title().startswith("Error: ")
    educator.looks("cohort, roster error")
    name = f"Expected At{width}"
    educator.page.locator("textarea").fill(f"{name}, expected{width}@example.org")
    educator.presses("Add to the list")
    educator.stands_at("roster")
    educator.reads("Added to the roster: 1.")
    expect(educator.page.get_by_text("Added to the roster: 1.")).to_be_in_viewport()
    educator.looks("cohort, roster, added")
    educator.presses(f"Remove {name}")
    expect(educator.page.get_by_text("Removed from the roster.")).to_be_in_viewport()


@BOTH_WIDTHS
def test_a_preview_leads_to_what_came_of_each_answer(arrive: Arrive, width: int) -> None:
    educator = arrive(width=width)
    educator.signs_in("educator@example.org")
    educator.opens(f"/modules/{MODULE}/quizzes/trial-phases/preview/")
    third = educator.page.locator("section:has(> form input[name=number][value='3'])")
    with educator.page.expect_navigation():
        third.get_by_role("button").click()
    educator.is_told("Choose one answer")
    educator.chooses(third.get_by_role("radio").nth(1))
    with educator.page.expect_navigation():
        third.get_by_role("button").click()
    educator.stands_at("q3-feedback")
    educator.looks("preview, marked")
    below = third.evaluate(
        "it => it.nextElementSibling.getBoundingClientRect().top"
        " - it.querySelector('.app-check__feedback').getBoundingClientRect().bottom"
    )
    assert below >= 24, "the next question's heading touches the feedback"


@BOTH_WIDTHS
def test_a_learner_joins_a_cohort_knowing_what_is_seen_and_leaves_it(arrive: Arrive, site: Site, width: int) -> None:
    newcomer = Newcomer(site)
    learner, educator = arrive(width=width), arrive()
    educator.signs_in("educator@example.org")
    educator.opens("/cohorts/")
    educator.follows(f"Join code and roster of {COHORT}")
    code = educator.main.locator(".app-number").first.inner_text()

    learner.signs_in(newcomer.email)
    learner.follows("Cohorts", within="header")
    learner.looks("cohorts, none")
    learner.follows("Join a cohort")
    learner.looks("join a cohort")
    learner.types("Join code", "AAAA AAAA")
    learner.presses("Continue")
    assert learner.page.title().startswith("Error: ")
    learner.looks("join a cohort, error")
    learner.types("Join code", code.lower())
    learner.presses("Continue")
    learner.sees(f"Join {COHORT}")
    learner.reads("What its educators will see")
    learner.looks("join a cohort, confirm")
    learner.presses("Join this cohort")
    learner.reads(f"You are in the cohort “{COHORT}”.")
    learner.looks("cohorts, learning")
    learner.follows(f"Leave {COHORT}")
    learner.looks("leave a cohort")
    learner.presses("Leave this cohort")
    learner.reads(f"You have left the cohort “{COHORT}”.")
