"""Nobody is shown, or changes, anything of another world or of the learner beside them (A-3 to A-6).

`ELEARN_EVERY_CROSSING=1` puts each id of A into each place; without it, each request is sent with the things that belong
there, and with others by turns.
"""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from elearn.shared import clock
from tests import two_worlds
from tests.conftest import NOON
from tests.crossing import BESIDE, BY_DESIGN, BY_SECRET, EVERY, FOR_ALL, FOR_EDUCATORS, Crossing, tables_without_rows
from tests.recorded import FIELDS

pytestmark = pytest.mark.timeout(28_800 if EVERY else 900)
SHARES = 24 if EVERY else 2
# How many ids by turns each rule is sent in each place, and how many crossings there are at least.
FEW = {"sqlite": 2, "postgresql": 1}
FLOOR = {"sqlite": 8_000, "postgresql": 5_800}


@pytest.fixture
def crossing(app: Flask) -> Iterator[Crossing]:
    """Both worlds, and everybody signed in. The clock stands still, so that nobody's sign-in runs out on the way."""
    with clock.frozen_at(NOON):
        yield Crossing(two_worlds.make(app))


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_crosses(
    crossing: Crossing, database: str, share: int, record_property: Callable[[str, object], None]
) -> None:
    crossing.replay_rules(share, SHARES, FEW[database])
    missing = {f"{method} {endpoint}" for method, endpoint in crossing.whole.entries()[share::SHARES]} - set(
        crossing.sent
    )
    crossing.replay_forms(share, SHARES, 1)
    record_property("crossings", crossing.sent.total())
    assert "\n".join(dict.fromkeys(crossing.found)) == ""
    assert missing == set()
    assert crossing.outside() == []
    assert crossing.sent.total() >= FLOOR[database] / SHARES


def test_every_rule_is_recorded(crossing: Crossing) -> None:
    """Each rule has an address with things of A, and each that takes a form has one from a page, or stands in a list."""
    entries = set(crossing.whole.entries())
    assert entries - {(request.method, request.endpoint) for request in crossing.requests_of_a()} == set()
    posts = {endpoint for method, endpoint in entries if method == "POST"}
    assert posts - {request.endpoint for request in crossing.forms_of_a() if request.method == "POST"} == set(FIELDS)
    endpoints = {endpoint for _, endpoint in entries}
    assert set(BY_DESIGN) | set(BY_SECRET) | set(FOR_ALL) | set(FOR_EDUCATORS) <= endpoints


def test_both_worlds_are_whole_and_can_be_told_apart(crossing: Crossing) -> None:
    """Each world has a row in each table of people, marked, and its own people do see its word."""
    worlds = crossing.worlds
    for half in (worlds.a, worlds.b):
        assert tables_without_rows(half) == set()
        assert len(half.ids) >= 40
    shared = set(worlds.a.ids) & set(worlds.b.ids)
    assert [name for name in shared if not name.isdigit()] == []
    own = worlds.a.of_learner().secret.lower()
    seen = dict.fromkeys(("a's learner", "a's educator", BESIDE, "administrator"), 0)
    of_learner = dict.fromkeys(seen, 0)
    for name in seen:
        for request in crossing.requests_of_a():
            if request.method == "GET":
                answer = crossing.browsers[name].get(request.address).get_data(as_text=True).lower()
                seen[name] += worlds.a.secret.lower() in answer
                of_learner[name] += own in answer
    assert min(seen.values()) >= 3, seen
    assert of_learner.pop(BESIDE) == 0
    assert of_learner.pop("a's educator") == 1  # the cohort's report names its learners, and nothing else does
    assert min(of_learner.values()) >= 3, of_learner


def test_what_crosses_is_found(crossing: Crossing) -> None:
    """The learner of A in the place of a stranger: what they are shown and change is noted, of every kind."""
    crossing.browsers["learner"] = crossing.browsers["a's learner"]
    crossing.cookies["learner"] = crossing.cookies["a's learner"]
    for request in crossing.requests_of_a():
        if request.method == "GET":
            crossing.send("learner", request)
    pages = {found.partition("endpoint=")[2].split("'")[1] for found in crossing.found}
    assert {
        "certificates.certificate",
        "certificates.pdf",
        "quizzes.result",
        "cohorts.leave",
        "learning.learning",
    } <= pages
    assert {"problems.problems", "sign_ins.sign_ins_page", "learning.reflection", "accounts.details"} <= pages
    crossing.found.clear()
    for request in crossing.forms_of_a():
        if request.method == "POST":
            crossing.send("learner", request)
    changing = {found.partition("endpoint=")[2].split("'")[1] for found in crossing.found if " changes " in found}
    assert {"accounts.change_details", "learning.save_reflection", "quizzes.submit", "cohorts.leave_now"} <= changing
