"""A forgotten password, and changes of password and address, in a browser: with and without script, on a phone."""

import pytest

from elearn.accounts import links
from elearn.accounts.credentials import ask_for_link
from elearn.accounts.queries import get_person
from elearn.shared.transactions import writing
from tests.journeys.conftest import Arrive
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.visitor import Visitor
from tests.journeys.widths import ONE_WIDTH

NEW = "gravel orbit lampshade"


def link_for(site: Site, newcomer: Newcomer, purpose: str, address: str = "") -> str:
    """The link that a letter would hold."""
    with site.app.test_request_context(), writing():
        person = get_person(newcomer.world.people[newcomer.persona])
        ask_for_link(person)
        return f"/account/{purpose}/{links.make(person, purpose, address)}/"


@ONE_WIDTH
def test_a_forgotten_password(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, visitor = Newcomer(site), arrive(width=width)
    visitor.opens("/account/sign-in/")
    visitor.follows("Forgotten your password?")
    visitor.sees("Choose a new password")
    visitor.looks("forgotten password")
    visitor.presses("Send the link")
    visitor.is_told("Enter your e-mail address")
    visitor.looks("forgotten password, error")
    visitor.types("E-mail address", newcomer.email)
    visitor.presses("Send the link")
    visitor.sees("Look at your e-mail")
    visitor.looks("look at your e-mail")
    visitor.opens(link_for(site, newcomer, links.RESET))
    visitor.looks("reset")
    visitor.types("New password", "password12345678")
    visitor.presses("Save the password")
    assert visitor.page.title().startswith("Error: ")
    visitor.looks("reset, refused")
    visitor.types("New password", NEW)
    visitor.presses("Save the password")
    visitor.is_answered("Your password is changed. Sign in with the new one.")
    visitor.signs_in(newcomer.email, NEW)
    visitor.sees("My learning")
    visitor.opens("/account/reset/old/")
    visitor.sees("This link does not work any more")
    visitor.looks("dead link")


@ONE_WIDTH
def test_changing_password_and_address(arrive: Arrive, site: Site, width: int) -> None:
    newcomer, visitor = Newcomer(site), arrive(width=width)
    visitor.signs_in(newcomer.email)
    visitor.opens("/account/")
    visitor.follows("Change password")
    visitor.types("Your present password", "not my password")
    visitor.types("New password", NEW)
    visitor.presses("Change the password")
    visitor.is_told("This is not your password. Check it and try again")
    visitor.looks("change password, error")
    visitor.types("Your present password", "three random words")
    visitor.types("New password", NEW)
    visitor.presses("Change the password")
    visitor.is_answered("Your password is changed.")
    visitor.follows("Change e-mail address")
    visitor.types("New e-mail address", f"moved.{newcomer.email}")
    visitor.types("Your password", NEW)
    visitor.presses("Send the link")
    visitor.is_answered("We have sent a link to")
    visitor.opens(link_for(site, newcomer, links.EMAIL, f"moved.{newcomer.email}"))
    visitor.looks("confirm new address")
    visitor.presses("Use this address")
    visitor.is_answered("Your e-mail address is changed.")
    visitor.reads(f"moved.{newcomer.email}")


def _shown(visitor: Visitor) -> str:
    return visitor.page.locator("#password").get_attribute("type") or ""


def test_a_password_can_be_shown_and_goes_out_hidden(arrive: Arrive) -> None:
    visitor = arrive()
    visitor.opens("/account/sign-in/")
    visitor.types("Password", "three random words")
    button = visitor.main.get_by_role("button", name="Show password")
    button.click()
    assert _shown(visitor) == "text"
    visitor.looks("sign in, password shown")
    visitor.main.get_by_role("button", name="Hide password").click()
    assert _shown(visitor) == "password"
    button.click()
    visitor.page.evaluate("document.querySelector('main form').addEventListener('submit', e => e.preventDefault())")
    visitor.main.get_by_role("button", name="Sign in", exact=True).click()
    assert _shown(visitor) == "password", "browsers would remember it as plain text"


@pytest.mark.parametrize("field", ["#password", "#email"])
def test_paste_works(arrive: Arrive, field: str) -> None:
    visitor = arrive(permissions=["clipboard-read", "clipboard-write"])
    visitor.opens("/account/sign-in/")
    visitor.page.evaluate("navigator.clipboard.writeText('three random words')")
    visitor.page.locator(field).focus()
    visitor.page.keyboard.press("Control+V")
    assert visitor.page.locator(field).input_value() == "three random words"


def test_without_script_there_is_no_button_and_all_works(arrive: Arrive) -> None:
    visitor = arrive(script=False)
    visitor.opens("/account/sign-in/")
    assert not visitor.main.get_by_role("button", name="Show password").count()
    visitor.signs_in("learner@example.org")
    visitor.sees("My learning")
