"""Somebody who sits a quiz, seen from both ends: what stands in the database, and what their browser shows and says."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Request, Route, expect
from sqlalchemy import func, select, update

from elearn.accounts.models import SignIn
from elearn.extensions import db
from elearn.items.base import Item
from elearn.quizzes import actions
from elearn.quizzes.models import Answer, Attempt, ItemVersion, ResponseEvent
from elearn.quizzes.rules import MoreTime
from elearn.shared import clock
from elearn.shared.once import insert_once
from tests.journeys.people import Newcomer
from tests.journeys.site import Site
from tests.journeys.visitor import Visitor

QUIZ = "trial-phases"
SAVED = re.compile(r"^Saved \d\d:\d\d$")
LOST = re.compile("^Not saved: we will keep trying")
RECOVERY = 60_000  # milliseconds: the page tries again at least every 30 seconds
# What live regions say from the first byte of each page on.
LISTEN = """
window.said = [];
new MutationObserver((records) => {
    for (const { target } of records) {
        const live = (target.nodeType === 1 ? target : target.parentElement)?.closest("[role=alert], [role=status]");
        if (live?.matches("main *, dialog *") && live.textContent.trim()) said.push(live.textContent.trim());
    }
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


class Sitter(Newcomer):
    """A person with an attempt in progress, nothing answered yet."""

    def __init__(self, site: Site, quiz: str = QUIZ, randomness: Random | None = None) -> None:
        super().__init__(site)
        self.quiz = site.module.quizzes[quiz]
        self.has_done_all_before(f"quiz:{quiz}")
        viewer = self.world.viewer(self.persona)
        with self._writing():
            self.attempt = actions.start_attempt(viewer, site.module, self.quiz, randomness)

    @property
    def id(self) -> int:
        """The person's key."""
        return self.world.people[self.persona]

    def page(self, number: int) -> str:
        """The address of a question."""
        return f"/attempts/{self.attempt}/questions/{number}/"

    @property
    def answers_page(self) -> str:
        """The address of "Check your answers"."""
        return f"/attempts/{self.attempt}/answers/"

    def _key(self) -> int:
        found = db.session.scalar(select(Attempt.id).where(Attempt.public_id == self.attempt))
        assert found is not None
        return found

    def events(self, number: int = 0) -> list[ResponseEvent]:
        """What was ever saved, at one position or at all, in order."""
        with self.site.app.app_context():
            wanted = select(ResponseEvent).where(ResponseEvent.attempt_id == self._key())
            rows = db.session.scalars(wanted.order_by(ResponseEvent.sequence)).all()
            return [row for row in rows if number in (0, row.position)]

    def order(self, number: int) -> list[str]:
        """The options of a position in the paper's order."""
        with self.site.app.app_context():
            found = db.session.get(Answer, (self._key(), number))
            assert found is not None
            return list(found.item_order)

    def answer(self, number: int) -> Any:
        """The response that stands at a position."""
        with self.site.app.app_context():
            found = db.session.get(Answer, (self._key(), number))
            assert found is not None
            return found.response

    def place(self, number: int) -> str:
        """The value of the radio whose option stands at a position; empty where none does."""
        response = self.answer(number)
        return str(self.order(number).index(response["option"]) + 1) if response else ""

    # -- what happens to them ----------------------------------------------------------------------------------------

    def is_signed_out_by_the_server(self) -> datetime:
        """End their sign-ins, as time or an administrator does; gives the moment."""
        with self._writing():
            db.session.execute(update(SignIn).where(SignIn.person_id == self.id).values(ended_at=clock.now()))
        return clock.now()

    def has_time(self, left: timedelta, whole: timedelta) -> None:
        """Set how long the attempt may last, and how much of it is left."""
        with self._writing():
            attempt = db.session.get(Attempt, self._key())
            assert attempt is not None
            attempt.deadline = clock.now() + left
            attempt.started_at = attempt.deadline - whole
            attempt.rules = {**attempt.rules, "limit_minutes": whole // timedelta(minutes=1)}

    def may_rest(self) -> None:
        """Give them rest breaks; their time stays as it was set."""
        with self._writing():
            before = db.session.scalar(select(Attempt.deadline).where(Attempt.public_id == self.attempt))
            actions.accommodate(None, self.id, MoreTime(rest_breaks=True))
            db.session.execute(update(Attempt).where(Attempt.public_id == self.attempt).values(deadline=before))

    def is_asked(self, number: int, item: Item) -> None:
        """Put an item of any type at a position of the paper."""
        with self._writing():
            insert_once(
                ItemVersion,
                digest=item.digest,
                item_id=item.id,
                module=self.site.module.slug,
                content=item.model_dump(mode="json"),
                first_used_at=clock.now(),
            )
            at = (Answer.attempt_id == self._key(), Answer.position == number)
            values = {"item_digest": item.digest, "item_order": list(item.natural_order())}
            db.session.execute(update(Answer).where(*at).values(**values))

    def count_of_all_events(self) -> int:
        """How many answers anybody has saved in this database."""
        with self.site.app.app_context():
            return db.session.scalar(select(func.count(ResponseEvent.id))) or 0


class Desk(Visitor):
    """A browser at which somebody sits a quiz; other tabs of it too."""

    def __init__(self, browser: Browser, site: Site, **how: Any) -> None:
        super().__init__(browser, site, **how)
        self.saves: list[Request] = []
        self.context.on("request", lambda request: self.saves.append(request) if _is_save(request) else None)
        if self.script:
            self.context.add_init_script(LISTEN)

    def sits(self, sitter: Sitter, number: int = 1) -> None:
        """Sign in, and open a question."""
        self.signs_in(sitter.email)
        self.opens(sitter.page(number))

    def option(self, place: int | str, page: Page | None = None) -> Locator:
        """The radio at a place of the question."""
        return (page or self.page).locator(f"main input[name=answer][value='{place}']")

    def state(self, page: Page | None = None) -> Locator:
        """Where the page says whether the answer is saved."""
        return (page or self.page).locator("[data-saved]")

    def is_saved(self, page: Page | None = None) -> None:
        """Wait until the page says that the answer is saved."""
        expect(self.state(page)).to_have_text(SAVED, timeout=RECOVERY)

    def is_lost(self, page: Page | None = None) -> None:
        """Wait until the page says that the answer is not saved."""
        expect(self.state(page)).to_have_text(LOST, timeout=RECOVERY)

    def said(self, page: Page | None = None) -> list[str]:
        """What the live regions of the page have said."""
        found: list[str] = (page or self.page).evaluate("window.said")
        return found

    def kept(self, page: Page | None = None) -> Collection[str]:
        """The keys of the answers that wait in this browser."""
        found: list[str] = (page or self.page).evaluate(
            "Object.keys(localStorage).filter((key) => key.startsWith('elearn.answer:'))"
        )
        return found

    def keeps_nothing(self, page: Page | None = None) -> None:
        """Wait until nothing waits in this browser."""
        (page or self.page).wait_for_function(
            "() => !Object.keys(localStorage).some((key) => key.startsWith('elearn.answer:'))", timeout=RECOVERY
        )

    def cuts_saves(self) -> None:
        """From now on no save gets through; pages do."""
        self.in_trouble = True
        self.context.route(re.compile(r"/questions/\d+/$"), _refuse_saves)

    def mends_saves(self) -> None:
        """Saves get through again."""
        self.context.unroute(re.compile(r"/questions/\d+/$"))

    def shows(self, kind: str) -> None:
        """Judge the state that the page is in, which came without a new page: width, axe, targets."""
        self._arrive()
        self.looks(kind)


def _is_save(request: Request) -> bool:
    return request.method == "POST" and "/questions/" in request.url


def _refuse_saves(route: Route) -> None:
    if _is_save(route.request):
        route.abort("internetdisconnected")
    else:
        route.continue_()
