"""Every request of one world, sent again by people of the other, with each of its ids in each place (A-3 to A-6).

A request is a rule of the application with a method, or a form or a link with a query of one of A's own pages. The
places of an id are the arguments of the path, a query argument, a field of a form and a key of a JSON body. What comes
back must hold nothing of A, must be no fault, and A's rows must be what they were, after every single request. A member
of A's own cohort travels too: to them A is the learner beside them.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zipfile import ZipFile

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from elearn.accounts.models import SignIn
from elearn.extensions import Base, db
from elearn.mail import actions as mail
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests import two_worlds
from tests.kept import Changes, Watched, key_of
from tests.page import PageClient
from tests.recorded import FIELDS, ORIGIN, Recorder, Request
from tests.two_worlds import Half, TwoWorlds
from tests.world import World

__all__ = ["EVERY", "TRAVELLERS", "Crossing", "Request", "tables_without_rows"]
EVERY = bool(os.environ.get("ELEARN_EVERY_CROSSING"))
COOKIE = "__Host-elearn"
BESIDE = "a's mate"
TRAVELLERS = ("learner", "educator", "suspended", "nobody", BESIDE, *(("mate",) if EVERY else ()))
SIGNED_IN = {"learner", "educator", "mate", BESIDE}
# Where somebody else is meant to be told, or to change, something of A: the columns that may change, and why.
BY_DESIGN: dict[str, tuple[set[str], str]] = {
    "reported.answer": ({"state", "answer", "changed_at", "changed_by"}, "educators mend questions together"),
    "passwords.send_link": ({"links_asked"}, "anybody may ask for a link to be sent to an address"),
}
# Whoever holds one of these secrets is let in by it: the field or the argument, and why.
BY_SECRET = {
    "cohorts.join": "a join code is given to those who shall see the cohort's name and join it",
    "cohorts.check_code": "the same",
    "cohorts.confirm": "the same",
    "invited.ask": "the link in an invitation is its secret: it says whom it invites",
    "invited.accept": "the same",
}
# Addresses that answer whoever asks, for they are made for strangers or for all educators.
FOR_ALL = {
    "certificates.verification": "a stranger verifies a certificate by its number, and is shown nothing personal",
    "certificates.match": "the same",
    "complaints.receipt": "a complaint may be made by a stranger: its receipt says when, and nothing of what was said",
}
FOR_EDUCATORS = {
    "reported.problem": "educators mend questions together, whoever reported them",
    "reported.answer": "the same",
}


class Browser(PageClient):
    """Sends forms with their token, and checks no page: others do, and here are too many."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch, and check nothing."""
        return FlaskClient.open(self, *args, **{"base_url": ORIGIN, **kwargs})


