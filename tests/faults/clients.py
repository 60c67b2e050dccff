"""People who answer over real HTTP, and remember what they sent and what the server said was saved."""

import json
import random
import re
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock
from urllib.parse import urlencode

from flask import Flask

from elearn.items.single_best_answer import SingleBestAnswer
from elearn.quizzes.held import ticket_for
from tests.faults.books import Book
from tests.faults.people import START, Clinician, options_of, quiz_of, token_of

SECONDS_TO_WAIT = 4
SECONDS_BETWEEN_TRIES = 0.01
MOSTLY = 0.7
Key = tuple[str, int]
"""A tab and its number: what lets an answer in once."""


@dataclass
class Ledger:
    """What everybody sent and what was acknowledged, by attempt."""

    sent: dict[str, dict[Key, tuple[int, int]]] = field(default_factory=lambda: defaultdict(dict))
    saved: dict[str, dict[Key, int]] = field(default_factory=lambda: defaultdict(dict))
    started: dict[str, int] = field(default_factory=dict)
    submitted: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    unanswered: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def acknowledged(self) -> int:
        """How many answers were acknowledged."""
        return sum(map(len, self.saved.values()))

    def lost_in(self, books: Mapping[str, Book], enrolments: set[int]) -> list[str]:
        """Whatever these enrolments' people were told and is not there, in words."""
        found = []
        for attempt in (attempt for attempt, enrolment in self.started.items() if enrolment in enrolments):
            book = books.get(attempt)
            if book is None or book.attempt.enrolment_id != self.started[attempt]:
                found.append(f"{attempt}: the attempt itself is lost")
                continue
            found += [f"{attempt}: {words}" for words in self._lost_in(book)]
            if attempt in self.submitted and book.is_open:
                found.append(f"{attempt}: its submission is lost")
        return found

    def _lost_in(self, book: Book) -> Iterator[str]:
        name = book.attempt.public_id
        events = {(event.tab, event.tab_number): event for event in book.events}
        for key, sequence in self.saved[name].items():
            position, place = self.sent[name][key]
            event = events.get(key)
            if event is None:
                yield f"the answer {key} is lost"
            elif (event.position, event.response, event.sequence) != (
                position,
                book.option_at(position, place),
                sequence,
            ):
                yield f"the answer {key} is another one"
        for key, event in events.items():
            position, place = self.sent[name].get(key, (0, 1))
            if event.position != position or event.response != book.option_at(position, place):
                yield f"nobody sent the answer {key}"


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    location: str
    body: str


