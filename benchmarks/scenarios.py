"""What is measured: whose requests, to which pages, and what their answers must show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from markupsafe import escape

from benchmarks import floor
from benchmarks.filling import (
    Learner,
    add_open_attempts,
    first_quiz,
    lesson_half_way,
    paper_of,
    the_module,
)
from benchmarks.load import Target
from elearn.accounts.viewer import COOKIE_KEY
from elearn.certificates.numbers import grouped
from elearn.quizzes.held import ticket_for

ASKING = 480  # learners whose cookies are sent
RAW_TOKEN = "0123456789" * 4
SAVES_A_SECOND = 4_000
SECONDS_TO_WARM_UP = 3
SUBMISSIONS_A_SECOND = 1_500  # more than any machine has reached: every submission has an attempt of its own


@dataclass(frozen=True)
class Scene:
    """The filled application that targets are made for."""

    app: Flask
    learners: Sequence[Learner]
    seconds: int

    @property
    def asking(self) -> Sequence[Learner]:
        """The learners who ask."""
        return self.learners[:ASKING]

    def cookie(self, learner: Learner) -> str:
        """The learner's session cookie, signed by the application's own session interface."""
        values = {"_user_id": learner.uniquifier, "_fresh": True, "fs_cc": "set", "csrf_token": RAW_TOKEN}
        return _signed(self.app, {**values, COOKIE_KEY: learner.token})

    def form(self, **fields: str) -> Mapping[str, str]:
        """A form as the page would send it, with a token that is right for every cookie of ours."""
        signer = URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token")
        return {"csrf_token": str(signer.dumps(RAW_TOKEN)), **fields}


@dataclass(frozen=True)
class Scenario:
    """One thing to measure. `bar` is the share of the floor that it has to reach, where there is one."""

    floor: str
    bar: float | None
    targets: Callable[[Scene], list[Target]]
    once: bool = False
    tail_counts: bool = False


def _signed(app: Flask, values: Mapping[str, object]) -> str:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(values)}"


def _shown(learner: Learner) -> str:
    return f"Signed in as <strong>{learner.name}</strong>"


# -- the floor -------------------------------------------------------------------------------------------------------


def floor_page() -> list[Target]:
    """The floor's page, each answer with its own learner and course."""
    return [
        Target(
            "/page",
            _signed(floor.app, {"learner": n}),
            markers=(f"<p>Learner {n}</p>", f"Course {1 + n % floor.COURSES}</h1>"),
        )
        for n in range(1, ASKING + 1)
    ]


def floor_write() -> list[Target]:
    """The floor's durable write."""
    return [Target("/write", _signed(floor.app, {"learner": n}), {}, status=204) for n in range(1, ASKING + 1)]


FLOORS: Mapping[str, Callable[[], list[Target]]] = {"page": floor_page, "write": floor_write}


# -- the application -------------------------------------------------------------------------------------------------


def lesson(scene: Scene) -> list[Target]:
    """The lesson half-way along the path, with each learner's own feedback on its checks."""
    module = the_module(scene.app)
    page = lesson_half_way(module)
    return [
        Target(
            f"/modules/{module.slug}/lessons/{page.slug}/",
            scene.cookie(who),
            markers=(
                _shown(who),
                f"{escape(page.title)}</h1>",
                *(f'id="check-{check}-feedback"' for check in who.tried),
            ),
        )
        for who in scene.asking
    ]


def module(scene: Scene) -> list[Target]:
    """The module's page with each learner's own path."""
    found = the_module(scene.app)
    steps = len(found.path)
    return [
        Target(
            f"/modules/{found.slug}/",
            scene.cookie(who),
            markers=(_shown(who), f"{escape(found.title)}</h1>", f">{len(who.done)} of {steps} steps done</p>"),
        )
        for who in scene.asking
    ]


def item_page(scene: Scene) -> list[Target]:
    """Every question of each learner's own attempt, in turn, with the answer that they saved."""
    quiz = first_quiz(the_module(scene.app))
    targets = []
    for who in scene.asking:
        paper = paper_of(who, quiz)
        number = 1 + who.number % len(paper)
        place = paper[number - 1]
        words = str(place.item.face(place.order, None).lead_in)
        markers = (
            _shown(who),
            f"Question {number} of {len(paper)}</span>",
            words,
            'type="radio"',
            " checked",
            'id="saved"',
        )
        targets.append(Target(f"/attempts/{who.attempt}/questions/{number}/", scene.cookie(who), markers=markers))
    return targets


def save(scene: Scene) -> list[Target]:
    """Saving answers as a page does, each the first at its place: none is answered with "stands already"."""
    length = len(paper_of(scene.learners[0], first_quiz(the_module(scene.app))))
    count = 1 + SAVES_A_SECOND * max(scene.seconds, SECONDS_TO_WARM_UP) // length
    waiting = add_open_attempts(scene.app, scene.asking, count, answered=False)
    cookies = {who.number: scene.cookie(who) for who in scene.asking}
    with scene.app.app_context():
        tickets = {attempt: ticket_for(who.number, attempt) for who, attempt in waiting}
    targets = []
    for position in range(1, length + 1):
        after = f"questions/{position + 1}/" if position < length else "answers/"
        for who, attempt in waiting:
            claim = {"ticket": tickets[attempt], "seen": "0", "tab": "bench", "number": str(position)}
            form = {**claim, "answer": str(1 + (who.number + position) % 3)}
            address = f"/attempts/{attempt}/questions/{position}/"
            targets.append(Target(address, cookies[who.number], form, 303, f"/attempts/{attempt}/{after}"))
    return targets


def submit(scene: Scene) -> list[Target]:
    """Submitting a full attempt, which is marked; each attempt once."""
    waiting = add_open_attempts(scene.app, scene.asking, SUBMISSIONS_A_SECOND * scene.seconds)
    cookies = {who.number: scene.cookie(who) for who in scene.asking}
    return [
        Target(f"/attempts/{attempt}/submit/", cookies[who.number], scene.form(), 303, f"/attempts/{attempt}/result/")
        for who, attempt in waiting
    ]


def verification(scene: Scene) -> list[Target]:
    """Verifying different certificates, not signed in."""
    numbers = [grouped(who.certificate) for who in scene.asking]
    title = str(escape(the_module(scene.app).title))
    return [Target(f"/verify/{number}/", markers=(number, title)) for number in numbers]


SCENARIOS: Mapping[str, Scenario] = {
    "lesson": Scenario("page", 0.40, lesson),
    "module": Scenario("page", 0.35, module),
    "item-page": Scenario("page", 0.35, item_page),
    "save": Scenario("write", 0.35, save, once=True, tail_counts=True),
    "submit": Scenario("write", 0.15, submit, once=True),
    "verification": Scenario("page", 0.45, verification),
}
