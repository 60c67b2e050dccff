"""Pass marks: the cut that follows from expected facilities, and what a guesser reaches."""

from random import Random
from typing import Any

import pytest

from elearn.content.schema import BlueprintCell, ItemRecord, QuizRules
from elearn.content.structure import Quiz
from elearn.items.base import Item
from elearn.items.registry import TYPES
from elearn.items.standard import cut, pass_percent, passes_by_chance
from tests.items.test_every_type import every_type, item_of
from tests.items.test_item_writing import item

ONE = item()


def cell(objective: str, draw: int) -> BlueprintCell:
    return BlueprintCell(objective=objective, text="x", outcome="one", levels=("apply",), draw=draw)


def quiz(cells: dict[str, tuple[int, list[Item]]], percent: int = 75) -> Quiz:
    """A quiz of cells: each with its draw and its items."""
    return Quiz(
        slug="q",
        title="Q",
        rules=QuizRules(pass_percent=percent),
        blueprint=tuple(cell(name, draw) for name, (draw, _) in cells.items()),
        items=tuple(
            one.model_copy(update={"objective": name, "id": f"{name}-{n}"})
            for name, (_, items) in cells.items()
            for n, one in enumerate(items)
        ),
    )


def record(facility: float | None) -> ItemRecord:
    return ItemRecord.model_validate(
        {
            "difficulty": "easy",
            "facility": facility,
            "history": [{"version": "1.0.0", "date": "2026-01-01", "what": "x"}],
        }
    )


# -- the cut ---------------------------------------------------------------------------------------------------------


def test_the_cut_is_the_mean_facility_of_a_paper() -> None:
    """Two of the first cell at a mean of 0.7, one of the second at 0.4: (2 * 0.7 + 0.4) / 3."""
    sat = quiz({"a": (2, [ONE, ONE]), "b": (1, [ONE])})
    records = {"a-0": record(0.6), "a-1": record(0.8), "b-0": record(0.4)}
    assert cut(sat, records) == pytest.approx(0.6)


def test_a_cell_counts_by_its_points() -> None:
    """One point at 0.9, and an item of four points at 0.5: (0.9 + 2.0) / 5."""
    grid = next(item_of(name) for name in sorted(TYPES) if item_of(name).possible == 4)
    assert cut(quiz({"a": (1, [ONE]), "b": (1, [grid])}), {"a-0": record(0.9), "b-0": record(0.5)}) == pytest.approx(
        0.58
    )


@pytest.mark.parametrize("records", [{}, {"a-0": record(0.6)}, {"a-0": record(0.6), "a-1": record(None)}])
def test_without_every_facility_there_is_no_cut(records: dict[str, ItemRecord]) -> None:
    assert cut(quiz({"a": (1, [ONE, ONE])}), records) is None


@pytest.mark.parametrize(
    ("share", "percent"), [(0.7, 70), (0.701, 75), (0.75, 75), (0.7500001, 75), (0.751, 80), (0.99, 100), (0.01, 5)]
)
def test_the_pass_mark_is_the_next_whole_five(share: float, percent: int) -> None:
    assert pass_percent(share) == percent


# -- guessing --------------------------------------------------------------------------------------------------------


def test_a_guesser_s_chance_is_the_binomial_one() -> None:
    """Six or more of eight at one in three: (28 * 4 + 8 * 2 + 1) / 3 ** 8 (fact CP-40 has its kin)."""
    assert passes_by_chance(quiz({"a": (8, [ONE])})) == pytest.approx((28 * 4 + 8 * 2 + 1) / 3**8)


def test_cells_are_added_up() -> None:
    five = item("First thing", "Second thing", "Third thing", "Fourth thing", "Fifth thing")
    both = quiz({"a": (1, [ONE]), "b": (1, [five])}, percent=100)
    assert passes_by_chance(both) == pytest.approx(1 / 15)
    assert passes_by_chance(quiz({"a": (1, [ONE, five])}, percent=100)) == pytest.approx((1 / 3 + 1 / 5) / 2)


@every_type
def test_chances_are_those_of_every_item(name: str) -> None:
    chances = item_of(name).by_chance()
    assert len(chances) == item_of(name).possible + 1
    assert sum(chances) == pytest.approx(1)
    assert all(0 <= chance <= 1 for chance in chances)


def sampled(one: Item, count: int) -> list[float]:
    """The shares of points that random answers earn, as a page would send them: places at random."""
    randomness, order = Random(7), one.drawn_order(Random(3))
    points = [0] * (one.possible + 1)
    for _ in range(count):
        points[one.points(answer_at_random(one, order, randomness))] += 1
    return [number / count for number in points]


def answer_at_random(one: Item, order: Any, randomness: Random) -> Any:
    sizes: Any = {
        "single-best-answer": lambda q: {"answer": [str(randomness.randint(1, len(q.options)))]},
        "extended-matching": lambda q: {
            f"answer-{n}": [str(randomness.randint(1, len(q.options)))] for n, _ in enumerate(q.parts, 1)
        },
        "true-false-cluster": lambda q: {
            f"answer-{n}": [str(randomness.randint(1, 2))] for n, _ in enumerate(q.statements, 1)
        },
        "criteria-grid": lambda q: {
            **{f"answer-{n}": [str(randomness.randint(1, 3))] for n, _ in enumerate(q.criteria, 1)},
            f"answer-{len(q.criteria) + 1}": [str(randomness.randint(1, len(q.route.options)))],
        },
        "ordering": lambda q: {
            f"answer-{n}": [str(place)]
            for n, place in enumerate(randomness.sample(range(1, len(q.steps) + 1), len(q.steps)), 1)
        },
    }
    return one.read(sizes[one.type](one), order)


@pytest.mark.parametrize(
    "name", ["single-best-answer", "extended-matching", "true-false-cluster", "criteria-grid", "ordering"]
)
def test_chances_are_what_random_forms_earn(name: str) -> None:
    """4,000 forms filled in by dice: each share within four standard errors."""
    one = item_of(name)
    for told, found in zip(one.by_chance(), sampled(one, 4_000), strict=True):
        assert abs(told - found) <= 4 * (told * (1 - told) / 4_000) ** 0.5 + 1e-9


def test_a_multiple_response_by_hand() -> None:
    """Two right of four: of the 15 choices, one earns both points, and six earn one."""
    raw = item_of("multiple-response").model_dump(mode="json")
    options = [
        {**option, "id": letter, "right": letter in "ab"}
        for letter, option in zip("abcd", raw["options"] * 2, strict=False)
    ]
    one = type(item_of("multiple-response")).model_validate({**raw, "options": options, "accepted": []})
    # both: {a, b}; one: {a}, {b}, {a, b, c}, {a, b, d}; {a, c} and the like earn 1 - 1
    assert one.by_chance() == pytest.approx((10 / 15, 4 / 15, 1 / 15))


def test_nobody_guesses_a_number() -> None:
    assert item_of("numeric").by_chance() == (1.0, 0.0)


def test_an_unfolding_case_by_hand() -> None:
    case: Any = item_of("unfolding-case")
    most = 1.0
    for stage in case.stages:
        most /= len(stage.options)
    assert case.by_chance()[-1] == pytest.approx(most)
