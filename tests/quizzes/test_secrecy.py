"""Q-1: before submission nothing in any response tells the key. Move the key of every item, and no byte changes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from elearn.content.structure import Module, Quiz
from elearn.items.base import Item
from elearn.items.single_best_answer import SingleBestAnswer
from elearn.modules import catalogue
from elearn.quizzes import actions, paper, saving
from elearn.shared.transactions import writing
from tests.conftest import start_empty
from tests.page import PageClient, new_browser
from tests.quizzes.sitting import QUIZ, module_of, ready
from tests.world import MODULE, World


def moved(item: Item) -> Item:
    """The same item with its key one option further."""
    assert isinstance(item, SingleBestAnswer)
    ids = [option.id for option in item.options]
    return item.changed(key=ids[(ids.index(item.key) + 1) % len(ids)])


def fresh(item: Item) -> Item:
    return type(item).model_validate(item.model_dump())


def with_items(module: Module, change: Any) -> Module:
    quizzes = {
        slug: Quiz(**{**quiz.__dict__, "items": tuple(fresh(change(item)) for item in quiz.items)})
        for slug, quiz in module.quizzes.items()
    }
    lessons = {
        slug: type(lesson)(**{**lesson.__dict__, "checks": {k: fresh(change(i)) for k, i in lesson.checks.items()}})
        for slug, lesson in module.lessons.items()
    }
    return type(module)(**{**module.__dict__, "quizzes": quizzes, "lessons": lessons})


KEPT = ("elearn.catalogue", "elearn.published", "elearn.epoch", "elearn.items")


@contextmanager
def offering(app: Flask, module: Module) -> Iterator[None]:
    kept = {key: app.extensions[key] for key in KEPT}
    catalogue.init_app(app, [module])
    try:
        yield
    finally:
        app.extensions |= kept


# What is the person's own, not the item's.
MASKED = re.compile(r'(name="(csrf_token|ticket)" value|data-person)="[^"]*"')
# The keys of forms, a passkey's challenge, and an authenticator's secret with its picture are new each time.
VARIES = re.compile(
    MASKED.pattern + r'|name="(key|sealed)" value="[^"]*"|data-options="[^"]*"|class="app-number">[^<]*|<svg.*?</svg>',
    re.DOTALL,
)


class Steady:
    """Randomness that is the same for every paper, so that two papers differ only by what the test changes."""

    def shuffle(self, pool: list[Any]) -> None:
        pool.reverse()


def pages_before_submission(client: PageClient, world: World, module: Module, attempt_id: str) -> list[str]:
    """Every page of an open attempt and of its lessons, with the token masked."""
    addresses = [f"/attempts/{attempt_id}/questions/{number}/" for number in range(1, 9)]
    addresses += [f"/attempts/{attempt_id}/answers/", f"/modules/{MODULE}/", f"/modules/{MODULE}/quizzes/{QUIZ}/"]
    addresses += [f"/modules/{MODULE}/lessons/{slug}/" for slug in list(module.lessons)[:4]]
    pages = []
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        headers = {k: v for k, v in response.headers if k != "Set-Cookie"}
        pages.append(MASKED.sub("", response.get_data(as_text=True)) + repr(headers))
    return pages


def sit_open(world: World, app: Flask, module: Module, monkeypatch: pytest.MonkeyPatch, attempt_id: str) -> None:
    monkeypatch.setattr(actions, "unguessable_id", lambda: attempt_id)
    learner = world.viewer("learner")
    with app.app_context(), writing():
        actions.start_attempt(learner, module, module.quizzes[QUIZ], Steady())  # type: ignore[arg-type]
        for number in range(1, 9):
            saving.save_answer(learner, attempt_id, number, {"answer": ["2"]})


@pytest.mark.usefixtures("noon")
def test_no_byte_tells_the_key(app: Flask, client: PageClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for change in (lambda item: item, moved):
        ready(world, "learner")
        world.sign_in(client, "learner")
        module = with_items(module_of(world), change)
        with offering(app, module):
            sit_open(world, app, module, monkeypatch, "the-same-attempt")
            seen.append(pages_before_submission(client, world, module, "the-same-attempt"))
        if len(seen) == 1:
            start_empty(app)
            world, client = World.make(app), new_browser(app)
    assert seen[0] == seen[1]


def test_moving_the_key_moves_the_digest_and_the_mark(app: Flask) -> None:
    module: Module = app.extensions["elearn.catalogue"][MODULE]
    for quiz in module.quizzes.values():
        for item in quiz.items:
            assert isinstance(item, SingleBestAnswer)
            other = fresh(moved(item))
            assert other.digest != item.digest
            assert other.points({"option": item.key}) == 0


def test_a_paper_keeps_no_key(app: Flask) -> None:
    module: Module = app.extensions["elearn.catalogue"][MODULE]
    drawn = paper.draw(module.quizzes[QUIZ], set(), Steady())  # type: ignore[arg-type]
    assert all(place.item.natural_order() and len(place.order) == len(place.item.natural_order()) for place in drawn)


def test_keys_never_reach_the_log(
    app: Flask, client: PageClient, world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    ready(world)
    world.sign_in(client, "learner")
    attempt = client.send(f"/modules/{MODULE}/quizzes/{QUIZ}/").headers["Location"].split("/")[2]
    client.get(f"/attempts/{attempt}/questions/1/")
    printed = capfd.readouterr().err
    rationale = module_of(world).quizzes[QUIZ].items[0].options[0].rationale  # type: ignore[attr-defined]
    assert rationale[:40] not in printed
