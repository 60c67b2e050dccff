"""A timed attempt: what is left in words, hidden by whoever does not want to see it, told at few moments; rest breaks."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Sit
from tests.journeys.site import Site
from tests.journeys.sitting import Sitter
from tests.journeys.widths import ONE_WIDTH

MINUTE = 60_000


@ONE_WIDTH
def test_what_is_left_is_said_in_words_and_can_be_hidden(sit: Sit, site: Site, width: int) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    sitter.has_time(timedelta(minutes=20), timedelta(minutes=30))
    desk.sits(sitter)
    left = desk.page.locator("[data-left]")
    expect(left).to_have_text("20 minutes left.")
    desk.shows("question, timed")
    button = desk.main.get_by_role("button", name="Hide the time left")
    button.click()
    expect(left).to_be_hidden()
    show = desk.main.get_by_role("button", name="Show the time left")
    expect(show).to_be_focused()
    desk.opens(sitter.page(2))
    expect(left).to_be_hidden()
    desk.shows("question, time hidden")
    show.click()
    expect(left).to_be_visible()


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        (20, ["10 minutes left.", "5 minutes left.", "1 minute left."]),
        (10, ["5 minutes left.", "1 minute left."]),
        (6, ["5 minutes left.", "3 minutes left.", "1 minute left."]),
        (2, ["1 minute left."]),
    ],
)
def test_it_is_told_politely_at_few_moments(sit: Sit, site: Site, whole: int, told: list[str]) -> None:
    sitter, desk = Sitter(site), sit()
    desk.signs_in(sitter.email)
    desk.page.clock.install()
    sitter.has_time(timedelta(minutes=whole), timedelta(minutes=whole))
    desk.opens(sitter.page(1))
    focus = desk.page.evaluate("document.activeElement.tagName")
    desk.page.clock.run_for(whole * MINUTE - 5000)
    assert desk.said() == told
    assert len(told) <= 4
    expect(desk.page.locator("[data-left]")).to_have_text("Less than a minute left.")
    assert desk.page.evaluate("document.activeElement.tagName") == focus, "the timer has taken the focus"
    desk.opens(sitter.page(2))
    desk.page.clock.run_for(5000)
    assert not desk.said(), "on the next page it is told again"


def test_after_a_sleep_it_is_told_once_and_hidden_not_at_all(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.signs_in(sitter.email)
    desk.page.clock.install()
    sitter.has_time(timedelta(minutes=20), timedelta(minutes=20))
    desk.opens(sitter.page(1))
    desk.page.clock.fast_forward(16 * MINUTE)
    desk.page.clock.run_for(1500)
    assert desk.said() == ["4 minutes left."]
    desk.main.get_by_role("button", name="Hide the time left").click()
    desk.page.clock.run_for(3 * MINUTE + 30_000)
    assert desk.said() == ["4 minutes left."]


@ONE_WIDTH
def test_when_the_time_is_over_the_answers_are_shown_and_what_was_chosen_counts(
    sit: Sit, site: Site, width: int
) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    sitter.has_time(timedelta(seconds=12), timedelta(minutes=10))
    desk.sits(sitter)
    desk.option(2).check()
    desk.page.wait_for_url("**/answers/")
    desk.sees("Your time is over")
    assert sitter.place(1) == "2"
    desk.shows("answers, time over")
    assert not desk.main.get_by_role("link").count(), "there is nothing to change any more"
    desk.presses("Submit answers")
    desk.sees("Result")


@ONE_WIDTH
def test_a_rest_break_stops_the_clock(sit: Sit, site: Site, width: int) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    sitter.has_time(timedelta(minutes=20), timedelta(minutes=30))
    sitter.may_rest()
    desk.sits(sitter)
    desk.shows("question, may rest")
    desk.option(1).check()
    desk.presses("Take a rest break")
    desk.sees("Rest break")
    desk.shows("rest break")
    desk.opens(sitter.page(2))
    desk.sees("Rest break")
    desk.presses("Go on with the quiz")
    desk.sees("Question 1 of")
    expect(desk.option(1)).to_be_checked()
    expect(desk.page.locator("[data-left]")).to_contain_text("left.")
    desk.keeps_nothing()
    assert sitter.place(1) == "1"


def test_without_script_the_end_is_said_in_words(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit(script=False)
    sitter.has_time(timedelta(minutes=20), timedelta(minutes=30))
    desk.sits(sitter)
    desk.reads("Your time ends on")
    assert not desk.main.get_by_role("button", name="Hide the time left").count()
