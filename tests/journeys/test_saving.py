"""An answer is never lost: saved when it changes, kept without a connection or a server, refused kindly when stale."""

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.journeys.apart import serving_apart
from tests.journeys.conftest import Sit
from tests.journeys.site import Site
from tests.journeys.sitting import RECOVERY, Desk, Sitter
from tests.journeys.widths import ONE_WIDTH

LOST_WORDS = "Not saved: we will keep trying. Your answer is kept in this browser."
SAVED_WORDS = "Your answer is saved now."


def test_an_answer_is_saved_when_it_changes(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    expect(desk.state()).to_have_text("Not answered yet")
    desk.option(2).check()
    desk.is_saved()
    assert [sitter.place(1), desk.said(), len(desk.kept())] == ["2", [], 0]
    desk.main.get_by_label("Guessing").check()
    desk.is_saved()
    desk.keeps_nothing()
    assert [event.confidence for event in sitter.events(1)] == [None, "guessing"]
    desk.opens(sitter.page(1))
    expect(desk.option(2)).to_be_checked()
    expect(desk.main.get_by_label("Guessing")).to_be_checked()
    desk.shows("question, saved by script")


def test_at_most_one_save_a_second_and_the_last_value_wins(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    began = time.monotonic()
    for place in (1, 2, 3) * 8:
        desk.option(place).check()
        desk.page.wait_for_timeout(80)
    desk.option(2).check()
    desk.is_saved()
    desk.keeps_nothing()
    seconds = time.monotonic() - began
    events = sitter.events(1)
    assert sitter.place(1) == "2"
    assert len(events) <= len(desk.saves) <= seconds + 1 < 20  # an answer that stands already is no event
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


@ONE_WIDTH
def test_without_a_connection_the_answer_waits_and_goes_out_by_itself(sit: Sit, site: Site, width: int) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    desk.sits(sitter)
    desk.in_trouble = True
    desk.context.set_offline(True)
    desk.option(1).check()
    desk.is_lost()
    desk.option(3).check()
    desk.page.wait_for_timeout(4000)
    desk.is_lost()
    assert desk.said() == [LOST_WORDS]
    assert not sitter.events()
    desk.shows("question, not saved")
    desk.context.set_offline(False)
    desk.is_saved()
    assert desk.said() == [LOST_WORDS, SAVED_WORDS]
    assert [sitter.place(1), len(sitter.events()), len(desk.kept())] == ["3", 1, 0]


def test_what_is_not_sent_survives_a_reload_and_a_closed_page_and_goes_out_in_order(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter, 2)
    desk.cuts_saves()
    desk.option(3).check()
    desk.main.get_by_label("Fairly sure").check()
    desk.is_lost()
    desk.opens(sitter.page(2))
    expect(desk.option(3)).to_be_checked()
    expect(desk.main.get_by_label("Fairly sure")).to_be_checked()
    desk.is_lost()
    assert desk.said() == [LOST_WORDS]
    desk.opens(sitter.page(1))
    desk.option(1).check()
    desk.is_lost()
    desk.page.close()
    desk.page = desk.context.new_page()
    desk.opens(sitter.page(1))
    expect(desk.option(1)).to_be_checked()
    desk.is_lost()
    # A page that closes tries once more, past playwright's cut: should the server have it already, it is known again.
    assert len(desk.kept()) == 2
    desk.mends_saves()
    desk.is_saved()
    desk.keeps_nothing()
    assert [(event.position, event.confidence) for event in sitter.events()] == [(2, "fairly sure"), (1, None)]
    assert [sitter.place(1), sitter.place(2)] == ["1", "3"]


def test_a_server_that_is_killed_and_comes_back_gets_the_answer_once(browser: Browser, tmp_path: Path) -> None:
    with serving_apart(tmp_path) as server:
        sitter, desk = Sitter(server.site), Desk(browser, server.site)
        desk.sits(sitter)
        desk.option(1).check()
        desk.is_saved()
        desk.in_trouble = True
        server.kill()
        desk.option(2).check()
        desk.is_lost()
        desk.option(3).check()
        server.start()
        desk.is_saved()
        assert desk.said() == [LOST_WORDS, SAVED_WORDS]
        assert [sitter.place(1), len(sitter.events()), len(desk.kept())] == ["3", 2, 0]
        assert not desk.leave()


def test_an_answer_whose_receipt_was_lost_is_saved_once(sit: Sit, site: Site) -> None:
    """The server has it, but the page never hears so: it is sent again under the same key."""
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    desk.in_trouble = True
    lost: list[int] = []

    def lose_the_receipt(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    desk.page.route(re.compile(r"/questions/1/$"), lose_the_receipt, times=1)
    desk.option(2).check()
    desk.is_lost()
    desk.is_saved()
    assert lost == [200]
    assert [sitter.place(1), len(sitter.events())] == ["2", 1]


def test_save_and_continue_without_a_connection_stays_and_says_so(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    desk.in_trouble = True
    desk.context.set_offline(True)
    desk.option(2).check()
    button = desk.main.get_by_role("button", name="Save and continue")
    button.click()
    desk.is_lost()
    button.click()
    desk.is_lost()
    assert desk.said() == [LOST_WORDS]
    desk.context.set_offline(False)
    desk.is_saved()
    desk.sees("Question 1 of")  # nobody is taken away while they read
    desk.presses("Save and continue")
    desk.sees("Question 2 of")
    assert [sitter.place(1), len(sitter.events())] == ["2", 1]


def test_pressed_when_the_connection_is_back_it_goes_on_at_once(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    desk.cuts_saves()
    desk.option(2).check()
    desk.main.get_by_role("button", name="Save and continue").click()
    desk.is_lost()
    desk.mends_saves()
    desk.main.get_by_role("button", name="Save and check your answers").dblclick()
    expect(desk.page.locator("h1")).to_contain_text("Check your answers")
    assert len(sitter.events()) == 1


@ONE_WIDTH
@pytest.mark.parametrize("wins", ["saved", "offered"])
def test_a_stale_tab_shows_both_answers_and_either_may_be_chosen(sit: Sit, site: Site, wins: str, width: int) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    desk.sits(sitter)
    other = desk.context.new_page()
    other.goto(sitter.page(1))
    desk.option(1).check()
    desk.is_saved()
    desk.option(3, other).check()
    expect(desk.state(other)).to_contain_text("answered this question elsewhere")
    assert len(desk.said(other)) == 1
    assert [sitter.place(1), len(sitter.events())] == ["1", 1]
    desk.page, first = other, desk.page
    desk.shows("question, stale")
    desk.presses("Look at both answers")
    desk.sees("Question 1 was answered elsewhere")
    desk.shows("answered elsewhere")
    if wins == "offered":
        desk.presses("Use the answer that is not saved yet")
    else:
        desk.follows("Keep the saved answer")
    desk.keeps_nothing()
    assert sitter.place(1) == ("3" if wins == "offered" else "1")
    assert sitter.events()[0].response == {"option": sitter.order(1)[0]}
    desk.opens(sitter.page(1))
    expect(desk.option(sitter.place(1))).to_be_checked()
    first.close()


def test_two_tabs_without_a_connection_neither_takes_the_others_word(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    other = desk.context.new_page()
    other.goto(sitter.page(1))
    desk.in_trouble = True
    desk.context.set_offline(True)
    desk.option(1).check()
    desk.is_lost()
    desk.option(3, other).check()
    desk.is_lost(other)
    desk.context.set_offline(False)
    desk.is_saved(other)
    expect(desk.state()).to_contain_text("in another window", timeout=RECOVERY)
    assert [sitter.place(1), len(sitter.events())] == ["3", 1]
    desk.presses("Look at both answers")
    desk.presses("Use the answer that is not saved yet")
    assert [sitter.place(1), len(sitter.events())] == ["1", 2]


def test_a_rest_break_begun_in_another_tab_keeps_what_was_not_saved(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    sitter.has_time(timedelta(minutes=30), timedelta(minutes=40))
    sitter.may_rest()
    desk.sits(sitter)
    other = desk.context.new_page()
    other.goto(sitter.page(1))
    other.get_by_role("button", name="Take a rest break").click()
    expect(other.locator("h1")).to_have_text("Rest break")
    desk.option(2).check()
    expect(desk.page.locator("h1")).to_have_text("Rest break")
    assert not sitter.events()
    assert len(desk.kept()) == 1
    desk.presses("Go on with the quiz")
    desk.is_saved()
    assert [sitter.place(1), len(desk.kept())] == ["2", 0]


def test_the_edge_is_green_for_a_saved_answer_alone(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)

    def edge() -> str:
        return str(desk.state().evaluate("it => getComputedStyle(it).borderLeftColor"))

    grey = edge()
    expect(desk.state()).to_have_text("Not answered yet")
    desk.option(1).check()
    desk.is_saved()
    green = edge()
    desk.cuts_saves()
    desk.option(2).check()
    desk.is_lost()
    red = edge()
    assert len({grey, green, red}) == 3
    desk.mends_saves()
    desk.is_saved()
    assert edge() == green
    desk.opens(sitter.page(1))
    assert edge() == green
    desk.is_saved()  # the server says it as the script does


def test_in_forced_colours_every_state_keeps_its_edge(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit(forced_colors="active")
    sitter.has_time(timedelta(minutes=20), timedelta(minutes=30))
    desk.sits(sitter)
    desk.cuts_saves()
    desk.option(2).check()
    desk.is_lost()
    desk.page.get_by_role("button", name="Not you? Sign out").click()
    for place, side in ((".app-saved", "Left"), (".app-time", "Bottom"), (".app-dialog", "Top")):
        style = desk.page.locator(place).evaluate(f"it => getComputedStyle(it).border{side}Style")
        assert style == "solid", f"nothing sets {place} apart"
    desk.draws("forced colours, sign out, unsent")
    desk.opens(sitter.answers_page)
    style = desk.page.locator("[data-unsent]").evaluate("it => getComputedStyle(it).borderTopStyle")
    assert style == "solid"
    desk.draws("forced colours, check your answers, unsent")
