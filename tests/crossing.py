"""Every request of one world, sent again by people of the other, with each of its ids in each place (A-3 to A-6).

A request is a rule of the application with a method, or a form of one of A's own pages. The places of an id are the
arguments of the path, a query argument of each name that a page or form uses, each field of a form, and each key of a
JSON body. What comes back must hold nothing of A, must be no fault, and A's rows must be what they were.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZipFile

import html5lib
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from elearn.accounts.models import SignIn
from elearn.extensions import Base, db
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests import two_worlds
from tests.kept import Kept
from tests.page import XHTML, PageClient, new_browser
from tests.quizzes.sitting import module_of
from tests.two_worlds import Half, TwoWorlds
from tests.world import MODULE, World

EVERY = bool(os.environ.get("ELEARN_EVERY_CROSSING"))
COOKIE = "__Host-elearn"
LESSON = "how-trials-build-evidence"
TRAVELLERS = ("learner", "educator", "mate", "nobody")
# What somebody of B may change of A, by what stands in the request's name: educators mend questions together and answer
# whoever reported one, and anybody may ask for a link to be sent to an address.
MAY_CHANGE = {
    "/reports/problems/": "problem_reports",
    "reported.answer": "problem_reports",
    "/account/forgotten-password/": "people",
    "passwords.send_link": "people",
}


@dataclass(frozen=True)
class Request:
    """What somebody of A can send: its method, its address, the fields of its form."""

    method: str
    address: str
    fields: tuple[tuple[str, str], ...] = ()
    endpoint: str = ""

    def with_field(self, name: str, value: str) -> "Request":
        """The same with another value in one field."""
        rest = tuple((key, old) for key, old in self.fields if key != name)
        return Request(self.method, self.address, (*rest, (name, value)), self.endpoint)


@dataclass
class Crossing:
    """A's requests, the people of B who send them, and what was found."""

    worlds: TwoWorlds
    browsers: dict[str, PageClient] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.people = {role: self.worlds.b.people[role] for role in self.worlds.b.people}
        self.owners = {f"a's {role}": key for role, key in self.worlds.a.people.items()}
        everybody = self.people | self.owners | {"administrator": self.worlds.administrator}
        for name, key in everybody.items():
            self.browsers[name] = self._signed_in(key)
        self.browsers["nobody"] = new_browser(self.worlds.app)
        for name, browser in self.browsers.items():
            cookie = browser.get_cookie(COOKIE)
            self.cookies[name] = cookie.value if cookie else ""
        self.kept = Kept(self.worlds.app)
        self.rows = self._rows_of_a()
        self.names = sorted({name for request in self.forms_of_a() for name, _ in request.fields} | self._queries())
        self.start_anew()

    @property
    def app(self) -> Flask:
        return self.worlds.app

    def _signed_in(self, key: int) -> PageClient:
        browser, world = new_browser(self.app), World(self.app)
        world.people["somebody"] = key
        world.sign_in(browser, "somebody")
        with self.app.test_request_context(), writing():
            # Who has a second step has shown it.
            db.session.execute(update(SignIn).where(SignIn.person_id == key).values(proven_at=clock.now()))
        return browser

    def start_anew(self) -> None:
        """Make everything as it was: the rows, and who is signed in."""
        self.kept.put_back()
        for name, value in self.cookies.items():
            self.browsers[name].delete_cookie(COOKIE)
            if value:
                self.browsers[name].set_cookie(COOKIE, value, secure=True, httponly=True, samesite="Lax")

    # -- what A's people can send ------------------------------------------------------------------------------------

    def natural(self, half: Half) -> dict[str, list[str]]:
        """The things of one world that each argument of an address can name."""
        rows = half.rows

        def public(table: str) -> list[str]:
            return [str(row["public_id"]) for row in rows[table]]

        numbers = [str(row["number"]) for row in rows["certificates"]]
        return {
            "attempt": public("attempts"),
            "cohort": public("cohorts"),
            "person": public("people"),
            "problem": public("problem_reports"),
            "letter": public("letters"),
            "invitation": public("invitations"),
            "complaint": public("complaints"),
            "passkey": public("passkeys"),
            "public_id": public("jobs"),
            "number": numbers,
            "token": [str(row["token_hash"]) for row in rows["invitations"]],
        }

    def addresses(self, half: Half, endpoint: str, argument: str = "", value: str = "") -> list[str]:
        """The addresses of an endpoint for each thing of a world; with `argument`, for one value of that."""
        rule = next(self.app.url_map.iter_rules(endpoint))
        natural = self.natural(half)
        check = next(iter(module_of(World(self.app)).lessons[LESSON].checks))
        fixed = {
            "module": MODULE,
            "lesson": LESSON,
            "check": check,
            "quiz": "trial-phases",
            "kind": "lesson",
            "part": LESSON,
            "filename": "none.js",
            "digest": "0" * 64,
        }
        if "attempt" in rule.arguments:
            fixed["number"] = "1"
        values = {name: [fixed[name]] if name in fixed else natural[name] for name in rule.arguments}
        if argument:
            values[argument] = [value]
        longest = max((len(found) for found in values.values()), default=1)
        with self.app.test_request_context(base_url="https://localhost"):
            return list(
                dict.fromkeys(
                    self.app.url_for(
                        endpoint, **{key: _typed(rule, key, found[at % len(found)]) for key, found in values.items()}
                    )
                    for at in range(longest)
                )
            )

    def rules(self) -> list[tuple[str, str]]:
        """Every method and endpoint of the application."""
        return sorted(
            (method, rule.endpoint)
            for rule in self.app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        )

    def requests_of_a(self) -> list[Request]:
        """Each rule with the things of A."""
        return [
            Request(method, address, endpoint=endpoint)
            for method, endpoint in self.rules()
            for address in self.addresses(self.worlds.a, endpoint)
        ]

    def forms_of_a(self) -> list[Request]:
        """Each form on the pages of A's people, with what they would send."""
        if not hasattr(self, "_forms"):
            found: dict[Request, None] = {}
            for name in self.owners:
                for request in self.requests_of_a():
                    if request.method == "GET":
                        found |= dict.fromkeys(forms_on(self.browsers[name].get(request.address), request.address))
            self._forms = list(found)
        return self._forms

    def _queries(self) -> set[str]:
        return {name for form in self.forms_of_a() for name, _ in parse_qsl(urlsplit(form.address).query)}

    # -- sending -----------------------------------------------------------------------------------------------------

    def send(self, who: str, request: Request, *, as_json: bool = False) -> None:
        """Send one request as somebody of B, and note what should not have come back."""
        browser, typed = self.browsers[who], request.address + json.dumps(request.fields)
        self.sent += 1
        if request.method == "GET":
            response = browser.get(request.address, query_string=dict(request.fields) or None)
        elif as_json:
            headers = {"X-CSRFToken": browser.token(), "Referer": "https://localhost/"}
            response = browser.post(request.address, json=dict(request.fields), headers=headers)
        else:
            response = browser.send(request.address, _together(request.fields))
        self._look(who, request, response, typed.lower())

    def _look(self, who: str, request: Request, response: TestResponse, typed: str) -> None:
        if response.status_code >= 500:
            self.found.append(f"{who}: {request} gives {response.status_code}")
        answer = f"{response.headers}{_words_of(response)}".lower()
        if response.mimetype == "application/pdf" and any(
            row["number"] in request.address for row in self.worlds.a.rows["certificates"]
        ):
            self.found.append(f"{who}: {request} gives a certificate's document")
        for word in two_worlds.canaries(self.worlds.a, for_educator=who == "educator"):
            if answer.count(word) > 0 and not (word in typed and _only_echoed(answer, word, request)):
                self.found.append(f"{who}: {request} shows {word}")

    def rows_are_kept(self, what: str) -> None:
        """Note a row of A that is not what it was; then everything is made as it was."""
        now = self._rows_of_a()
        for name, rows in self.rows.items():
            there = now.get(name, [])
            changed = [(row, there) for row in rows if row not in there]
            if changed and not any(part in what and name == table for part, table in MAY_CHANGE.items()):
                self.found.append(f"{what}: rows of {name} were changed: {changed}")
        self.start_anew()

    def _rows_of_a(self) -> dict[str, list[dict[str, Any]]]:
        with self.app.app_context():
            return two_worlds.rows_of(db.session.connection(), self.worlds.a)

    # -- the crossings -----------------------------------------------------------------------------------------------

    def replay_rules(self, share: int, shares: int) -> None:
        """Each rule with A's things in its path, and with each id of A in each argument, in the query, in a form, in JSON."""
        turn = 0
        for method, endpoint in self.rules()[share::shares]:
            for who in TRAVELLERS:
                for address in self.addresses(self.worlds.a, endpoint):
                    self.send(who, Request(method, address, endpoint=endpoint))
                for argument, value in self.pairs(endpoint, turn):
                    for address in self.addresses(self.worlds.a, endpoint, argument, value):
                        self.send(who, Request(method, address, endpoint=endpoint))
                own = self.addresses(self.worlds.b, endpoint)[0]
                for number, fields in enumerate(self.named(turn)):
                    self.send(who, Request(method, own, fields, endpoint), as_json=method == "POST" and number % 2 == 1)
                turn += 1
            if method == "POST":
                self.rows_are_kept(f"{method} {endpoint}")
        self.rows_are_kept("GETs")

    def replay_forms(self, share: int, shares: int) -> None:
        """Each form of A's pages as it stands; each of one's own forms with an id of A in each field."""
        for number, form in enumerate(self.forms_of_a()[share::shares]):
            for who in TRAVELLERS:
                self.send(who, form)
                self.send(who, form, as_json=form.method == "POST")
                for name, _ in form.fields:
                    for value in self.some_ids(number):
                        self.send(who, form.with_field(name, value))
            if form.method == "POST":
                self.rows_are_kept(f"form {form.address}")
        for who in ("learner", "educator"):
            for form in self.forms_of(who)[share::shares]:
                for name, _ in form.fields:
                    for value in self.some_ids(len(name)):
                        self.send(who, form.with_field(name, value))
                self.rows_are_kept(f"{who}'s own form {form.address}")

    def forms_of(self, who: str) -> list[Request]:
        """Each form on the pages that somebody of B sees of their own world."""
        found: dict[Request, None] = {}
        for method, endpoint in self.rules():
            if method == "GET":
                for address in self.addresses(self.worlds.b, endpoint):
                    found |= dict.fromkeys(forms_on(self.browsers[who].get(address), address))
        return list(found)

    def pairs(self, endpoint: str, turn: int) -> Iterator[tuple[str, str]]:
        """Each argument of an address that names a thing, with each id of A, or with some by turns."""
        arguments = sorted(
            set(next(self.app.url_map.iter_rules(endpoint)).arguments) & set(self.natural(self.worlds.a))
        )
        for argument in arguments:
            for value in self.some_ids(turn):
                yield argument, value

    def named(self, turn: int) -> Iterator[tuple[tuple[str, str], ...]]:
        """Names that forms and queries use, with an id of A: each id under all names at once and twice, or some by turns."""
        ids = self.worlds.a.ids
        if EVERY:
            # As a form, then as JSON.
            yield from (tuple((name, value) for name in self.names) for value in ids for _ in range(2))
            return
        for step in range(4):
            yield ((self.names[(4 * turn + step) % len(self.names)], ids[(5 * turn + step) % len(ids)]),)

    def some_ids(self, turn: int) -> list[str]:
        """All ids of A, or three by turns."""
        ids = self.worlds.a.ids
        return ids if EVERY else list(islice((ids + ids)[3 * turn % len(ids) :], 3))


