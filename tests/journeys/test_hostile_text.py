"""Hostile text in every column that people's words come into, and every page opened with a trap in the browser (C-S4).

The trap is a function that each payload calls, and an ear for the policy that stops what would have called it: what the
Content Security Policy has to stop is a fault of the page all the same. So is an element that a payload became.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page, Request
from sqlalchemy import select, update
from werkzeug.routing import Rule

from elearn.accounts.models import SignIn
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.access import Access, access_of
from elearn.shared.transactions import writing
from tests.certificates.builders import issue
from tests.hostile import PAYLOADS, fill_with_hostile_words, people_fill
from tests.journeys.site import Site, serving
from tests.journeys.visitor import Visitor
from tests.rows import TABLES
from tests.world import MODULE

TRAP = """
window.caught = [];
window.trap = (payload) => window.caught.push(`payload ${payload} ran`);
document.addEventListener("securitypolicyviolation", (event) =>
    window.caught.push(`the policy had to stop ${event.violatedDirective} ${event.blockedURI}`));
"""
SEEN = """() => window.caught.concat(
    [...document.querySelectorAll("[onload],[onerror],[onfocus],[onclick],i.h,iframe,math,object,embed,img[src='x'],script:not([src])")]
        .map((element) => `an element of a payload: ${element.outerHTML.slice(0, 120)}`),
    [...document.querySelectorAll("[href],[src],[action],[formaction]")]
        .flatMap((element) => ["href", "src", "action", "formaction"].map((name) => element[name] ?? ""))
        .filter((address) => typeof address === "string" && /^(javascript|data):|^https?:..hostile[.]example/i.test(address.trim()))
        .map((address) => `an address of a payload: ${address.slice(0, 120)}`))"""
KEPT = frozenset({"learner@example.org", "educator@example.org", "administrator@example.org"})
# No pages: files, and a word for the monitor.
FILES = {"certificates.pdf", "admin.exported_file", "site.healthz"}
ROLES = ("anonymous", "learner", "educator", "administrator")
FORMS = ("/complaints/", "/account/register/", "/account/sign-in/", "/verify/", "/account/forgotten-password/")
SECOND_STEP = "/account/second-step/"
LEAST_PAGES, LEAST_SHOWN = 240, 170


@dataclass
class Opened:
    """Somebody's browser with the trap in it, and what was found."""

    role: str
    page: Page
    url: str
    found: list[str] = field(default_factory=list)
    pages: int = 0
    shown: int = 0

    def __post_init__(self) -> None:
        """Listen to dialogs and to requests that leave the site."""
        self.page.context.add_init_script(TRAP)
        self.page.on("dialog", self._refuse)
        self.page.on("request", self._note)

    def _refuse(self, dialog: Dialog) -> None:
        self.found.append(f"{self.role}: a dialog at {self.page.url}: {dialog.message}")
        dialog.dismiss()

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.found.append(f"{self.role}: {self.page.url} asks {request.url}")

    def opens(self, address: str) -> None:
        """Open a page and look at what the payloads have done."""
        response = self.page.goto(address)
        assert response is not None
        if response.status >= 500:
            self.found.append(f"{self.role}: {response.status} from {address}")
        if SECOND_STEP in self.page.url and SECOND_STEP not in address:
            self.found.append(f"{self.role}: {address} was not seen: a second step was asked for")
        self.looks(address, shown=response.status == 200)

    def looks(self, what: str, *, shown: bool = True) -> None:
        """What a page holds that it should not; and whether it shows any payload, as words."""
        self.found += [f"{self.role}: {what}: {caught}" for caught in self.page.evaluate(SEEN)]
        self.pages += 1
        words = self.page.content() if shown else ""
        self.shown += any(mark in words for mark in ("trap(", "hostile.example", "HYPERLINK", "7*7", "cmd|", "SUM(1+1"))

    def sends(self, address: str, payload: str) -> None:
        """Write a payload into every field of a form, and see the page that comes back."""
        self.page.goto(address)
        form = self.page.locator("main form").first
        for control in form.locator("input:not([type=hidden], [type=radio], [type=checkbox]), textarea").all():
            control.fill(payload)
        with self.page.expect_navigation():
            form.evaluate("form => form.requestSubmit()")
        self.looks(f"{address} with {payload!r}")


