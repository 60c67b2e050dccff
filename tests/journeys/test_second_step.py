"""Setting up and giving a second step in a real browser, with a passkey of Chromium's virtual authenticator."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from elearn.accounts.one_time import CODES
from elearn.accounts.queries import get_person
from elearn.shared import clock
from tests.accounts.authenticator import Phone
from tests.journeys.people import Newcomer
from tests.journeys.site import Site, serving
from tests.journeys.visitor import PHONE, Visitor
from tests.journeys.widths import ONE_WIDTH


@pytest.fixture(scope="module")
def strict_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration as staff would have it; called localhost, because passkeys belong to a name."""
    with serving(tmp_path_factory.mktemp("strict"), "localhost", require_second_factor="staff") as found:
        yield found


@pytest.fixture
def visitor(browser: Browser, strict_site: Site, width: int) -> Iterator[Visitor]:
    """Somebody whose browser holds passkeys."""
    found = Visitor(browser, strict_site, width=width)
    devtools = found.context.new_cdp_session(found.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield found
    complaints = found.leave()
    assert not complaints, "\n".join(complaints)


def sets_up_app(visitor: Visitor) -> str:
    """Gives the code that was used."""
    visitor.sees("Set up an authenticator app")
    visitor.looks("set up an app")
    visitor.presses("Continue")
    visitor.is_told("Enter the six digits that your app shows")
    visitor.looks("set up an app, error")
    key = re.search(r"The key: ([A-Z2-7 ]+)", visitor.main.inner_text())
    assert key
    code = Phone(key[1].replace(" ", "")).code()
    visitor.types("Code from your app", code)
    visitor.presses("Continue")
    visitor.sees("Keep your recovery codes")
    visitor.looks("recovery codes")
    visitor.page.emulate_media(media="print")
    assert [element.is_visible() for element in visitor.page.locator(".app-number").all()] == [True] * CODES
    assert not visitor.page.locator(".app-person, footer, .nhsuk-button").first.is_visible()
    visitor.draws("recovery codes on paper")
    visitor.page.emulate_media(media="screen")
    return code


@ONE_WIDTH
def test_staff_are_led_to_an_app_and_come_to_what_they_wanted(visitor: Visitor, strict_site: Site, width: int) -> None:
    person = Newcomer(strict_site, f"Staff-At{width}")
    with person._writing():
        get_person(person.world.people[person.persona]).administrator = True
    visitor.opens("/admin/people/")
    visitor.signs_in(person.email)
    visitor.sees("Set up a second step to sign in")
    visitor.looks("a second step is needed")
    visitor.opens("/learning/")
    visitor.sees("Set up a second step to sign in")
    visitor.opens("/account/factors/?next=/admin/people/")
    visitor.follows("Use an authenticator app")
    used = sets_up_app(visitor)
    recovery = visitor.main.locator(".app-number").first.inner_text()
    visitor.follows("I have kept them")
    visitor.sees("People")
    visitor.presses("Not you? Sign out", within="body")

    visitor.signs_in(person.email)
    visitor.sees("Second step of signing in")
    visitor.looks("second step")
    visitor.types("Code from your app", used)
    visitor.presses("Continue")
    visitor.is_told("This code is not right. A code counts once and for half a minute: enter the next one")
    visitor.looks("second step, error")
    visitor.follows("Use a recovery code")
    visitor.looks("recovery code")
    visitor.types("Recovery code", recovery.lower())
    visitor.presses("Continue")
    visitor.sees("My learning")
    visitor.opens("/account/")
    visitor.follows("Look at or change your second step")
    visitor.sees("How you sign in")
    visitor.reads("You have 9 codes left.")
    visitor.looks("how you sign in")


@ONE_WIDTH
def test_a_learner_adds_a_passkey_and_signs_in_with_it_alone(visitor: Visitor, strict_site: Site, width: int) -> None:
    person = Newcomer(strict_site, f"Passkey-At{width}")
    visitor.signs_in(person.email)
    visitor.opens("/account/")
    visitor.follows("Set up a second step")
    visitor.looks("how you sign in, nothing yet")
    visitor.follows("Add a passkey")
    visitor.looks("add a passkey")
    visitor.types("A name for this passkey", "My phone")
    visitor.presses("Make the passkey")
    visitor.sees("Keep your recovery codes")
    visitor.follows("I have kept them")
    visitor.reads("My phone")
    visitor.looks("how you sign in, a passkey")
    visitor.presses("Not you? Sign out", within="body")

    visitor.opens("/account/sign-in/?next=/account/")
    visitor.follows("Sign in with a passkey")
    visitor.looks("sign in with a passkey")
    visitor.presses("Use your passkey")
    visitor.sees("Your account")
    visitor.presses("Not you? Sign out", within="body")

    visitor.opens("/account/sign-in/?next=/account/")
    visitor.signs_in(person.email)
    visitor.sees("Second step of signing in")
    visitor.looks("second step with a passkey")
    visitor.presses("Use your passkey")
    visitor.sees("Your account")
    visitor.follows("Where you are signed in")
    visitor.reads("Chrome on Linux")
    visitor.looks("where you are signed in")
    visitor.presses("Sign out everywhere")
    visitor.sees("Sign in")


@pytest.mark.parametrize("width", [PHONE])
def test_whoever_was_away_is_asked_again_and_loses_nothing(visitor: Visitor, strict_site: Site, width: int) -> None:
    person = Newcomer(strict_site, "Away")
    visitor.signs_in(person.email)
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        visitor.opens("/account/factors/app/")
        visitor.sees("Enter your password again")
        visitor.looks("asked again")
        visitor.types("Password", "wrong")
        visitor.presses("Continue")
        visitor.is_told("The password is not right. Check it and try again")
        visitor.looks("asked again, error")
        visitor.types("Password", "three random words")
        visitor.presses("Continue")
        visitor.sees("Set up an authenticator app")


@pytest.mark.parametrize("width", [PHONE])
def test_whoever_has_a_second_step_shows_both_or_a_passkey(visitor: Visitor, strict_site: Site, width: int) -> None:
    person = Newcomer(strict_site, "Both")
    visitor.signs_in(person.email)
    visitor.opens("/account/factors/passkey/")
    visitor.types("A name for this passkey", "My phone")
    visitor.presses("Make the passkey")
    visitor.sees("Keep your recovery codes")
    recovery = visitor.main.locator(".app-number").first.inner_text()
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        visitor.opens("/account/email/")
        visitor.sees("Show that it is you")
        visitor.looks("asked for both")
        visitor.presses("Continue")
        visitor.is_told(
            "Enter your password", "Enter a code: your password alone is not enough to change how you sign in"
        )
        visitor.looks("asked for both, error")
        visitor.types("Password", "three random words")
        visitor.types("One of your recovery codes", recovery)
        visitor.presses("Continue")
        visitor.sees("Change your e-mail address")
    with clock.frozen_at(clock.now() + timedelta(minutes=40)):
        visitor.opens("/account/factors/")
        visitor.presses("Make new recovery codes")
        visitor.sees("Show that it is you")
        visitor.presses("Use your passkey")
        visitor.sees("Keep your recovery codes")