def _words_of(response: TestResponse) -> str:
    """What an answer says, the files of an archive included."""
    data = response.get_data()
    if response.mimetype == "application/zip":
        with ZipFile(BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    return data.decode(errors="replace")


def _typed(rule: Any, key: str, value: str) -> Any:
    """A value as the converter of its argument wants it; what is no number is nought there."""
    numeric = type(rule._converters[key]).__name__ == "IntegerConverter"
    return (int(value) if value.isdigit() else 0) if numeric else value


def _together(fields: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        if name not in {"csrf_token", "ticket"}:
            found.setdefault(name, []).append(value)
    return dict(found)


def _only_echoed(answer: str, word: str, request: Request) -> bool:
    """Whether the word stands in the answer only within what was typed, as in a form that is shown again."""
    for value in sorted({request.address, *(value for _, value in request.fields)}, key=len, reverse=True):
        if word in value.lower():
            # A code is shown again without its hyphens.
            answer = answer.replace(value.lower(), "").replace(value.lower().replace("-", ""), "")
    return word not in answer


def forms_on(response: TestResponse, address: str) -> list[Request]:
    """The forms of a page, with the values that they hold, and one request for each button that says something."""
    if response.mimetype != "text/html" or response.status_code != 200:
        return []
    found = []
    for form in html5lib.parse(response.get_data(as_text=True)).iter(f"{XHTML}form"):
        fields: list[tuple[str, str]] = []
        buttons: list[tuple[str, str]] = []
        for element in form.iter():
            name, kind = element.get("name"), element.tag.removeprefix(XHTML)
            if not name or name == "csrf_token":
                continue
            if kind == "button" or element.get("type") == "submit":
                buttons.append((name, element.get("value", "")))
            elif kind in {"input", "textarea"}:
                if element.get("type") not in {"radio", "checkbox"} or name not in dict(fields):
                    fields.append((name, element.get("value") or element.text or "words"))
            elif kind == "select":
                options = [option.get("value", "") for option in element.iter(f"{XHTML}option")]
                fields.append((name, options[-1] if options else ""))
        method = (form.get("method") or "get").upper()
        target = form.get("action") or address
        pressed: list[tuple[tuple[str, str], ...]] = [(button,) for button in buttons] or [()]
        found += [Request(method, target, (*fields, *button)) for button in pressed]
    return found


def tables_without_rows(half: Half) -> set[str]:
    """Tables of people in which a world has nothing: nothing of theirs could be seen."""
    return set(Base.metadata.tables) - set(half.rows) - two_worlds.NOBODYS
