"""Answers and sign-ins: a session that ends, a computer that others use too, and leaving with something unsent."""

import time
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Sit
from tests.journeys.site import Site
from tests.journeys.sitting import RECOVERY, Desk, Sitter
from tests.journeys.widths import ONE_WIDTH

SIGN_OUT = "Not you? Sign out"


def _signs_in_again(desk: Desk, sitter: Sitter) -> None:
    time.sleep(1.5)  # the time of the sign-in must not pass for the time of the receipt
    desk.types("E-mail address", sitter.email)
    desk.types("Password", "three random words")
    desk.presses("Sign in")
    desk.sees("Question 1 of")
    desk.reads("The answer that was held while you were signed out is saved.")


@ONE_WIDTH
def test_signed_out_in_mid_answer_a_person_is_back_at_it(sit: Sit, site: Site, width: int) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    desk.sits(sitter)
    ended = sitter.is_signed_out_by_the_server()
    desk.option(2).check()
    expect(desk.state()).to_contain_text("Not saved: you are signed out.")
    received_by = sitter.is_signed_out_by_the_server()
    assert len(desk.said()) == 1
    desk.shows("question, signed out")
    desk.presses("Sign in again")
    desk.sees("Sign in")
    desk.reads("Your answer is held")
    desk.shows("sign in, an answer is held")
    _signs_in_again(desk, sitter)
    expect(desk.option(2)).to_be_checked()
    desk.keeps_nothing()
    (event,) = sitter.events()
    assert ended <= event.at <= received_by, "not saved as of its receipt"
    assert sitter.place(1) == "2"


