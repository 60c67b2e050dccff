"""Reading a module: a damaged part takes only itself out of service; digests change with the content and only then."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from elearn.content.problems import Damaged
from elearn.content.rendering import Placed
from elearn.content.structure import Lesson, Module, Quiz
from elearn.modules import catalogue
from elearn.modules.catalogue import folders, load
from elearn.modules.rules import StepState, lay_path
from tests.content.small import FILES, change, write
from tests.fresh import fresh_app
from tests.page import PageClient
from tests.world import MODULE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_the_small_module_is_read_whole(root: Path) -> None:
    module = load(root)
    assert module.is_whole
    assert [step.id for step in module.path] == [
        *("lesson:first", "lesson:second", "quiz:only", "reflection", "evaluation", "certificate")
    ]
    first = module.lessons["first"]
    assert (first.number, list(first.checks), list(first.figures)) == (1, ["ch-first"], ["drawing"])
    assert module.quizzes["only"].length == 1


DAMAGES = [
    ("lesson:first", "lessons/01-first.md", "facts: [AA-1]", "facts: [AA-7]"),
    ("lesson:first", "lessons/01-first.md", "title: The first", "titel: The first"),
    ("lesson:first", "checks/first.yaml", "rationale: Because.", "rationale: ''"),
    ("lesson:first", "figures/drawing.svg", "<rect ", "<script/><rect "),
    ("lesson:first", "figures/drawing.yaml", "alt: A square.\n", ""),
    ("lesson:second", "lessons/02-second.md", "---\ntitle", "title"),
    ("quiz:only", "quizzes/only.yaml", "    key: b", "    key: e"),
    ("quiz:only", "quizzes/only.yaml", "draw: 1", "draw: 3"),
]


@pytest.mark.parametrize(("step", "name", "old", "new"), DAMAGES)
def test_a_damaged_file_takes_only_its_own_part_out_of_service(
    root: Path, step: str, name: str, old: str, new: str
) -> None:
    change(root, name, old, new)
    module = load(root)
    assert [s.id for s in module.path if s.fault] == [step]
    assert not module.is_whole


@pytest.mark.parametrize(("step", "name", "old", "new"), DAMAGES)
def test_learners_pass_it_by_and_the_certificate_waits(root: Path, step: str, name: str, old: str, new: str) -> None:
    change(root, name, old, new)
    module = load(root)
    others = [s.id for s in module.path if s.id not in (step, "certificate")]
    done: list[str] = []
    for expected in others:
        path = lay_path(module, done)
        assert path.next is not None
        assert path.next.step.id == expected
        done.append(expected)
    path = lay_path(module, done)
    assert path.next is None
    certificate = path.of("certificate")
    assert certificate.state is StepState.LOCKED
    assert "out of service, and your certificate waits for it" in certificate.reason
    assert module.step(step).title in certificate.reason  # type: ignore[union-attr]


def test_without_a_usable_module_file_there_is_no_module(root: Path) -> None:
    change(root, "module.yaml", "slug: small", "slug: Not A Slug")
    with pytest.raises(Damaged, match=r"module\.yaml:1: slug"):
        load(root)


# -- digests ---------------------------------------------------------------------------------------------------------

CHANGES = [
    ("module.yaml", "A small module", "A little module"),
    ("module.yaml", "pass_percent: 75", "pass_percent: 80"),
    ("lessons/01-first.md", "More words", "Other words"),
    ("checks/first.yaml", "key: b", "key: a"),
    ("checks/first.yaml", "Why not.", "Why on earth."),
    ("quizzes/only.yaml", "Why not.", "Why on earth."),
    ("figures/drawing.svg", 'width="8"', 'width="7"'),
    ("figures/drawing.yaml", "One square.", "Two squares."),
    ("figures/drawing.yaml", "alt: A square.", "alt: A box."),
    ("sources.yaml", "A source.", "Another source."),
]


@pytest.mark.parametrize(("name", "old", "new"), CHANGES)
def test_any_change_of_what_learners_see_changes_the_digest(root: Path, name: str, old: str, new: str) -> None:
    before = load(root)
    change(root, name, old, new)
    after = load(root)
    assert after.is_whole
    assert before.digest != after.digest


def test_the_digest_is_that_of_the_content_wherever_it_lies(root: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "elsewhere")
    assert load(root).digest == load(other).digest
    assert load(root) is load(root)


# -- CPD minutes -----------------------------------------------------------------------------------------------------


def module_of(words: list[int], checks: int = 0, figures: int = 0, quiz_items: int = 0) -> Module:
    """A module of which only the numbers are there."""
    nothing: Any = None
    lessons = {str(n): Lesson(str(n), n, "", words=count) for n, count in enumerate(words)}
    lessons["x"] = Lesson(
        *("x", 9, ""),
        checks=dict.fromkeys(map(str, range(checks)), nothing),
        figures=dict.fromkeys(map(str, range(figures)), nothing),
    )
    cells: Any = tuple(_Cell(1) for _ in range(quiz_items))
    values: Any = dict.fromkeys(Module.__dataclass_fields__) | {
        "lessons": lessons,
        "quizzes": {"q": Quiz("q", "", blueprint=cells)},
    }
    return Module(**values)


class _Cell:
    def __init__(self, draw: int) -> None:
        self.draw = draw


@pytest.mark.parametrize(
    ("module", "minutes", "hours"),
    [
        (module_of([2699]), 0, "0"),
        (module_of([2700]), 15, "0.25"),
        (module_of([5399]), 15, "0.25"),
        (module_of([], checks=10), 15, "0.25"),
        (module_of([], checks=9, figures=2), 0, "0"),
        (module_of([], checks=9, figures=3), 15, "0.25"),
        (module_of([], quiz_items=10), 15, "0.25"),
        (module_of([10800]), 60, "1"),
        (module_of([13500]), 75, "1.25"),
        # Ten thirds of a minute and the like: added up as fractions of minutes they would fall short.
        (module_of([60] * 45), 15, "0.25"),
        (module_of([20] * 135), 15, "0.25"),
        (module_of([100] * 27), 15, "0.25"),
        (module_of([1] * 2700), 15, "0.25"),
        (module_of([]), 0, "0"),
    ],
)
def test_minutes_are_rounded_down_to_a_quarter_of_an_hour(module: Module, minutes: int, hours: str) -> None:
    assert (module.minutes, module.hours) == (minutes, hours)


# -- in the application ----------------------------------------------------------------------------------------------


def test_a_second_module_is_offered_with_no_code_changed(tmp_path: Path) -> None:
    write(tmp_path / "more", "small")
    with fresh_app(tmp_path, content_path=tmp_path / "more") as app:
        client = app.test_client()
        assert isinstance(client, PageClient)
        assert list(app.extensions["elearn.catalogue"]) == [MODULE, "small"]
        page = client.get("/modules/").text
        assert 'href="/modules/small/"' in page
        assert f'href="/modules/{MODULE}/"' in page


def test_a_second_module_is_found_in_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "small")
    write(tmp_path, "tiny")
    (tmp_path / "notes").mkdir()
    assert [folder.name for folder in folders(tmp_path)] == [MODULE, "small", "tiny"]


def test_two_modules_of_one_name_are_refused(tmp_path: Path) -> None:
    modules = [load(write(tmp_path / where)) for where in ("one", "two")]
    with pytest.raises(ValueError, match="two modules have the slug small"):
        catalogue.init_app(Flask("x"), modules)


def test_nothing_is_read_from_disk_for_a_page(app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get(f"/modules/{MODULE}/")
    monkeypatch.setattr(Path, "read_text", lambda *_a, **_k: pytest.fail("a file was read"))
    monkeypatch.setattr(Path, "read_bytes", lambda *_a, **_k: pytest.fail("a file was read"))
    assert client.get(f"/modules/{MODULE}/").status_code == 200


def test_every_file_of_the_small_module_matters(tmp_path: Path) -> None:
    """The tests above would tell nothing of a file that is not read."""
    for name in FILES:
        root = write(tmp_path / name.replace("/", "-"))
        (root / name).write_text("{")
        try:
            module = load(root)
        except Damaged:
            continue
        from_whole = load(write(tmp_path / "whole"))
        assert (module.digest, module.coverage, module.facts) != (
            from_whole.digest,
            from_whole.coverage,
            from_whole.facts,
        ), name


# -- what is withdrawn -----------------------------------------------------------------------------------------------

DATES = "dates: {released: 2026-01-01, last_reviewed: 2026-02-01, next_review: 2027-02-01"
WITHDRAWN = ", withdrawn: 2026-03-01"


def withdraw_item(root: Path, name: str, indent: str) -> None:
    change(root, name, "difficulty: easy", f"difficulty: easy\n{indent}{DATES}{WITHDRAWN}}}")


@pytest.mark.parametrize(
    ("name", "step"), [("lessons/01-first.md", "lesson:first"), ("quizzes/only.yaml", "quiz:only")]
)
def test_a_withdrawn_part_is_passed_by_and_the_certificate_waits(root: Path, name: str, step: str) -> None:
    change(root, name, DATES, DATES + WITHDRAWN)
    module = load(root)
    found = module.step(step)
    assert found is not None
    assert "withdrawn" in found.fault
    assert not module.is_whole


def test_a_withdrawn_question_is_drawn_no_more(root: Path) -> None:
    withdraw_item(root, "quizzes/only.yaml", "      ")
    module = load(root)
    assert [item.id for item in module.quizzes["only"].items] == ["q-two"]
    assert module.is_whole


def test_a_withdrawn_check_is_asked_no_more(root: Path) -> None:
    withdraw_item(root, "checks/first.yaml", "    ")
    first = load(root).lessons["first"]
    assert (list(first.checks), [part.id for part in first.parts if isinstance(part, Placed)]) == ([], ["drawing"])
    assert not first.fault


def test_a_quiz_without_enough_questions_is_out_of_service(root: Path) -> None:
    change(root, "quizzes/only.yaml", "draw: 1", "draw: 2")
    withdraw_item(root, "quizzes/only.yaml", "      ")
    assert load(root).quizzes["only"].fault
