"""Chromium, once for each test process, and visitors who each come with a browser of their own."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from elearn.modules.catalogue import OWN_CONTENT, load
from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.site import Site, serving
from tests.journeys.sitting import Desk
from tests.journeys.visitor import Visitor
from tests.missing_programs import NEEDED
from tests.quizzes.test_secrecy import offering
from tests.world import MODULE

# The shell is the same engine without the windows and menus of a browser, which cost a quarter of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Arrive = Callable[..., Visitor]
Sit = Callable[..., Desk]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey; leave them out where there is no browser, unless nothing may be left out."""
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None and not os.environ.get("ELEARN_LEAVE_NOTHING_OUT"):
            item.add_marker(pytest.mark.skip(reason=f"no chromium: {NEEDED['chromium']}"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.fail(f"no chromium, and nothing may be left out: {NEEDED['chromium']}")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application with its demonstration."""
    with serving(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def as_published(site: Site) -> Iterator[None]:
    """The module as it is published, with questions and checks of every kind."""
    with offering(site.app, load(OWN_CONTENT / MODULE)):
        yield


@pytest.fixture
def arrive(browser: Browser, site: Site) -> Iterator[Arrive]:
    """Let somebody arrive with a fresh browser. When the test ends, what their browser complained of fails it."""
    visitors: list[Visitor] = []

    def make(*, keyboard: bool = False, **how: object) -> Visitor:
        kind = KeyboardVisitor if keyboard else Visitor
        visitors.append(kind(browser, site, **how))  # type: ignore[arg-type]
        return visitors[-1]

    yield make
    complaints = [complaint for visitor in visitors for complaint in visitor.leave()]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def sit(browser: Browser, site: Site) -> Iterator[Sit]:
    """Let somebody sit down at a fresh browser. When the test ends, what it complained of fails it."""
    desks: list[Desk] = []

    def make(**how: object) -> Desk:
        desks.append(Desk(browser, site, **how))
        return desks[-1]

    yield make
    complaints = [complaint for desk in desks for complaint in desk.leave()]
    assert not complaints, "\n".join(complaints)
