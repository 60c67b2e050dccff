"""The server is killed with SIGKILL while people answer, and started again: nothing that was acknowledged is lost (F-1).

SIGKILL shows what the application and the database do in the wrong order or by halves. It cannot show a missing fsync: the
system keeps what a killed process has written. That is F-2's, with LazyFS.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask

from benchmarks.databases import database as new_database
from benchmarks.servers import serving
from elearn.extensions import db
from elearn.schema import bring_up_to_date
from tests.faults.books import faults_in, read_books
from tests.faults.clients import Ledger, Line, Sitter, Tab
from tests.faults.doses import Dose, tell
from tests.faults.people import Clinician, admit
from tests.faults.points import ONLY_SQLITE, POINTS
from tests.faults.server import Mother, Server, mother_of_servers
from tests.fresh import fresh_app

ROUNDS = Dose(usual=27, full=500)  # a kill each, and two where one worker goes first
PAIRS_OF_TABS, SITTERS = 3, 3
ROUNDS_OF_AN_ATTEMPT = 12  # then its people begin another, so that no attempt grows without end
WAITING_PEOPLE = 120
LONGEST_ROUND, LONGEST_RANDOM_ROUND, SECONDS_AFTER_ONE_WORKER = 10.0, 0.25, 0.15
SECRET = "a secret that only tests use, long enough"


@contextmanager
def site(kind: str) -> Iterator[tuple[Flask, dict[str, str], Path]]:
    """A migrated database on a disk, durable as in production, and what a server on it is told."""
    with tempfile.TemporaryDirectory(prefix="elearn-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with new_database(kind, folder) as url, fresh_app(folder, url, cookie_secure=False) as app:
            bring_up_to_date(app)
            environment = {
                "ELEARN_ENVIRONMENT": "test",
                "ELEARN_SECRET_KEY": SECRET,
                "ELEARN_INSTANCE_PATH": str(folder),
                "ELEARN_DATABASE_URL": url,
                "ELEARN_COOKIE_SECURE": "false",
                "ELEARN_LOG_LEVEL": "ERROR",
            }
            yield app, environment, folder


@dataclass
class Plan:
    """Which kill comes next: each named point in turn, by itself or with its whole server, and some at random."""

    kind: str
    random: random.Random
    folder: Path
    rounds: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.points = cycle((*POINTS, *(ONLY_SQLITE if self.kind == "sqlite" else ())))

    def next(self) -> dict[str, str]:
        """The environment of the next server; without a point, it is killed at a random moment."""
        number = next(self.rounds)
        if number % 4 == 3:
            return {}
        point = next(self.points)
        return {
            "FAULT_POINT": point,
            "FAULT_PASSAGE": str(self.random.randint(1, 12 if point.startswith("save") else 1)),
            "FAULT_MARK": str(self.folder / f"mark-{number}"),
            "FAULT_REACH": self.random.choice(("group", "worker")),
        }


class Ward:
    """People who answer, on servers that are killed."""

    def __init__(self, app: Flask, kind: str, log: Path, seed: int) -> None:
        self.app, self.kind, self.log, self.random = app, kind, log, random.Random(seed)
        self.ledger, self.kills = Ledger(), Counter[str]()
        self.waiting: list[Clinician] = []
        self.enrolments: set[int] = set()
        self.lost: list[str] = []
        self.torn: list[str] = []
        self.slowest = 0.0
        self.tabs: list[Tab] = []
        self._refill()
        self.sitters = [Sitter(app, self.ledger, self.waiting, seed + n) for n in range(SITTERS)]

    def _refill(self) -> None:
        if len(self.waiting) < WAITING_PEOPLE // 2:
            self.waiting[:0] = admit(self.app, WAITING_PEOPLE)

    def prepare(self, number: int) -> None:
        """See to it that everybody has something to do, while no server runs or nobody asks it."""
        self._refill()
        if number % ROUNDS_OF_AN_ATTEMPT == 0:
            people = [self.waiting.pop() for _ in range(PAIRS_OF_TABS)]
            pairs = [(who, 2 * n + half) for n, who in enumerate(people) for half in (0, 1)]
            self.tabs = [Tab(self.app, self.ledger, who, half) for who, half in pairs]
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()  # so that the next server finds a database that nobody else has open

    def answer_until_killed(self, server: Server, order: dict[str, str]) -> None:
        """Let everybody answer until the server is killed by its fuse, or by us at a random moment."""
        stop, people = Event(), (*self.tabs, *self.sitters)
        threads = [Thread(target=person.go_on, args=(server.port, stop), daemon=True) for person in people]
        for thread in threads:
            thread.start()
        try:
            self._kill(server, order)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        server.wait_for_end()

    def _kill(self, server: Server, order: dict[str, str]) -> None:
        if not order:
            if self.random.random() < 0.5:
                time.sleep(self.random.uniform(0.02, LONGEST_RANDOM_ROUND))
                server.kill_one_worker()
                self.kills["one worker, at random"] += 1
            time.sleep(self.random.uniform(0.02, LONGEST_RANDOM_ROUND))
            server.kill()
            self.kills["whole server, at random"] += 1
            return
        mark, until = Path(order["FAULT_MARK"]), time.monotonic() + LONGEST_ROUND
        while not mark.exists():
            assert time.monotonic() < until, f"{order['FAULT_POINT']} was never passed"
            time.sleep(0.002)
        self.kills[order["FAULT_POINT"]] += 1
        if order["FAULT_REACH"] == "worker":
            time.sleep(SECONDS_AFTER_ONE_WORKER)
            server.kill()
            self.kills["whole server, at random"] += 1

    def log_of_errors(self) -> str:
        """What the servers logged as errors."""
        return "\n".join(line for line in self.log.read_text(errors="replace").splitlines() if '"error"' in line)[
            -4000:
        ]

    def check(self) -> None:
        """Compare what is there with what was acknowledged, as far as this round touched it."""
        touched = {tab.who.enrolment for tab in self.tabs}
        for sitter in self.sitters:
            touched |= sitter.seen_by_now
            sitter.seen_by_now = {sitter.who.enrolment}
        self.enrolments |= touched
        self._check(touched, "PRAGMA quick_check")

    def check_all(self) -> None:
        """Compare everything."""
        self._check(self.enrolments, "PRAGMA integrity_check")

    def _check(self, enrolments: set[int], pragma: str) -> None:
        books = read_books(self.app, enrolments)
        self.torn += faults_in(self.app, books)
        self.lost += self.ledger.lost_in(books, enrolments)
        if self.kind == "sqlite":
            with self.app.app_context(), db.engine.connect() as connection:
                assert connection.exec_driver_sql(pragma).all() == [("ok",)]
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        for name, found in (("torn", self.torn), ("lost", self.lost), ("wrong answers", self.ledger.wrong)):
            if found:
                pytest.fail(f"{len(found)} {name}: {found[:10]}\n{self.log_of_errors()}", pytrace=False)


def kill_again_and_again(ward: Ward, plan: Plan, mother: Mother, rounds: int) -> None:
    """So many rounds; each server is checked by what the one before it has left, and then killed itself."""
    order = plan.next()
    server = mother.start(**order)
    for number in range(rounds + 1):
        ward.slowest = max(ward.slowest, server.wait_for_first_page())
        if number:
            ward.check()
        if number == rounds:
            return
        ward.prepare(number)
        ward.answer_until_killed(server, order)
        order = plan.next()
        server = mother.start(**order)


def see_answers(ward: Ward, port: int) -> int:
    """Ask for the pages of the last attempts, and count the answers that they show as they should."""
    shown = 0
    for tab in ward.tabs:
        line = Line(tab.who.cookie)
        line.port = port
        for position, place in tab.place.items():
            if tab.waits is not None and tab.waits[0] == position:
                continue  # what was sent last may be there or not: nobody was told
            page = line.ask(f"/attempts/{tab.attempt}/questions/{position}/")
            assert page is not None
            assert f'value="{place}" checked' in page.body
            shown += 1
        line.hang_up()
    return shown


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_acknowledged_answer_is_lost_by_a_kill(kind: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    with site(kind) as (app, environment, folder):
        if kind == "postgresql":
            with app.app_context(), db.engine.connect() as connection:
                durable = [
                    connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("fsync", "synchronous_commit")
                ]
            assert durable == ["on", "on"]
        print(f"seed {seed}")  # noqa: T201 - which points at which passages; the moments are the machine's
        ward = Ward(app, kind, folder / "servers.log", seed)
        with mother_of_servers(environment, ward.log) as mother:
            kill_again_and_again(ward, Plan(kind, ward.random, folder), mother, ROUNDS.now)
        cold = ("--factory", "elearn.cli:served_app")
        with serving("cold", cold, environment, "/", folder) as port:
            ward.check_all()
            assert see_answers(ward, port) > 0
        ledger = ward.ledger
        named = {*POINTS, *(ONLY_SQLITE if kind == "sqlite" else ())}
        tell(
            database=kind,
            kills=ward.kills.total(),
            at_named_points=sum(ward.kills[point] for point in named),
            whole_server=ward.kills["whole server, at random"],
            points=len(named),
            acknowledged_answers=ledger.acknowledged,
            unacknowledged_requests=ledger.unanswered,
            submissions=len(ledger.submitted),
            lost=len(ward.lost),
            torn=len(ward.torn),
            wrong_answers=len(ledger.wrong),
            slowest_first_page=f"{ward.slowest:.2f} s",
        )
        assert named <= set(ward.kills), "each named point has its turn"
        assert ward.kills.total() >= ROUNDS.now
        assert ledger.acknowledged > ROUNDS.now
        assert ledger.submitted
