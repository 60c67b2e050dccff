"""What `make bench` counts and keeps, that its requests are answered as it says, and that two people never meet."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from benchmarks import floor as floor_module
from benchmarks.figures import Measured, Round, as_json, spread, summarise, table
from benchmarks.filling import Learner, add_open_attempts, fill, first_quiz, lesson_half_way, paper_of, the_module
from benchmarks.load import Target, UsedUp, WrongAnswers, as_lua, read
from benchmarks.scenarios import SCENARIOS, Scene
from elearn.accounts.queries import VIEWER, hashed
from elearn.certificates.queries import _VERIFIED
from elearn.extensions import db
from elearn.modules.queries import _LATEST_RESPONSES, _PROGRESS, _REVIEWS
from elearn.quizzes.models import ResponseEvent
from elearn.quizzes.queries import _ANSWERS, _OWN_ATTEMPT, _QUESTION
from elearn.shared.statements import Read
from tests.conftest import StatementCount
from tests.page import PageClient

FLOOR = "b2bfc879253068602fbf111f3025405ec8e2960fe4cfe06645b9e288cd4d26e4"
THREADS, REQUESTS = 8, 48


def test_the_floor_is_the_one_that_the_design_gives() -> None:
    assert hashlib.sha256(Path(floor_module.__file__).read_bytes()).hexdigest() == FLOOR


# -- figures ---------------------------------------------------------------------------------------------------------


def rounds(*pairs: tuple[float, float]) -> list[Round]:
    return [Round(Measured(floor, 1, 2), Measured(reached, reached / 10, reached)) for floor, reached in pairs]


def test_a_result_is_made_of_medians_and_its_ratio_of_theirs() -> None:
    line = summarise("lesson", "sqlite", 16, rounds((1000, 500), (4000, 1600), (2000, 900)), 0.40)
    assert json.loads(as_json([line])) == [
        {
            "scenario": "lesson",
            "database": "sqlite",
            "concurrency": 16,
            "requests_per_second": 900.0,
            "p50_ms": 90.0,
            "p99_ms": 900.0,
            "floor": 2000.0,
            "ratio": 0.45,
        }
    ]


@pytest.mark.parametrize(
    ("values", "first", "middle", "third"),
    [([3], 3, 3, 3), ([1, 3], 1.5, 2, 2.5), ([5, 1, 2, 4, 3], 2, 3, 4), ([1, 2, 3, 4], 1.75, 2.5, 3.25)],
)
def test_quartiles(values: list[float], first: float, middle: float, third: float) -> None:
    found = spread(values)
    assert (found.first, found.middle, found.third) == (first, middle, third)


@pytest.mark.parametrize(
    ("reached", "bar", "verdict"),
    [(400, 0.40, "met (0.40)"), (399, 0.40, "MISSED (0.40)"), (1, None, "no bar")],
)
def test_a_bar_is_met_or_missed(reached: float, bar: float | None, verdict: str) -> None:
    line = summarise("lesson", "sqlite", 16, rounds((1000, reached)), bar)
    assert line.verdict == verdict
    assert verdict in table([line])


# -- load ------------------------------------------------------------------------------------------------------------

GOOD: Mapping[str, object] = {
    "right": 200,
    "wrong": 0,
    "broken": 0,
    "used_up": False,
    "seconds": 2.0,
    "p50_ms": 3.5,
    "p99_ms": 9.25,
    "example": "",
}


def output(**changes: object) -> str:
    return "Running 2s test\n\n" + json.dumps({**GOOD, **changes}) + "\n"


def test_only_right_answers_count() -> None:
    assert read(output()) == Measured(100.0, 3.5, 9.25)


@pytest.mark.parametrize("changes", [{"wrong": 1}, {"broken": 1}, {"right": 0}])
def test_a_wrong_answer_fails_the_run(changes: dict[str, object]) -> None:
    with pytest.raises(WrongAnswers):
        read(output(**changes))


def test_a_submission_is_not_counted_twice() -> None:
    with pytest.raises(UsedUp):
        read(output(used_up=True))


def test_targets_reach_lua_as_they_are() -> None:
    target = Target("/a/", "c=1", {"answer": "a b"}, 303, "/b/", ('say "x"\\',))
    assert target.request == (
        "POST /a/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: c=1\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\nanswer=a+b"
    )
    assert r'markers = {"say \"x\"\\"}' in as_lua([target])
    assert r"HTTP/1.1\r\nHost" in as_lua([target])


# -- the filled application ------------------------------------------------------------------------------------------


@pytest.fixture
def scene(app: Flask) -> Scene:
    """Six learners, each in a place of their own."""
    return Scene(app, fill(app, 6), 1)


def ask(app: Flask, target: Target) -> tuple[int, str, str]:
    browser = app.test_client(use_cookies=False)
    assert isinstance(browser, PageClient)
    headers = {"Cookie": target.cookie, "Referer": "https://localhost/"}
    if target.form is None:
        response = browser.get(target.path, headers=headers)
    else:
        response = browser.post(target.path, headers=headers, data=dict(target.form))
    return response.status_code, response.headers.get("Location", ""), response.get_data(as_text=True)


@pytest.mark.parametrize("name", [name for name, found in SCENARIOS.items() if not found.once])
def test_every_target_is_answered_as_it_says_and_no_other_learners_is(scene: Scene, name: str) -> None:
    targets = SCENARIOS[name].targets(scene)
    assert len(targets) == len(scene.learners)
    answers = [ask(scene.app, target) for target in targets]
    for place, target in enumerate(targets):
        fits = [
            status == target.status and target.location in location and all(marker in body for marker in target.markers)
            for status, location, body in answers
        ]
        assert fits == [place == other for other in range(len(targets))]


def test_every_save_writes_another_answer(scene: Scene) -> None:
    targets = SCENARIOS["save"].targets(scene)[-200::10]
    with scene.app.app_context():
        before = db.session.query(ResponseEvent).count()
    for target in targets:
        status, location, _ = ask(scene.app, target)
        assert (status, location) == (target.status, target.location)
    with scene.app.app_context():
        assert db.session.query(ResponseEvent).count() == before + len(targets)


def test_every_submission_marks_an_attempt_of_its_own(scene: Scene) -> None:
    waiting = add_open_attempts(scene.app, scene.learners, 8)
    assert len({attempt for _, attempt in waiting}) == 8
    for who, attempt in waiting:
        status, location, _ = ask(
            scene.app, Target(f"/attempts/{attempt}/submit/", scene.cookie(who), scene.form(), 303)
        )
        assert (status, location) == (303, f"/attempts/{attempt}/result/")
    results = [ask(scene.app, Target(f"/attempts/{attempt}/result/", scene.cookie(who))) for who, attempt in waiting]
    assert {status for status, _, _ in results} == {200}
    assert 0 < sum("Passed" in body for _, _, body in results) < 8


# -- two people on one process ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sight:
    """What one learner asks for, what must not be in the answer, and how often a word must be."""

    target: Target
    others: tuple[str, ...]
    counts: Mapping[str, int]

    def faults(self, app: Flask) -> list[str]:
        """What is wrong with the answer."""
        status, _, body = ask(app, self.target)
        found = [f"status {status}"] if status != self.target.status else []
        found += [f"without {marker}" for marker in self.target.markers if marker not in body]
        found += [f"shows {words}" for words in self.others if words in body]
        found += [
            f"{body.count(word)} times {word}" for word, times in self.counts.items() if body.count(word) != times
        ]
        return [f"{self.target.path} {fault}" for fault in found]


def sights_of(scene: Scene, who: Learner, other: Learner) -> Iterator[Sight]:
    module = the_module(scene.app)
    lesson, quiz, cookie = lesson_half_way(module), first_quiz(module), scene.cookie(who)
    name, name_of_other = f"Signed in as <strong>{who.name}</strong>", other.family_name

    feedback, feedback_of_other = ([f'id="check-{check}-feedback"' for check in one.tried] for one in (who, other))
    address = f"/modules/{module.slug}/lessons/{lesson.slug}/"
    target = Target(address, cookie, markers=(name, *feedback))
    yield Sight(target, (name_of_other, *feedback_of_other), {" checked>": len(who.tried)})

    steps, steps_of_other = (f"{len(one.done)} of {len(module.path)} steps done</p>" for one in (who, other))
    target = Target(f"/modules/{module.slug}/", cookie, markers=(name, steps))
    yield Sight(target, (name_of_other, steps_of_other), {">Completed": len(who.done)})

    item = paper_of(who, quiz)[0].item
    stem = str(item.face(item.natural_order(), None).stem)
    target = Target(f"/attempts/{who.attempt}/questions/1/", cookie, markers=(name, stem))
    yield Sight(target, (name_of_other,), {" checked>": 1})

    target = Target(f"/attempts/{other.attempt}/questions/1/", cookie, status=404)
    yield Sight(
        target, (name_of_other, *(str(place.item.face(place.order, None).stem) for place in paper_of(other, quiz))), {}
    )


def test_two_people_on_one_process_never_see_each_others_state(scene: Scene) -> None:
    first, second = scene.learners[0], scene.learners[1]
    assert first.tried
    assert second.tried
    assert not first.tried.keys() & second.tried.keys()
    assert len(first.done) != len(second.done)
    pairs = zip(sights_of(scene, first, second), sights_of(scene, second, first), strict=True)
    sights = [sight for pair in pairs for sight in pair]

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(lambda number: sights[number % len(sights)].faults(scene.app), range(REQUESTS)))
    assert [fault for faults in found for fault in faults] == []


def test_nothing_that_is_kept_names_anybody_or_holds_a_token(scene: Scene) -> None:
    for who, other in ((scene.learners[0], scene.learners[1]), (scene.learners[1], scene.learners[0])):
        for sight in sights_of(scene, who, other):
            ask(scene.app, sight.target)
    kept = [
        str(part)
        for fixed in scene.app.extensions["elearn.fixed"].values()
        for part in (
            fixed.about,
            *fixed._rows.values(),
            *(part.html for lesson in fixed._lessons.values() for part in lesson.parts),
            *(
                html
                for lesson in fixed._lessons.values()
                for part in lesson.parts
                if part.check
                for html in part.check.answers.values()
            ),
        )
    ]
    assert len(kept) > 20
    for words in ("Canary", "csrf_token", "Signed in", *(who.token for who in scene.learners)):
        assert not [part for part in kept if words in part]


# -- fast reads ------------------------------------------------------------------------------------------------------


def test_a_fast_read_gives_what_sqlalchemy_gives_and_is_counted(scene: Scene, statements: StatementCount) -> None:
    module, who = the_module(scene.app), scene.learners[1]
    reads: list[tuple[Read, dict[str, Any], int]] = [
        (VIEWER, {"token_hash": hashed(who.token)}, 1),
        (_PROGRESS, {"person_id": who.number, "slug": module.slug}, len(who.done)),
        (_LATEST_RESPONSES, {"enrolment_id": who.number, "lesson": lesson_half_way(module).slug}, len(who.tried)),
        (_REVIEWS, {"slug": module.slug}, 0),
        (_OWN_ATTEMPT, {"attempt": who.attempt, "viewer": who.number}, 1),
        (_QUESTION, {"attempt": who.attempt, "viewer": who.number, "position": 1}, 1),
        (_ANSWERS, {"attempt": 2 * who.number}, len(paper_of(who, first_quiz(module)))),
        (_VERIFIED, {"number": who.certificate}, 1),
    ]
    with scene.app.app_context():
        for read_rows, values, count in reads:
            statements.statements.clear()
            fast = read_rows(**values)
            assert len(statements) == 1
            assert len(fast) == count
            slow = db.session.connection().execute(read_rows.statement, values).all()
            assert [tuple(row) for row in fast] == [tuple(row) for row in slow]
            assert [row._fields for row in fast] == [row._fields for row in slow]