@dataclass
class Crossing:
    """A's requests, the people who send them, and what was found."""

    worlds: TwoWorlds
    browsers: dict[str, PageClient] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        a, b = self.worlds.a, self.worlds.b
        self.owners = {f"a's {role}": key for role, key in a.people.items()}
        everybody = b.people | self.owners | {"administrator": self.worlds.administrator}
        for name, key in everybody.items():
            self.browsers[name] = self._signed_in(key)
        self.browsers["nobody"] = Browser(self.app, self.app.response_class)
        for name, browser in self.browsers.items():
            cookie = browser.get_cookie(COOKIE)
            self.cookies[name] = cookie.value if cookie else ""
        self.whole, self.part = Recorder(self.app, a), Recorder(self.app, a.of_learner())
        self.own = Recorder(self.app, b)
        self.kept = Watched(self.app)
        self.keys = {half.half.own: self._keys_of(half.half) for half in (self.whole, self.part)}
        self._forms: list[Request] | None = None
        self.counterparts = two_worlds.counterparts(b, a)
        self._canaries = {
            who: list(two_worlds.canaries(self.half_for(who), for_educator=who == "educator")) for who in self.browsers
        }

    @property
    def app(self) -> Flask:
        return self.worlds.app

    def _signed_in(self, key: int) -> PageClient:
        browser, world = Browser(self.app, self.app.response_class), World(self.app)
        world.people["somebody"] = key
        world.sign_in(browser, "somebody")
        with self.app.test_request_context(), writing():
            # Who has a second step has shown it.
            db.session.execute(update(SignIn).where(SignIn.person_id == key).values(proven_at=clock.now()))
        return browser

    def _keys_of(self, half: Half) -> set[tuple[str, tuple[Any, ...]]]:
        with self.app.app_context():
            rows = two_worlds.rows_of(db.session.connection(), half)
        mine = half.rows if half.own else rows
        return {(name, key_of(Base.metadata.tables[name], row)) for name, found in mine.items() for row in found}

    def start_anew(self) -> None:
        """Make everything as it was: the rows, and who is signed in."""
        self.kept.put_back(self.kept.changes(everywhere=True))
        for name in self.browsers:
            self._cookie_back(name)

    def _cookie_back(self, name: str) -> None:
        browser, value = self.browsers[name], self.cookies[name]
        there = browser.get_cookie(COOKIE)
        if (there.value if there else "") != value:
            browser.delete_cookie(COOKIE)
            if value:
                browser.set_cookie(COOKIE, value, secure=True, httponly=True, samesite="Lax")

    # -- what is recorded --------------------------------------------------------------------------------------------

    def requests_of_a(self) -> list[Request]:
        """Each rule with the things of A."""
        return self.whole.requests()

    def forms_of_a(self) -> list[Request]:
        """Each form and question on the pages of A's people, and on an administrator's about them."""
        if self._forms is None:
            names = ("a's learner", "a's educator", BESIDE, "administrator", "nobody")
            self._forms = self.whole.crawl(self.browsers[name] for name in names)
            self.start_anew()
        return self._forms

    def forms_of(self, who: str) -> list[Request]:
        """Each form on the pages that somebody of B sees of their own world."""
        return [
            request for request in self.own.crawl([self.browsers[who]]) if request.fields or request.method == "POST"
        ]

    def names_of(self, endpoint: str) -> tuple[list[str], list[str]]:
        """The names of what a rule is sent by any form or link, and those that only other rules are sent."""
        mine, others = dict.fromkeys(name for name, _ in FIELDS.get(endpoint, ())), dict[str, None]()
        for request in self.forms_of_a():
            names = [name for name, _ in (*request.fields, *parse_qsl(urlsplit(request.address).query))]
            (mine if request.endpoint == endpoint else others).update(dict.fromkeys(names))
        return list(mine), [name for name in others if name not in mine]

    # -- sending -----------------------------------------------------------------------------------------------------

    def send(self, who: str, request: Request, *, as_json: bool = False) -> TestResponse:
        """Send one request as somebody, note what should not have come of it, and make everything as it was."""
        browser = self.browsers[who]
        self.sent[f"{request.method} {request.endpoint}"] += 1
        fields = {name: value for name, value in request.fields if name != "csrf_token"}
        if request.method == "GET":
            response = browser.get(request.address, query_string=fields) if fields else browser.get(request.address)
        elif as_json:
            headers = {"X-CSRFToken": browser.token(), "Referer": f"{ORIGIN}/", "Accept": "application/json"}
            response = browser.post(request.address, json=fields, headers=headers)
        else:
            response = browser.send(request.address, fields)
        self._look(who, request, response)
        if request.method == "POST" and response.status_code == 303 and "/sign-in/" not in response.location:
            with_flash = browser.get(response.location)
            self._look(who, request, with_flash)
        if changes := self.kept.changes():
            self._rows_are_kept(who, request, changes)
        self.kept.put_back(changes)
        self._cookie_back(who)
        return response

    def half_for(self, who: str) -> Half:
        """What is foreign to somebody."""
        return (self.part if who == BESIDE else self.whole).half

    def _look(self, who: str, request: Request, response: TestResponse) -> None:
        if response.status_code >= 500 or response.status_code == 403:
            self.found.append(f"{who}: {request} gives {response.status_code}")
        half, address = self.half_for(who), _plain(request.address)
        data = response.get_data()
        if response.mimetype == "application/pdf" and any(
            _plain(row["number"]) in address for row in half.rows["certificates"]
        ):
            self.found.append(f"{who}: {request} gives a certificate's document")
        answer = f"{response.headers}{_words_in(data)}".lower()
        shown = [word for word in self._canaries[who] if word in answer]
        for word in shown:
            if not _only_echoed(answer, word, request) and not self._by_secret(request):
                at = answer.index(word)
                self.found.append(f"{who}: {request} shows {word}: {answer[max(0, at - 60) : at + 60]!r}")

    def _by_secret(self, request: Request) -> bool:
        secrets = {*self.worlds.a.tokens, *(str(row["join_code"]) for row in self.worlds.a.rows["cohorts"])}
        asked = _plain(f"{request.address} {' '.join(value for _, value in request.fields)}")
        return request.endpoint in BY_SECRET and any(_plain(secret) in asked for secret in secrets)

    def _rows_are_kept(self, who: str, request: Request, changes: Changes) -> None:
        """Note a row of A that is not what it was, and a row of somebody else that holds A's words now."""
        keys, canaries = self.keys[self.half_for(who).own], self._canaries[who]
        allowed, _ = BY_DESIGN.get(request.endpoint, (set(), ""))
        for name, rows in changes.items():
            for key, (before, now) in rows.items():
                if (name, key) in keys:
                    cells = {column for column, value in (before or {}).items() if (now or {}).get(column) != value}
                    if not cells <= allowed and not self._by_secret(request):
                        self.found.append(f"{who}: {request} changes {sorted(cells)} of {name} {key}")
                elif now is not None:
                    words = self._words_of_row(name, now)
                    for word in canaries:
                        if word in words and not _only_echoed(words, word, request) and not self._by_secret(request):
                            self.found.append(f"{who}: {request} writes {word} to {name}: {now}")

    def _words_of_row(self, name: str, row: dict[str, Any]) -> str:
        words = str(list(row.values())).lower()
        if name == "letters":
            if any(other["email"] == row["recipient"] for other in self.worlds.a.rows["people"]):
                return ""  # a letter to A's own people
            with self.app.app_context():
                words += mail.words_of(row["sealed_text"]).lower()
        return words

    # -- the crossings -----------------------------------------------------------------------------------------------

    def replay_rules(self, share: int, shares: int, few: int) -> None:
        """Each rule with A's things in its path, then with ids of A in each argument, in the query, in a form, in JSON."""
        for turn, (method, endpoint) in islice(enumerate(self.whole.entries()), share, None, shares):
            for who in TRAVELLERS:
                for request in self._of_rule(who, method, endpoint):
                    self._is_not_there(who, request, self.send(who, request))
                for request, as_json in self._with_ids(who, method, endpoint, few, turn):
                    self.send(who, request, as_json=as_json)

    def _of_rule(self, who: str, method: str, endpoint: str) -> Iterator[Request]:
        recorder = self.part if who == BESIDE else self.whole
        yield from recorder.requests_of(method, endpoint)

    def _is_not_there(self, who: str, request: Request, response: TestResponse) -> None:
        """What is somebody else's is not there; it is not refused, for that would say that it is."""
        recorder = self.part if who == BESIDE else self.whole
        if not recorder.arguments(request.endpoint) or request.endpoint in (FOR_ALL | BY_SECRET):
            return
        if who == "educator" and request.endpoint in FOR_EDUCATORS:
            return
        away = response.status_code in (302, 303) and "/sign-in/" in response.location
        if response.status_code != 404 and not (away and who not in SIGNED_IN):
            self.found.append(f"{who}: {request} gives {response.status_code}, not 404")

    def _with_ids(self, who: str, method: str, endpoint: str, few: int, turn: int) -> Iterator[tuple[Request, bool]]:
        recorder = self.part if who == BESIDE else self.whole
        for argument in recorder.arguments(endpoint):
            for value in self.some(recorder.half.ids, few, turn):
                for address in recorder.addresses(endpoint, argument, value):
                    yield Request(method, address, endpoint=endpoint), False
        mine, others = self.names_of(endpoint)
        own = self.own.addresses(endpoint)[0]
        alone = (
            [] if EVERY and endpoint in {form.endpoint for form in self.forms_of_a()} else mine
        )  # else replay_forms does
        for at, value in enumerate(self.some(recorder.half.ids, few, turn + 1)):
            everywhere = tuple((name, value) for name in (*mine, *others))
            singly = [((name, value),) for name in self.some(alone, 1, turn + at) or others[at : at + 1]]
            for fields in (*singly, everywhere):
                yield Request(method, own, fields, endpoint), False
            if method == "POST":
                yield Request(method, own, everywhere, endpoint), True

    def outside(self) -> list[str]:
        """Travellers who should be signed in and are not, or the other way round: what they sent would say nothing."""
        found = {who: self.browsers[who].get("/learning/").status_code == 200 for who in TRAVELLERS}
        return [who for who, is_in in found.items() if is_in is not (who in SIGNED_IN)]

    def replay_forms(self, share: int, shares: int, few: int) -> None:
        """Each form of A's pages as it stands, and with an id of A in each field; then each of one's own forms so."""
        for number, form in islice(enumerate(self.forms_of_a()), share, None, shares):
            for who in TRAVELLERS:
                self.send(who, form)
                if form.method == "POST":
                    self.send(who, form, as_json=True)
                self._fill(who, form, few, number)
        for who in ("learner", "educator", BESIDE):
            forms = self.part.crawl([self.browsers[who]]) if who == BESIDE else self.forms_of(who)
            for number, form in islice(enumerate(forms), share, None, shares):
                self._fill(who, form, few, number)
                for name, value in form.fields:
                    if value in self.counterparts and who != BESIDE:
                        self.send(who, form.with_field(name, self.counterparts[value]))

    def _fill(self, who: str, form: Request, few: int, turn: int) -> None:
        for at, name in enumerate(dict(form.fields)):
            for value in self.some(self.half_for(who).ids, few, turn + at):
                self.send(who, form.with_field(name, value))
        address = urlsplit(form.address)
        for name, _ in parse_qsl(address.query):
            rest = tuple(pair for pair in parse_qsl(address.query) if pair[0] != name)
            for value in self.some(self.half_for(who).ids, few, turn):
                query = "&".join(f"{key}={old}" for key, old in (*rest, (name, value)))
                self.send(who, Request(form.method, f"{address.path}?{query}", form.fields, form.endpoint))

    def some(self, ids: list[str], few: int, turn: int) -> list[str]:
        """All, or a few by turns."""
        return ids if EVERY or not ids else list(islice((ids * 2), few * turn % len(ids), few * turn % len(ids) + few))


def _words_in(data: bytes) -> str:
    """What an answer says, the files of an archive included."""
    if data[:2] == b"PK":
        with ZipFile(BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    return data.decode(errors="replace")


def _only_echoed(answer: str, word: str, request: Request) -> bool:
    """Whether the word stands in the answer only within what was typed, as in a form or an address that is shown again."""
    query = (value for _, value in parse_qsl(urlsplit(request.address).query))
    typed = {_plain(value) for value in (request.address, *query, *(value for _, value in request.fields))}
    if not word.startswith(("cn", "ce")):
        return any(_plain(word) in value for value in typed)  # an id that was sent may come back
    rest = _plain(answer)
    for value in sorted((value for value in typed if word in value), key=len, reverse=True):
        rest = rest.replace(value, "")
    return word not in rest


def _plain(words: str) -> str:
    """Without what an answer or an address writes otherwise than it was typed."""
    return unquote(words).lower().replace("-", "")


def tables_without_rows(half: Half) -> set[str]:
    """Tables of people in which a world has nothing: nothing of theirs could be seen."""
    return set(Base.metadata.tables) - set(half.rows) - two_worlds.NOBODYS