class Line:
    """One connection to whichever server runs; it is made again when it breaks."""

    def __init__(self, cookie: str) -> None:
        self.cookie, self.port = cookie, 0
        self.connection: HTTPConnection | None = None

    def ask(self, path: str, fields: Mapping[str, str] | None = None, *, as_json: bool = False) -> Answered | None:
        """Send a form, or fetch a page; None where no whole answer came back."""
        headers = {"Cookie": self.cookie} | ({"Accept": "application/json"} if as_json else {})
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_TO_WAIT)
        try:
            self.connection.request(
                "GET" if fields is None else "POST", path, urlencode(fields) if fields else None, headers
            )
            got = self.connection.getresponse()
            return Answered(got.status, got.headers.get("Location", ""), got.read().decode())
        except (OSError, HTTPException):
            self.hang_up()
            return None

    def hang_up(self) -> None:
        """Forget the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Person(ABC):
    """Somebody who goes on asking until told to stop, and tries again whatever was not answered."""

    def __init__(self, app: Flask, ledger: Ledger, who: Clinician, seed: int) -> None:
        self.ledger, self.who, self.line = ledger, who, Line(who.cookie)
        self.random = random.Random(seed)
        self.tickets = app
        self.token, self.options, self.length = token_of(app), options_of(app), quiz_of(app).length

    def go_on(self, port: int, stop: Event) -> None:
        """Ask the server on this port until told to stop."""
        self.line.hang_up()
        self.line.port = port
        while not stop.is_set():
            if not self.do_next():
                with self.ledger.lock:
                    self.ledger.unanswered += 1
                time.sleep(SECONDS_BETWEEN_TRIES)
        self.line.hang_up()

    @abstractmethod
    def do_next(self) -> bool:
        """Do one thing; false where no answer came."""

    def complain(self, doing: str, answer: Answered) -> None:
        """Note an answer that should not have come."""
        self.ledger.wrong.append(f"{doing}: {answer.status} {answer.location} {answer.body[:200]}")

    def start(self) -> str | None:
        """Start an attempt, or go on with the one in progress; None where no answer came."""
        answer = self.line.ask(START, {"csrf_token": self.token})
        if answer is None:
            return None
        found = re.fullmatch(r"/attempts/([\w-]+)/questions/1/", answer.location)
        if answer.status != 303 or found is None:
            self.complain("start", answer)
            return None
        self.ledger.started[found[1]] = self.who.enrolment
        return found[1]

    def save(self, attempt: str, position: int, key: Key, place: int, seen: int) -> int | None:
        """Save an answer as our script does, and give its sequence; None where no answer came."""
        self.ledger.sent[attempt][key] = (position, place)
        with self.tickets.app_context():
            ticket = ticket_for(self.who.id, attempt)
        fields = {"ticket": ticket, "seen": str(seen), "tab": key[0], "number": str(key[1]), "answer": str(place)}
        answer = self.line.ask(f"/attempts/{attempt}/questions/{position}/", fields, as_json=True)
        if answer is None:
            return None
        told = json.loads(answer.body) if answer.status == 200 else {}
        if told.get("state") != "saved":
            self.complain("save", answer)
            return None
        sequence: int = told["sequence"]
        self.ledger.saved[attempt][key] = sequence
        return sequence


class Tab(Person):
    """One of two tabs of somebody who goes to and fro: it changes every other question of one attempt, again and again."""

    def __init__(self, app: Flask, ledger: Ledger, who: Clinician, seed: int) -> None:
        super().__init__(app, ledger, who, seed)
        self.name, self.positions = f"tab{seed}", range(1 + seed % 2, self.length + 1, 2)
        self.attempt: str | None = None
        self.number = 0
        self.place: dict[int, int] = {}
        self.seen: dict[int, int] = {}
        self.waits: tuple[int, int] | None = None

    def do_next(self) -> bool:
        """Save the next answer, or again the one that was not acknowledged, with the key that it had."""
        self.attempt = self.attempt or self.start()
        if self.attempt is None:
            return False
        if self.waits is None:
            position = self.random.choice(self.positions)
            others = [place for place in range(1, self.options + 1) if place != self.place.get(position)]
            self.number, self.waits = self.number + 1, (position, self.random.choice(others))
        position, place = self.waits
        sequence = self.save(self.attempt, position, (self.name, self.number), place, self.seen.get(position, 0))
        if sequence is None:
            return False
        self.place[position], self.seen[position], self.waits = place, sequence, None
        return True


class Sitter(Person):
    """People who sit the whole quiz one after the other, page by page, most with right answers, and submit."""

    def __init__(self, app: Flask, ledger: Ledger, waiting: list[Clinician], seed: int) -> None:
        super().__init__(app, ledger, waiting.pop(), seed)
        self.waiting, self.keys = waiting, dict(_right_labels(app))
        self.attempt: str | None = None
        self.position, self.waits, self.right = 1, 0, True
        self.seen_by_now = {self.who.enrolment}

    def _next_please(self) -> None:
        self.who = self.waiting.pop()
        self.line.hang_up()
        self.line.cookie = self.who.cookie
        self.attempt, self.position, self.waits, self.right = None, 1, 0, self.random.random() < MOSTLY
        self.seen_by_now.add(self.who.enrolment)

    def do_next(self) -> bool:
        """The next step of the way."""
        if self.attempt is None:
            self.attempt = self.start()
            return self.attempt is not None
        if self.position <= self.length:
            return self._answer(self.attempt)
        answer = self.line.ask(f"/attempts/{self.attempt}/submit/", {"csrf_token": self.token})
        if answer is None:
            return False
        if (answer.status, answer.location) != (303, f"/attempts/{self.attempt}/result/"):
            self.complain("submit", answer)
            return False
        self.ledger.submitted.add(self.attempt)
        self._next_please()
        return True

    def _answer(self, attempt: str) -> bool:
        if not self.waits:
            page = self.line.ask(f"/attempts/{attempt}/questions/{self.position}/")
            if page is None:
                return False
            if page.status != 200:
                self.complain("question", page)
                return False
            self.waits = self._right_place(page.body) if self.right else self.random.randint(1, self.options)
        if self.save(attempt, self.position, ("sitting", self.position), self.waits, 0) is None:
            return False
        self.position, self.waits = self.position + 1, 0
        return True

    def _right_place(self, page: str) -> int:
        label = next(label for stem, label in self.keys.items() if stem in page)
        choices = re.findall(r'<input [^>]*name="answer"[^>]*value="(\d)"[^>]*><label [^>]*>(.*?)</label>', page)
        return next(int(value) for value, words in choices if words.strip() == label)


def _right_labels(app: Flask) -> Iterator[tuple[str, str]]:
    for item in quiz_of(app).items:
        assert isinstance(item, SingleBestAnswer)
        order = item.natural_order()
        yield str(item.stem_html), str(item.face(order, None).choices[order.index(item.key)].label)
