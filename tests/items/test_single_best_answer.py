"""Single best answers: reading a form, marking, showing before and after, and what an item's digest is made of."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse, Item
from elearn.items.registry import TYPES, parse_item
from elearn.items.single_best_answer import SingleBestAnswer

RAW: dict[str, Any] = {
    "id": "an-item",
    "type": "single-best-answer",
    "outcome": "one",
    "objective": "aim",
    "level": "apply",
    "stem": "A vignette with *emphasis*.",
    "lead_in": "Which is best?",
    "options": [
        {"id": "a", "text": "First", "rationale": "Rationale-a"},
        {"id": "b", "text": "Second", "rationale": "Rationale-b"},
        {"id": "c", "text": "Third", "rationale": "Rationale-c"},
        {"id": "d", "text": "Fourth", "rationale": "Rationale-d"},
    ],
    "key": "c",
    "section": "lesson#heading",
    "facts": ["AA-1", "AA-2"],
}
ITEM = SingleBestAnswer.model_validate(RAW)
ORDER = ("d", "c", "a", "b")


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("values", "option"), [(["1"], "d"), (["2"], "c"), (["3"], "a"), (["4"], "b")])
def test_a_value_is_a_place_in_the_papers_order(values: list[str], option: str) -> None:
    assert ITEM.read({"answer": values}, ORDER) == {"option": option}


def test_nothing_sent_is_nothing_answered() -> None:
    assert ITEM.read({}, ORDER) is None
    assert ITEM.read({"answer": []}, ORDER) is None
    assert ITEM.read({"answer": [""]}, ORDER) is None
    assert ITEM.read({"other": ["1"]}, ORDER) is None


@pytest.mark.parametrize(
    "values",
    [
        *(["0"], ["5"], ["9"], ["-1"], ["+1"], ["1.0"], ["1e0"], ["01"], ["10"], [" 1"], ["1 "], ["1\n"], ["1\x00"]),
        *(["NaN"], ["inf"], ["None"], ["true"], ["a"], ["c"], ["an-item-1"], [str(2**63)], ["9" * 5000]),
        *(["１"], ["١"], ["²"], ["①"], ["1\u0301"], ["1", "2"], ["1", "1"], ["'"], ["{}"]),
    ],
)
def test_anything_else_is_refused(values: list[str]) -> None:
    with pytest.raises(BadResponse):
        ITEM.read({"answer": values}, ORDER)


def test_a_place_beyond_a_shorter_paper_is_refused() -> None:
    with pytest.raises(BadResponse):
        ITEM.read({"answer": ["4"]}, ORDER[:3])


# -- marking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "points", "words"),
    [
        (None, 0, NOT_ANSWERED),
        ({}, 0, NOT_ANSWERED),
        ({"option": "c"}, 1, "Third"),
        ({"option": "a"}, 0, "First"),
        ({"option": "b"}, 0, "Second"),
        ({"option": "d"}, 0, "Fourth"),
        ({"option": "z"}, 0, NOT_ANSWERED),
        ({"option": "C"}, 0, NOT_ANSWERED),
        ({"option": ""}, 0, NOT_ANSWERED),
        ({"answer": "c"}, 0, NOT_ANSWERED),
    ],
)
def test_only_the_key_earns_the_point(response: dict[str, str] | None, points: int, words: str) -> None:
    assert ITEM.points(response) == points
    assert ITEM.wording(response) == words
    assert ITEM.possible == 1


# -- order -----------------------------------------------------------------------------------------------------------


def test_options_stand_in_the_authors_order_or_in_one_of_the_papers_own() -> None:
    assert ITEM.natural_order() == ("a", "b", "c", "d")
    orders = Counter(ITEM.drawn_order(Random(seed)) for seed in range(480))
    assert all(sorted(order) == ["a", "b", "c", "d"] for order in orders)
    assert len(orders) == 24
    for place in range(4):
        keys = sum(count for order, count in orders.items() if order[place] == "c")
        assert 80 <= keys <= 160
    assert ITEM.drawn_order(Random(7)) == ITEM.drawn_order(Random(7))
    assert ITEM.natural_order() == ("a", "b", "c", "d")


# -- showing ---------------------------------------------------------------------------------------------------------


def test_before_marking_nothing_tells_the_key() -> None:
    other_key = SingleBestAnswer.model_validate(changed(key="a"))
    for response in (None, {"option": "c"}, {"option": "a"}):
        face = ITEM.face(ORDER, response)
        assert face == other_key.face(ORDER, response)
        assert [choice.value for choice in face.choices] == ["1", "2", "3", "4"]
        assert [str(choice.label) for choice in face.choices] == ["Fourth", "Third", "First", "Second"]
        assert "Rationale" not in repr(face)
        assert "key" not in repr(face)
    assert "<em>emphasis</em>" in ITEM.face(ORDER, None).stem


@pytest.mark.parametrize(
    ("response", "chosen"), [(None, []), ({"option": "a"}, ["3"]), ({"option": "z"}, []), ({"option": "d"}, ["1"])]
)
def test_the_chosen_option_is_shown_as_chosen(response: dict[str, str] | None, chosen: list[str]) -> None:
    assert [choice.value for choice in ITEM.face(ORDER, response).choices if choice.chosen] == chosen


def seen(response: dict[str, str] | None, *, everything: bool) -> list[tuple[str, bool, bool | None, bool]]:
    review = ITEM.review(ORDER, response, everything=everything)
    return [(str(o.label), o.chosen, o.right, bool(o.rationale)) for o in review.options]


def test_everything_is_shown_with_the_key_and_each_rationale() -> None:
    assert seen({"option": "a"}, everything=True) == [
        ("Fourth", False, False, True),
        ("Third", False, True, True),
        ("First", True, False, True),
        ("Second", False, False, True),
    ]


def test_otherwise_only_what_concerns_the_chosen_option() -> None:
    assert seen({"option": "a"}, everything=False) == [
        ("Fourth", False, None, False),
        ("Third", False, None, False),
        ("First", True, False, True),
        ("Second", False, None, False),
    ]
    assert seen({"option": "c"}, everything=False)[1] == ("Third", True, True, True)
    for response in (None, {"option": "z"}):
        assert all(line[1:] == (False, None, False) for line in seen(response, everything=False))


def test_a_wrong_answer_does_not_tell_the_key_by_its_review() -> None:
    other_key = parse_item(changed(key="b"))
    response = {"option": "a"}
    ours, theirs = (item.review(ORDER, response, everything=False) for item in (ITEM, other_key))
    assert ours == theirs


@pytest.mark.parametrize(
    ("response", "right", "answered"),
    [(None, False, False), ({"option": "c"}, True, True), ({"option": "a"}, False, True), ({}, False, False)],
)
def test_a_review_says_whether_it_was_right(response: dict[str, str] | None, right: bool, answered: bool) -> None:
    review = ITEM.review(ORDER, response, everything=False)
    assert (review.right, review.answered) == (right, answered)


# -- another key -----------------------------------------------------------------------------------------------------


def test_another_option_may_become_the_key_or_count_beside_it() -> None:
    assert [(a.id, a.words) for a in ITEM.alternatives()] == [
        ("a", "First"),
        ("b", "Second"),
        ("c", "Third"),
        ("d", "Fourth"),
    ]
    other, more = ITEM.with_key("a", also=False), ITEM.with_key("a", also=True)
    assert [other.points({"option": option}) for option in "abcd"] == [1, 0, 0, 0]
    assert [more.points({"option": option}) for option in "abcd"] == [1, 0, 1, 0]
    assert more.with_key("b", also=False).points({"option": "a"}) == 0
    assert ITEM.with_key("c", also=True).digest == ITEM.digest
    for alternative in ("e", "", "A", "a b"):
        with pytest.raises(ValueError, match="one of the options"):
            ITEM.with_key(alternative, also=False)


@pytest.mark.parametrize("right", [True, False])
def test_a_form_that_earns_all_or_nothing(right: bool) -> None:
    [form] = ITEM.forms_for(ORDER, right=right)
    assert ITEM.points(ITEM.read(form, ORDER)) == int(right)


@pytest.mark.parametrize(("response", "left"), [(None, 1), ({}, 1), ({"option": "z"}, 1), ({"option": "a"}, 0)])
def test_what_is_left_to_answer(response: dict[str, str] | None, left: int) -> None:
    assert ITEM.left(response) == left
    assert not ITEM.goes_on(response)


# -- digest ----------------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    {"id": "another-item"},
    {"outcome": "two"},
    {"objective": "goal"},
    {"objective": None},
    {"level": "analyse"},
    {"stem": "Another vignette."},
    {"lead_in": "Which is better?"},
    {"key": "a"},
    {"accepted": ["a"]},
    {"section": "lesson#other"},
    {"facts": ["AA-1"]},
    {"facts": ["AA-2", "AA-1"]},
    {"options": RAW["options"][:3]},
    {"options": [RAW["options"][1], RAW["options"][0], *RAW["options"][2:]]},
    {"options": [RAW["options"][0] | {"text": "first"}, *RAW["options"][1:]]},
    {"options": [RAW["options"][0] | {"rationale": "Other"}, *RAW["options"][1:]]},
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_content_is_another_version(change: dict[str, Any]) -> None:
    assert parse_item(changed(**change)).digest != ITEM.digest


def test_all_changes_are_different_versions() -> None:
    assert len({parse_item(changed(**change)).digest for change in CHANGES}) == len(CHANGES)


@pytest.mark.parametrize(
    "same",
    [
        dict(reversed(RAW.items())),
        changed(stem="  A vignette with *emphasis*.\n"),
        changed(options=[dict(reversed(option.items())) for option in RAW["options"]]),
        changed(options=tuple(RAW["options"])),
    ],
)
def test_the_same_content_is_the_same_version(same: dict[str, Any]) -> None:
    assert parse_item(same).digest == ITEM.digest


def test_every_field_is_part_of_the_digest() -> None:
    assert {name for change in CHANGES for name in change} | {"type"} == set(SingleBestAnswer.model_fields)


def test_what_is_stored_is_read_back_as_the_same_version() -> None:
    assert parse_item(ITEM.model_dump(mode="json")).digest == ITEM.digest


def test_an_item_does_not_change() -> None:
    with pytest.raises(ValidationError):
        ITEM.stem = "Other"  # type: ignore[misc]


# -- shape -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (changed(key="e"), "is not one of the options"),
        (changed(accepted=["e"]), "is not one of the options"),
        (changed(options=RAW["options"][:2]), "at least 3"),
        (changed(options=[RAW["options"][0] | {"id": i} for i in "abcde"] + [RAW["options"][0]]), "at most 5"),
        (changed(options=[RAW["options"][0]] * 3, key="a"), "the same id"),
        (changed(options=[RAW["options"][0] | {"id": "f"}, *RAW["options"][1:]]), "should match pattern"),
        (changed(options=[{"id": "a", "text": "x"}, *RAW["options"][1:]]), "rationale"),
        (changed(options=[RAW["options"][0] | {"rationale": "  "}, *RAW["options"][1:]]), "rationale"),
        (changed(type="essay"), "single-best-answer"),
        (changed(hint="x"), "Extra inputs"),
        (changed(lead_in="x" * 301), "at most 300"),
        (changed(section="heading"), "section"),
        ({}, "type"),
        (["a list"], "dictionary"),
        ("words", "dictionary"),
        (None, "dictionary"),
    ],
)
def test_what_is_not_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)


def test_every_type_is_known_by_its_name_and_has_a_template() -> None:
    for name, kind in TYPES.items():
        assert issubclass(kind, Item)
        assert kind.model_fields["type"].annotation.__args__ == (name,)  # type: ignore[union-attr]
        assert kind.template
