"""The public pages: whole, true to the settings, and dated."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from elearn.accounts.rules import LONGEST_SIGN_IN
from elearn.config import Settings
from elearn.site import rules
from tests.conftest import StatementCount
from tests.page import PageClient, check_page, find_all, text_of
from tests.test_access import MATRIX, Things, browser_of, things
from tests.world import PASSWORD

__all__ = ["things"]

PAGES = ["/", "/about/", "/accessibility/", "/privacy/", "/cookies/", "/terms/", "/account/erased/"]


@pytest.mark.parametrize("address", PAGES)
def test_the_page_is_whole_and_sets_no_cookie(client: PageClient, address: str, statements: StatementCount) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert len(statements) == 0


@pytest.mark.parametrize("address", PAGES)
def test_every_link_inside_leads_to_a_page(client: PageClient, address: str) -> None:
    root = check_page(client.get(address).get_data(as_text=True), address)
    for link in find_all(root, "a"):
        target = urlsplit(link.get("href") or "")
        if target.scheme or target.path == "":
            continue
        found = client.get(target.path)
        assert found.status_code in (200, 302, 303), link.get("href")
        if target.fragment and found.status_code == 200:
            assert f'id="{target.fragment}"' in found.get_data(as_text=True), link.get("href")


@pytest.mark.parametrize("address", ["/about/", "/accessibility/", "/privacy/", "/terms/"])
def test_the_provider_and_the_contact_come_from_the_settings(
    client: PageClient, app: Flask, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["elearn.settings"].model_copy(
        update={"provider_name": "The Rare Trust", "contact_email": "help@rare.example"}
    )
    monkeypatch.setitem(app.jinja_env.globals, "settings", settings)
    page = client.get(address).get_data(as_text=True)
    assert "The Rare Trust" in page
    assert 'href="mailto:help@rare.example"' in page
    assert "The elearn project" not in page.replace("The authors of the elearn project", "")


def test_the_start_page_says_what_for_whom_how_long_and_what_one_gets(client: PageClient) -> None:
    page = client.get("/").get_data(as_text=True)
    for key in ("For whom", "Time", "What you do", "What you get"):
        assert f">{key}</dt>" in page
    assert page.count('class="nhsuk-button') == 1, "one primary action"


def test_the_accessibility_statement_is_not_stale() -> None:
    """When this fails: test again, change the page to what you found, and set the dates anew."""
    assert date.today() <= rules.NEXT_REVIEW  # noqa: DTZ011 - the day on which the tests run
    longest = rules.STATEMENT_REVIEWED + timedelta(days=366)
    assert longest >= rules.NEXT_REVIEW
    assert rules.STATEMENT_PREPARED <= rules.STATEMENT_REVIEWED
    assert rules.LAST_TESTED <= rules.STATEMENT_REVIEWED


def test_the_accessibility_statement_has_the_parts_of_the_model(client: PageClient) -> None:
    page = client.get("/accessibility/").get_data(as_text=True)
    for part in (
        "This accessibility statement applies to https://localhost",
        "Feedback and contact information",
        "Reporting accessibility problems with this website",
        "Enforcement procedure",
        "Equality Advisory and Support Service (EASS)",
        "Equality Commission for Northern Ireland (ECNI)",
        "Public Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018",
        "Compliance status",
        "partially compliant",
        "Non-accessible content",
        "Disproportionate burden",
        "Preparation of this accessibility statement",
        "prepared on 22 November 2026",
        "People who use assistive technology have not tested it yet",
    ):
        assert part in page, part


def test_the_cookies_page_names_every_cookie_that_any_page_sets_and_no_other(
    client: PageClient, app: Flask, things: Things
) -> None:
    page = check_page(client.get("/cookies/").get_data(as_text=True), "/cookies/")
    rows = [row for row in page.iter() if "nhsuk-summary-list__row" in (row.get("class") or "").split()]
    listed = {text_of(row).removeprefix("Name") for row in rows if text_of(row).startswith("Name")}
    found = set()
    signing_in = {"email": "learner@example.org", "password": PASSWORD}
    answers = [client.send("/account/sign-in/", signing_in), client.get("/learning/")]
    for persona in ("anonymous", "learner", "administrator"):
        browser = browser_of(things.world, persona)
        entries = sorted(entry.partition(" ") for entry in MATRIX if not entry.endswith(("logout", "data.erase")))
        for method, _, endpoint in entries:
            address = things.address(app, endpoint)
            answers.append(browser.get(address) if method == "GET" else browser.send(address, things.data(endpoint)))
    for answer in answers:
        found |= {line.partition("=")[0] for line in answer.headers.getlist("Set-Cookie")}
    assert found == listed
    assert len(listed) <= 3
    assert f"after {int(LONGEST_SIGN_IN.total_seconds() // 3600)} hours" in text_of(page)


def test_the_pages_say_that_they_are_drafts_until_the_provider_stands_by_them(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = ("/privacy/", "/terms/", "/cookies/", "/accessibility/")
    assert all("This page is a draft." in client.get(address).get_data(as_text=True) for address in pages)
    settings = app.extensions["elearn.settings"].model_copy(update={"texts_confirmed": True})
    monkeypatch.setitem(app.jinja_env.globals, "settings", settings)
    assert not any("This page is a draft." in client.get(address).get_data(as_text=True) for address in pages)


def test_the_privacy_page_says_everything_that_the_register_says(client: PageClient, app: Flask) -> None:
    page = text_of(check_page(client.get("/privacy/").get_data(as_text=True), "/privacy/"))
    for holding in app.extensions["elearn.register"].holdings:
        for words in (
            holding.title,
            holding.purpose,
            holding.erase.words[1:],
            holding.retain.words(Settings.model_construct()),
        ):
            assert words in page, holding.table


def test_the_cookie_is_safe_and_ends_with_the_browser(client: PageClient) -> None:
    [cookie] = client.get("/account/sign-in/").headers.getlist("Set-Cookie")
    for part in ("__Host-elearn=", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"):
        assert part in cookie
    for part in ("Domain", "Expires", "Max-Age"):
        assert part not in cookie


def test_healthz_reads_nothing_and_sets_nothing(client: PageClient, statements: StatementCount) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok"})
    assert len(statements) == 0
    assert "Set-Cookie" not in response.headers
