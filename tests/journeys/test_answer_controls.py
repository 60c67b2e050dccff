"""Every kind of answer is kept while it is not sent, shown again, and saved, whatever its controls are."""

from typing import Any

import pytest
from playwright.sync_api import expect

from elearn.items.registry import TYPES
from tests.items.test_every_type import item_of
from tests.journeys.conftest import Sit
from tests.journeys.site import Site
from tests.journeys.sitting import Desk, Sitter

STATE = """() => [...document.querySelectorAll("form[data-answers] :is(input, select, textarea)")]
    .filter((control) => control.type !== "hidden")
    .map((control) => [control.id, ["radio", "checkbox"].includes(control.type) ? control.checked : control.value])"""


def _fill(desk: Desk) -> list[Any]:
    """Answer with every control there is; gives how they stand."""
    form = desk.main.locator("form[data-answers]")
    for group in form.locator("fieldset:not(:has(fieldset)):has(input[type=radio])").all():
        group.get_by_role("radio").last.check()
    for box in form.get_by_role("checkbox").all()[::2]:
        box.check()
    for number, field in enumerate(form.locator("select").all(), start=1):
        field.select_option(index=number)
    for field in form.get_by_role("textbox").all():
        field.fill("7")
    return sorted(desk.page.evaluate(STATE))


@pytest.mark.parametrize("name", sorted(TYPES))
def test_an_unsent_answer_is_shown_again_and_saved(sit: Sit, site: Site, name: str) -> None:
    sitter, desk = Sitter(site), sit()
    item = item_of(name)
    sitter.is_asked(1, item)
    desk.sits(sitter)
    empty = sorted(desk.page.evaluate(STATE))
    desk.cuts_saves()
    filled = _fill(desk)
    assert filled != empty
    desk.is_lost()
    desk.opens(sitter.page(1))
    assert sorted(desk.page.evaluate(STATE)) == filled
    desk.mends_saves()
    desk.is_saved()
    desk.keeps_nothing()
    assert len(sitter.events()) == 1
    desk.opens(sitter.page(1))
    expect(desk.state()).to_contain_text("Saved")
    assert sorted(desk.page.evaluate(STATE)) == filled
    desk.shows(f"question, {name}, saved")


def test_a_number_is_saved_while_it_is_typed_and_what_is_no_number_is_kept_and_said(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    sitter.is_asked(1, item_of("numeric"))
    desk.sits(sitter)
    field = desk.main.get_by_role("textbox")
    field.press_sequentially("125", delay=120)
    desk.is_saved()
    desk.keeps_nothing()
    saved = sitter.answer(1)
    assert "125" in str(saved)
    assert len(desk.saves) <= 3
    field.fill("about seven")
    expect(desk.state()).to_contain_text("Not saved: ")
    assert len(desk.said()) == 1
    assert sitter.answer(1) == saved
    desk.opens(sitter.page(1))
    assert field.input_value() == "about seven", "what was typed is lost"
    expect(desk.state()).to_contain_text("Not saved: ")
    desk.presses("Save and continue")
    assert desk.page.title().startswith("Error: ")
    assert field.input_value() == "about seven"
    desk.shows("question, numeric, refused")
    field.fill("126")
    desk.is_saved()
    assert desk.said()[-1] == "Your answer is saved now."
    desk.presses("Save and continue")
    desk.sees("Question 2 of")


def test_the_next_part_of_a_case_opens_though_the_connection_was_lost(sit: Sit, site: Site) -> None:
    sitter, desk = Sitter(site), sit()
    sitter.is_asked(1, item_of("unfolding-case"))
    desk.sits(sitter)
    desk.option(1).check()
    desk.is_saved()
    desk.cuts_saves()
    desk.main.get_by_role("button", name="Save and continue").click()
    desk.is_lost()
    desk.reads("Part 1 of")
    desk.mends_saves()
    expect(desk.main).to_contain_text("Part 1 of 3, locked", timeout=60_000)
    desk.reads("Part 2 of")
    desk.keeps_nothing()
    assert not desk.main.locator("input[name=answer]:checked").count(), "the first part's answer stands at the second"