def test_signed_out_without_script_a_person_is_back_at_it(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit(script=False)
    desk.sits(sitter)
    ended = sitter.is_signed_out_by_the_server()
    desk.option(3).check()
    desk.presses("Save and continue")
    received_by = sitter.is_signed_out_by_the_server()
    desk.sees("Sign in")
    desk.reads("Your answer is held")
    _signs_in_again(desk, sitter)
    assert desk.option(3).is_checked()
    (event,) = sitter.events()
    assert ended <= event.at <= received_by
    assert sitter.place(1) == "3"


def test_signed_in_again_in_another_tab_the_answer_goes_out(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    sitter.is_signed_out_by_the_server()
    desk.option(1).check()
    expect(desk.state()).to_contain_text("Not saved: you are signed out.")
    desk.option(2).check()
    received_by = sitter.is_signed_out_by_the_server()
    desk.page.wait_for_timeout(1500)
    first, desk.page = desk.page, desk.context.new_page()
    desk.signs_in(sitter.email)
    desk.is_saved(first)
    assert desk.said(first)[-1] == "Your answer is saved now."
    (event,) = sitter.events()
    assert event.at <= received_by + timedelta(seconds=1.5)
    assert sitter.place(1) == "2"


def test_on_a_shared_computer_nothing_goes_out_under_another_sign_in(sit: Sit, site: Site) -> None:
    one, other, desk = Sitter(site), Sitter(site), sit()
    desk.sits(one)
    desk.cuts_saves()
    desk.option(2).check()
    desk.is_lost()
    old = desk.page
    desk.context.clear_cookies()  # the first person went home without signing out, and the session is over
    desk.mends_saves()
    desk.page = desk.context.new_page()
    desk.signs_in(other.email)
    desk.saves.clear()
    desk.opens(other.page(1))
    desk.opens(other.answers_page)
    assert not desk.page.locator("[data-unsent]").is_visible()
    old.bring_to_front()
    desk.option(3, old).check()  # their page is open still
    expect(desk.state(old)).to_contain_text("somebody else has signed in", timeout=RECOVERY)
    desk.page.wait_for_timeout(3000)
    assert [desk.saves, one.events(), other.events(), len(desk.kept())] == [[], [], [], 1]
    old.close()
    desk.presses(SIGN_OUT, within="body")
    assert not desk.page.locator("dialog").count(), "the second person is warned of what is not theirs"
    desk.signs_in(one.email)
    desk.keeps_nothing()
    assert [one.place(1), len(one.events()), len(other.events())] == ["3", 1, 0]
    assert len(desk.saves) == 1


@ONE_WIDTH
def test_at_sign_out_unsent_answers_are_asked_about(sit: Sit, site: Site, width: int) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    desk.sits(sitter)
    desk.cuts_saves()
    desk.option(2).check()
    desk.is_lost()
    opener = desk.page.get_by_role("button", name=SIGN_OUT)
    opener.click()
    dialog = desk.page.get_by_role("dialog", name="1 answer is not sent yet")
    expect(dialog).to_be_visible()
    assert desk.page.evaluate("document.activeElement.closest('dialog') !== null"), "the focus stays behind"
    desk.shows("sign out, unsent")
    desk.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_have_count(0)
    opener.click()
    dialog.get_by_role("button", name="Send and sign out").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Not everything could be sent.")
    desk.shows("sign out, could not send")
    assert not sitter.events()
    desk.mends_saves()
    with desk.page.expect_navigation():
        dialog.get_by_role("button", name="Send and sign out").click()
    assert [sitter.place(1), len(sitter.events()), len(desk.kept())] == ["2", 1, 0]
    assert not desk.page.get_by_role("button", name=SIGN_OUT).count()


def test_at_sign_out_unsent_answers_may_be_discarded(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    desk.cuts_saves()
    desk.option(2).check()
    desk.is_lost()
    desk.opens("/learning/")
    desk.page.get_by_role("button", name=SIGN_OUT).click()
    with desk.page.expect_navigation():
        desk.page.get_by_role("dialog").get_by_role("button", name="Discard and sign out").click()
    desk.mends_saves()
    assert not desk.kept()
    desk.signs_in(sitter.email)
    desk.opens(sitter.page(1))
    assert not desk.page.locator("main input:checked").count()
    assert not sitter.events()


@ONE_WIDTH
def test_nothing_is_submitted_while_an_answer_waits(sit: Sit, site: Site, width: int) -> None:
    sitter, desk = Sitter(site), sit(width=width)
    desk.sits(sitter, 2)
    desk.cuts_saves()
    desk.option(2).check()
    desk.is_lost()
    desk.opens(sitter.answers_page)
    unsent = desk.page.get_by_role("alert")
    expect(unsent).to_contain_text("1 answer is not sent yet, so you cannot submit. We keep trying.")
    desk.shows("check your answers, unsent")
    desk.main.get_by_role("button", name="Submit answers").click()
    desk.page.wait_for_timeout(1000)
    desk.sees("Check your answers")
    assert desk.said() == [unsent.inner_text()], "said more than once"
    desk.follows("Look at question 2")
    expect(desk.option(2)).to_be_checked()
    desk.opens(sitter.answers_page)
    desk.mends_saves()
    with desk.page.expect_navigation(timeout=RECOVERY):
        pass  # it is sent by itself, and the page shows it
    assert not unsent.is_visible()
    assert sitter.place(2) == "2"
    desk.presses("Submit answers")
    desk.sees("Result")


@pytest.mark.parametrize("settled", ["here", "there"])
def test_an_answer_that_waits_for_a_choice_is_shown_before_submitting(sit: Sit, site: Site, settled: str) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    other = desk.context.new_page()
    other.goto(sitter.page(1))
    desk.option(1).check()
    desk.is_saved()
    desk.option(3, other).check()
    expect(desk.state(other)).to_contain_text("elsewhere")
    other.close()
    desk.opens(sitter.answers_page)
    desk.follows("Look at question 1")
    expect(desk.option(3)).to_be_checked()
    expect(desk.state()).to_contain_text("elsewhere")
    desk.presses("Look at both answers")
    if settled == "here":
        desk.presses("Use the answer that is not saved yet")
    else:
        desk.follows("Keep the saved answer")
    desk.keeps_nothing()
    desk.opens(sitter.answers_page)
    desk.presses("Submit answers")
    desk.sees("Result")
    assert sitter.place(1) == ("3" if settled == "here" else "1")


def test_what_waits_for_a_closed_attempt_does_not_wait_for_ever(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    desk.sits(sitter)
    desk.cuts_saves()
    desk.option(1).check()
    desk.is_lost()
    desk.page.goto("about:blank")
    sitter.has_time(timedelta(minutes=-5), timedelta(minutes=30))
    desk.mends_saves()
    desk.page.goto(sitter.answers_page)
    desk.keeps_nothing()
    expect(desk.page.locator("[data-unsent]")).to_be_hidden()
    desk.sees("Your time is over")
    assert not sitter.events()
