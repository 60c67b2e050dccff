"""Somebody with a browser. What they do reads as a sentence; what their browser complains of is kept."""

import os
import re
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

from tests.journeys.checks import axe_faults, target_faults, width_faults
from tests.journeys.site import Site
from tests.world import PASSWORD

PHONE, DESK = 320, 1280
SAVE = re.compile(r"/attempts/[\w-]+/questions/\d+/$")
REFUSALS = (400, 401, 409, 422)  # somebody else, signed out, answered elsewhere, no answer: the page says it
CONTRAST_JUDGED: set[tuple[str, int]] = set()  # the kinds of page and widths, in this process
PICTURES = os.environ.get("ELEARN_PICTURES", "")  # a folder: every page that is looked at is drawn into it


class Visitor:
    """A person with a browser of their own: no cookies from anybody else, a width, script on or off."""

    def __init__(self, browser: Browser, site: Site, *, width: int = DESK, script: bool = True, **context: Any) -> None:
        self.site, self.width, self.script = site, width, script
        self.context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": 640 if width == PHONE else 900},
            java_script_enabled=script,
            locale="en-GB",
            timezone_id="Europe/London",
            reduced_motion="reduce",
            **context,
        )
        self.context.set_default_timeout(60_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.in_trouble = False  # no connection, or no server: saves fail, and the page says so
        self._seen: set[str] = set()
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self._complain(f"script error: {error.error}"))
        self.context.on("request", self._note_request)
        self.context.on("requestfailed", self._note_failure)
        self.context.on("response", self._note_response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.context.close()

    def leave(self) -> list[str]:
        """Close the browser, and say what it complained of."""
        self.context.close()
        return self.complaints

    # -- what the browser complains of -------------------------------------------------------------------------------

    def _complain(self, words: str) -> None:
        self.complaints.append(f"{self.width} px, {self.page.url}: {words}")

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that answers 422 or 404 is "failed to load" for the console; `_note_response` judges those.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self._complain(f"console {message.type}: {message.text}")

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith(self.site.url + "/"):
            self._complain(f"a request to a third party: {request.url}")

    def _note_failure(self, request: Request) -> None:
        # A download ends its navigation, and a page that is left ends its note of the reading place, and its icon.
        is_ended = request.failure == "net::ERR_ABORTED"
        if self.in_trouble and SAVE.search(request.url):
            return
        is_left = request.url.endswith("/place/") or "/favicon.svg" in request.url
        if not (is_ended and (request.is_navigation_request() or is_left)):
            self._complain(f"a failed request: {request.url}: {request.failure}")

    def _note_response(self, response: Response) -> None:
        is_refused_save = response.status in REFUSALS and SAVE.search(response.url)
        is_page = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not is_page and not is_refused_save):
            self._complain(f"{response.status} from {response.url}")

    # -- what a person does ------------------------------------------------------------------------------------------

    @property
    def main(self) -> Locator:
        """The page's main part."""
        return self.page.locator("main")

    def opens(self, address: str) -> None:
        """Type an address."""
        self.page.goto(address)
        self._arrive()

    def signs_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in through the page, unless it is there already."""
        if "/account/sign-in/" not in self.page.url:
            self.opens("/account/sign-in/")
        self.types("E-mail address", email)
        self.types("Password", password)
        self.presses("Sign in")

    def follows(self, name: str, *, within: str = "main") -> None:
        """Follow a link to another page."""
        with self.page.expect_navigation():
            self._activate(self._link(name, within))
        self._arrive()

    def presses(self, name: str, *, within: str = "main") -> None:
        """Press a button that sends a form."""
        with self.page.expect_navigation():
            self._activate(self.page.locator(within).get_by_role("button", name=name, exact=True))
        self._arrive()

    def downloads(self, name: str) -> Path:
        """Press a button, or follow a link, that answers with a file."""
        button = self.main.get_by_role("button", name=name, exact=True)
        with self.page.expect_download() as waiting:
            self._activate(button)
        download = waiting.value
        assert download.failure() is None
        return Path(download.path()).rename(
            download.path().with_suffix("." + download.suggested_filename.split(".")[-1])
        )

    def jumps(self, name: str) -> None:
        """Follow a link to another part of the same page."""
        self._activate(self.main.get_by_role("link", name=name, exact=True))

    def types(self, label: str, text: str) -> None:
        """Fill a field in, in place of what it holds."""
        self.main.get_by_label(label, exact=True).fill(text)

    def picks(self, label: str, option: str) -> None:
        """Choose from a list."""
        self.main.get_by_label(label, exact=True).select_option(label=option)

    def chooses(self, radio: Locator) -> None:
        """Choose a radio button."""
        radio.check()

    def _link(self, name: str, within: str) -> Locator:
        # Words that only a screen reader says may stand a space away from those before them.
        spaced = re.compile("^" + re.sub(r"(?=[,:])", r"\\s*", re.escape(name)) + "$")
        place = self.page.locator(within)
        return place.get_by_role("link", name=spaced).or_(
            place.locator("a").and_(place.get_by_role("button", name=spaced))
        )

    def _activate(self, target: Locator) -> None:
        target.click()

    # -- what a person sees ------------------------------------------------------------------------------------------

    def _arrive(self) -> None:
        """Every page has one heading, fits its width, and lands where its address says."""
        assert self.page.locator("h1").count() == 1, f"{self.page.url}: not one h1"
        for fault in width_faults(self.page):
            self._complain(fault)
        fragment = self.page.url.partition("#")[2]
        if fragment and not self.page.title().startswith("Error: "):
            place = self.page.locator(f"[id='{fragment}']")
            assert place.count() == 1, f"{self.page.url}: nothing has this id"
            expect(place).to_be_in_viewport()

    def sees(self, heading: str) -> None:
        """The page's heading begins with these words."""
        found = " ".join(self.page.locator("h1").inner_text().split())
        assert found.startswith(heading), f"{self.page.url}: the heading is {found!r}, not {heading!r}"

    def reads(self, words: str) -> None:
        """These words stand in the main part."""
        text = " ".join(self.main.inner_text().split())
        assert words in text, f"{self.page.url}: {words!r} is not in {text[:1500]!r}"

    def is_told(self, *errors: str) -> None:
        """The page says what is wrong: in its title, and in a summary, each line of which leads to its control."""
        assert self.page.title().startswith("Error: "), self.page.title()
        summary = self.page.locator("main > .nhsuk-error-summary, main .nhsuk-error-summary").first
        assert summary.get_by_role("heading", name="There is a problem").is_visible()
        links = summary.get_by_role("link")
        assert tuple(links.all_inner_texts()) == errors
        for number in range(links.count()):
            control = self.page.locator(f"[id='{(links.nth(number).get_attribute('href') or '')[1:]}']")
            assert control.count() == 1, f"{errors[number]!r} leads nowhere"
        if self.script:
            assert summary.evaluate("element => element === document.activeElement"), "the summary has no focus"

    def is_answered(self, words: str) -> None:
        """The page says at its top what came of the form that was sent, and the focus is there."""
        banner = self.main.locator(".nhsuk-notification-banner").first
        expect(banner).to_contain_text(words)
        expect(banner).to_be_in_viewport()
        if self.script:
            expect(banner).to_be_focused()

    def stands_at(self, fragment: str) -> None:
        """The page has come back to what changed, and the focus is there."""
        assert self.page.url.endswith("#" + fragment), self.page.url
        focused = self.page.evaluate("document.activeElement.id")
        assert focused == fragment, f"{self.page.url}: the focus is on {focused!r}"

    def looks(self, kind: str, *, contrast: bool = True) -> None:
        """Judge a kind of page in one state, once for each visitor: axe, the size of targets.

        The contrast of its colours is judged once for each width, whoever comes first.
        """
        if kind in self._seen or not self.script:
            return
        self._seen.add(kind)
        contrast = contrast and (kind, self.width) not in CONTRAST_JUDGED
        faults = [*axe_faults(self.page, contrast=contrast), *target_faults(self.page)]
        for fault in faults:
            self._complain(f"({kind}) {fault}")
        if contrast and not faults:
            CONTRAST_JUDGED.add((kind, self.width))
        self.draws(kind)

    def draws(self, kind: str) -> None:
        """Draw the page for a person to look at, where a folder for pictures is named."""
        if PICTURES:
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{kind.replace(' ', '-')}-{self.width}.png", full_page=True)