@pytest.fixture
def hostile_site(tmp_path: Path) -> Iterator[Site]:
    """The demonstration on a site of its own."""
    with serving(tmp_path, require_second_factor="nobody") as found:
        issue(found.app)
        yield found


def _things(app: Flask) -> list[dict[str, Any]]:
    """What stands in addresses: all attempts of the learner, and one of everything else."""
    with app.app_context():

        def first(table: str, column: str = "public_id", **where: object) -> Any:
            found = TABLES[table]
            return db.session.scalar(select(found.c[column]).filter_by(**where).limit(1))

        learner, other = first("people", "id", email="learner@example.org"), first("people", "id")
        attempts = TABLES["attempts"]
        own = db.session.scalars(
            select(attempts.c.public_id)
            .join(TABLES["enrolments"], TABLES["enrolments"].c.id == attempts.c.enrolment_id)
            .where(TABLES["enrolments"].c.person_id == learner)
        ).all()
        assert other
        known = {
            "module": MODULE,
            "lesson": "how-trials-build-evidence",
            "kind": "lesson",
            "part": "how-trials-build-evidence",
            "quiz": "trial-phases",
            "number": 1,
            "cohort": first("cohorts"),
            "token": "none",
            "filename": "none",
            "problem": first("problem_reports"),
            "complaint": first("complaints"),
            "digest": first("item_versions", "digest"),
            "public_id": first("jobs"),
            "letter": first("letters"),
            "invitation": first("invitations"),
        }
        certificate, people = (
            first("certificates", "number"),
            list(db.session.scalars(select(TABLES["people"].c.public_id))),
        )
    return [
        known | {"attempt": attempt, "certificate": certificate, "person": person}
        for attempt, person in zip(own, people, strict=False)
    ]


def _addresses(app: Flask, role: str) -> list[str]:
    things, adapter = _things(app), app.url_map.bind("localhost")
    assert things

    def build(rule: Rule, known: dict[str, Any]) -> str:
        values = {name: known[name] for name in rule.arguments}
        if "certificates" in rule.endpoint or rule.endpoint in ("admin.revoke", "admin.restore"):
            values |= {"number": known["certificate"]} if "number" in rule.arguments else {}
        return adapter.build(rule.endpoint, values)

    entered = (
        {Access.PUBLIC} if role == "anonymous" else {Access.PUBLIC, Access.SIGNED_IN, Access.SETTING_UP, Access.BETWEEN}
    )
    entered |= {Access.ADMINISTRATOR} if role == "administrator" else set()
    return sorted(
        {
            build(rule, known)
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint not in FILES and access_of(app, rule.endpoint) in entered
            for known in things[:2]
        }
    )


def test_no_hostile_text_runs_on_any_page(browser: Browser, hostile_site: Site, record_property: Any) -> None:
    visitors = {role: Visitor(browser, hostile_site) for role in ROLES}
    for role in ROLES[1:]:
        visitors[role].signs_in(f"{role}@example.org")
    opened = [Opened(role, visitor.page, hostile_site.url) for role, visitor in visitors.items()]
    filled = fill_with_hostile_words(hostile_site.app, KEPT)
    with hostile_site.app.test_request_context(), writing():
        # Filling gives somebody a passkey; everybody here has shown theirs.
        db.session.execute(update(SignIn).values(proven_at=clock.now()))
    for who in opened:
        for address in _addresses(hostile_site.app, who.role):
            who.opens(address)
    for number, payload in enumerate(PAYLOADS):
        if "\r" not in payload:
            opened[0].sends(FORMS[number % len(FORMS)], payload)
    found = [fault for who in opened for fault in who.found]
    for visitor in visitors.values():
        visitor.context.close()
    pages, shown = sum(who.pages for who in opened), sum(who.shown for who in opened)
    told = f"{len(filled)} columns ({sum(filled.values())} cells) on {pages} pages, {shown} of which show a payload"
    sys.stdout.write(f"\n{told}\n")
    record_property("hostile text", told)
    assert found == []
    assert set(filled) == set(people_fill())
    assert pages >= LEAST_PAGES
    assert shown >= LEAST_SHOWN
