"""Multiple responses: reading checkboxes, partial credit, showing before and after, and keys that change."""

from collections import Counter
from itertools import combinations
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse
from elearn.items.multiple_response import RULE, MultipleResponse
from elearn.items.registry import TYPES, parse_item
from tests.items.rendered import asked, reviewed
from tests.items.strange import BAD_PLACES, wrapped
from tests.items.structure import elements, faults, values

RAW: dict[str, Any] = {
    "id": "what-to-ask",
    "type": "multiple-response",
    "outcome": "one",
    "objective": "aim",
    "level": "apply",
    "stem": "Amara asks about a trial of an *invented* medicine.",
    "lead_in": "What should you check before you refer her?",
    "options": [
        {"id": "a", "text": "Whether the trial is *recruiting*", "rationale": "Rationale-a", "right": True},
        {"id": "b", "text": "Whether she has an NHS app", "rationale": "Rationale-b", "right": False},
        {"id": "c", "text": "The criteria for entry", "rationale": "Rationale-c", "right": True},
        {"id": "d", "text": "Her shoe size & height", "rationale": "Rationale-d", "right": False},
        {"id": "e", "text": "How far she would travel", "rationale": "Rationale-e", "right": True},
    ],
    "section": "lesson#heading",
    "facts": ["AA-1"],
}
ITEM = MultipleResponse.model_validate(RAW)
ORDER = ("d", "c", "a", "e", "b")
STRANGE = wrapped("options", "option", "answer")


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


def with_option(number: int, **changes: Any) -> dict[str, Any]:
    options = [option | (changes if place == number else {}) for place, option in enumerate(RAW["options"])]
    return changed(options=options)


def right_ones(ids: str) -> dict[str, Any]:
    return changed(options=[option | {"right": option["id"] in ids} for option in RAW["options"]])


def ticked(ids: str) -> dict[str, Any]:
    return {"options": list(ids)}


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "ids"),
    [
        (["1"], "d"),
        (["2", "3"], "ac"),
        (["3", "2"], "ac"),
        (["5", "4", "3", "2", "1"], "abcde"),
        (["4", "4"], "e"),
        (["", "1"], "d"),
    ],
)
def test_values_are_places_in_the_papers_order(places: list[str], ids: str) -> None:
    assert ITEM.read({"answer": places, "csrf_token": ["x"], "then": ["answers"]}, ORDER) == ticked(ids)


def test_nothing_sent_is_nothing_answered() -> None:
    forms: list[dict[str, list[str]]] = [{}, {"answer": []}, {"answer": [""]}, {"answer-1": ["1"], "options": ["a"]}]
    for sent in forms:
        assert ITEM.read(sent, ORDER) is None


def test_an_emptied_form_takes_the_answer_back() -> None:
    emptied = ITEM.read({"csrf_token": ["x"]}, ORDER, ticked("ac"))
    assert emptied == {"options": []}
    assert ITEM.left(emptied) == 1
    assert ITEM.points(emptied) == 0
    assert ITEM.wording(emptied) == NOT_ANSWERED
    assert not ITEM.review(ORDER, emptied, everything=True).answered


def test_a_form_replaces_the_answer_before() -> None:
    assert ITEM.read({"answer": ["2"]}, ORDER, ticked("ab")) == ticked("c")


@pytest.mark.parametrize("value", [*BAD_PLACES, "6"])
@pytest.mark.parametrize("beside", [[], ["1"]])
def test_anything_else_is_refused(value: str, beside: list[str]) -> None:
    with pytest.raises(BadResponse, match="Choose from the answers") as refused:
        ITEM.read({"answer": [*beside, value]}, ORDER)
    assert refused.value.control == "-1"


def test_more_values_than_options_are_refused() -> None:
    with pytest.raises(BadResponse):
        ITEM.read({"answer": ["1"] * 6}, ORDER)


def test_a_place_beyond_a_shorter_paper_is_refused() -> None:
    with pytest.raises(BadResponse):
        ITEM.read({"answer": ["5"]}, ORDER[:4])


# -- marking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "points"),
    [
        *(("", 0), ("a", 1), ("c", 1), ("e", 1), ("b", 0), ("d", 0)),
        *(("ac", 2), ("ace", 3), ("ab", 0), ("acb", 1), ("aceb", 2), ("abcde", 1), ("bd", 0), ("abd", 0), ("acbd", 0)),
    ],
)
def test_a_right_choice_earns_and_a_wrong_one_costs(ids: str, points: int) -> None:
    assert ITEM.points(ticked(ids)) == points
    assert ITEM.possible == 3


def test_the_mark_is_never_below_zero_nor_above_the_possible() -> None:
    for count in range(6):
        for ids in combinations("abcde", count):
            assert 0 <= ITEM.points(ticked("".join(ids))) <= 3


@pytest.mark.parametrize(
    ("response", "points"),
    [
        (["a"], 0),
        ({"options": "ace"}, 0),
        ({"options": {"a": 1}}, 0),
        ({"options": ["a", "a", "a"]}, 1),
        ({"options": ["a", ["c"], {"e": 1}, None, float("nan"), 2**63, "z", "A"]}, 1),
        ({"option": "a"}, 0),
    ],
)
def test_a_response_of_another_shape_earns_only_what_can_be_read(response: Any, points: int) -> None:
    assert ITEM.points(response) == points


@pytest.mark.parametrize("response", STRANGE)
def test_nothing_stored_makes_it_fail(response: Any) -> None:
    assert ITEM.points(response) in (0, 1)
    assert ITEM.left(response) in (0, 1)
    assert isinstance(ITEM.wording(response), str)
    asked(ITEM.face(ORDER, response))
    for everything in (True, False):
        reviewed(ITEM.review(ORDER, response, everything=everything))


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (None, NOT_ANSWERED),
        (ticked(""), NOT_ANSWERED),
        (ticked("d"), "Her shoe size & height"),
        (ticked("ca"), "Whether the trial is recruiting; The criteria for entry"),
    ],
)
def test_an_answer_in_words(response: Any, words: str) -> None:
    assert ITEM.wording(response) == words


# -- before marking --------------------------------------------------------------------------------------------------


def test_options_stand_in_the_authors_order_or_in_one_of_the_papers_own() -> None:
    assert ITEM.natural_order() == tuple("abcde")
    orders = Counter(ITEM.drawn_order(Random(seed)) for seed in range(1200))
    assert len(orders) == 120


def test_the_rule_is_told_and_not_how_many_are_right() -> None:
    page = asked(ITEM.face(ORDER, None))
    assert RULE == (
        "Choose all that apply. Each right choice earns a point; each wrong one costs a point. "
        "The mark never goes below zero."
    )
    assert RULE in page
    assert "3" not in page.replace('answer-3"', "").replace('value="3"', "")


@pytest.mark.parametrize("response", [None, ticked("a"), ticked("bd"), ticked("abcde")])
@pytest.mark.parametrize("other", ["a", "bd", "abcd", "e"])
def test_before_marking_nothing_tells_the_key(response: Any, other: str) -> None:
    moved = parse_item(right_ones(other))
    with_rationales = parse_item(with_option(0, rationale="Secret"))
    regraded = ITEM.with_key("b", also=True)
    for item in (moved, with_rationales, regraded):
        assert item.natural_order() == ITEM.natural_order()
        assert item.face(ORDER, response) == ITEM.face(ORDER, response)
        assert asked(item.face(ORDER, response)) == asked(ITEM.face(ORDER, response))
    assert "Rationale" not in asked(ITEM.face(ORDER, response))


@pytest.mark.parametrize("ids", ["", "a", "bd", "abcde"])
def test_the_page_sends_back_what_was_chosen(ids: str) -> None:
    page = asked(ITEM.face(ORDER, ticked(ids)))
    assert ITEM.read({"answer": values(page, "answer")}, ORDER, ticked("")) == ticked(ids)


@pytest.mark.parametrize("error", ["", "Choose at least one answer"])
def test_the_page_hangs_together(error: str) -> None:
    page = asked(ITEM.face(ORDER, ticked("a")), "check-x", error)
    assert faults(page, "check-x") == []
    fieldset = next(element for element in elements(page) if element.tag == "fieldset")
    assert fieldset.attrib["aria-describedby"] == "check-x-hint" + (" check-x-error" if error else "")
    assert error in page
    assert "Whether the trial is <em>recruiting</em>" in page


# -- after marking ---------------------------------------------------------------------------------------------------


def seen(item: MultipleResponse, ids: str, *, everything: bool) -> list[tuple[bool, bool | None, str]]:
    review = item.review(ORDER, ticked(ids), everything=everything)
    return [(o.chosen, o.right, o.rationale.striptags()) for o in review.options]


def test_everything_is_shown_with_the_key_and_each_rationale() -> None:
    assert seen(ITEM, "ab", everything=True) == [
        (False, False, "Rationale-d"),
        (False, True, "Rationale-c"),
        (True, True, "Rationale-a"),
        (False, True, "Rationale-e"),
        (True, False, "Rationale-b"),
    ]
    page = reviewed(ITEM.review(ORDER, ticked("ab"), everything=True))
    assert faults(f'<p id="answer-1"></p>{page}') == []
    for words, times in (
        ("Your choice, and right: earns a point", 1),
        ("Your choice, but wrong: costs a point", 1),
        ("Not your choice, but right", 2),
        ("Not your choice, and wrong", 1),
    ):
        assert page.count(words) == times


def test_otherwise_only_what_concerns_what_was_chosen() -> None:
    assert seen(ITEM, "ab", everything=False) == [
        (False, None, ""),
        (False, None, ""),
        (True, True, "Rationale-a"),
        (False, None, ""),
        (True, False, "Rationale-b"),
    ]
    page = reviewed(ITEM.review(ORDER, ticked("ab"), everything=False))
    assert page.count("<li") == 2
    assert "criteria" not in page
    assert "<li" not in reviewed(ITEM.review(ORDER, None, everything=False))


def test_a_review_does_not_tell_which_others_are_right() -> None:
    """With as many right ones, but others than those chosen, not a byte differs."""
    for ids, others in (("ab", "acd"), ("ab", "ade"), ("b", "ade"), ("c", "cbd"), ("", "abd")):
        ours, theirs = (
            item.review(ORDER, ticked(ids), everything=False)
            for item in (ITEM, MultipleResponse.model_validate(right_ones(others)))
        )
        assert ours == theirs
        assert reviewed(ours) == reviewed(theirs)


@pytest.mark.parametrize(
    ("ids", "verdict"),
    [
        ("", NOT_ANSWERED),
        ("b", "Not right"),
        ("ab", "Not right"),
        ("ac", "Partly right: 2 of 3 points"),
        ("ace", "Right"),
        ("abcde", "Partly right: 1 of 3 points"),
    ],
)
def test_a_review_says_the_mark_in_words(ids: str, verdict: str) -> None:
    assert ITEM.review(ORDER, ticked(ids), everything=False).verdict == verdict


# -- keys that change ------------------------------------------------------------------------------------------------


def test_each_option_may_change_its_side() -> None:
    assert [(a.id, a.words) for a in ITEM.alternatives()][:2] == [
        ("a", "Wrong, not right: Whether the trial is recruiting"),
        ("b", "Right, not wrong: Whether she has an NHS app"),
    ]
    assert len(ITEM.alternatives()) == 5
    gained, lost = ITEM.with_key("b", also=False), ITEM.with_key("c", also=False)
    assert ([o.id for o in gained.options if o.right], gained.possible) == (["a", "b", "c", "e"], 4)
    assert ([o.id for o in lost.options if o.right], lost.possible) == (["a", "e"], 2)
    assert gained.with_key("b", also=False) == ITEM
    assert len({ITEM.digest, gained.digest, lost.digest}) == 3


def test_an_accepted_option_earns_a_point_and_nobody_needs_it() -> None:
    item = ITEM.with_key("b", also=True)
    assert (item.accepted, item.possible) == (("b",), 3)
    for ids, points in (("ace", 3), ("aceb", 3), ("acb", 3), ("b", 1), ("abd", 1), ("d", 0), ("abcde", 3)):
        assert item.points(ticked(ids)) == points
    for count in range(6):  # accepting more lowers nobody's mark
        for ids_ in combinations("abcde", count):
            assert item.points(ticked("".join(ids_))) >= ITEM.points(ticked("".join(ids_)))
    assert item.with_key("d", also=True).accepted == ("b", "d")
    assert item.with_key("b", also=True) == item
    assert item.with_key("b", also=False).accepted == ()
    assert item.with_key("d", also=False).accepted == ("b",)
    assert "It is accepted too" in reviewed(item.review(ORDER, ticked("ace"), everything=True))
    assert not any(option.accepted for option in item.review(ORDER, ticked("ace"), everything=False).options)
    assert "accepted" not in reviewed(item.review(ORDER, ticked("ace"), everything=False))


@pytest.mark.parametrize(
    ("rights", "alternative", "also", "words"),
    [
        ("ace", "z", False, "Choose one of the options"),
        ("ace", "", True, "Choose one of the options"),
        ("ace", "ab", True, "Choose one of the options"),
        ("ace", "a", True, "right already"),
        ("a", "a", False, "At least one option must stay right"),
        ("abcd", "e", False, "At least one option must stay right, and at least one wrong"),
    ],
)
def test_no_other_key_is_taken(rights: str, alternative: str, also: bool, words: str) -> None:
    item = parse_item(right_ones(rights))
    with pytest.raises(ValueError, match=words) as refused:
        item.with_key(alternative, also=also)
    assert not isinstance(refused.value, ValidationError)


@pytest.mark.parametrize("rights", ["a", "ace", "abcd", "e"])
@pytest.mark.parametrize("accepted", ["", "b", "bd"])
def test_the_forms_earn_everything_or_nothing(rights: str, accepted: str) -> None:
    raw = right_ones(rights)
    wrong = {option["id"] for option in raw["options"] if not option["right"]}
    item = parse_item(raw | {"accepted": sorted(wrong & set(accepted))})
    for right, points in ((True, item.possible), (False, 0)):
        response = None
        for form in item.forms_for(ORDER, right=right):
            response = item.read(form, ORDER, response)
        assert item.points(response) == points


# -- content ---------------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    *({"id": "another"}, {"outcome": "two"}, {"objective": None}, {"level": "recall"}, {"stem": "Another."}),
    *({"lead_in": "Which?"}, {"section": "lesson#other"}, {"facts": []}, {"accepted": ["b"]}, {"accepted": ["b", "d"]}),
    {"options": RAW["options"][:4]},
    {"options": RAW["options"][::-1]},
    *({"options": with_option(0, **change)["options"]} for change in ({"text": "x"}, {"rationale": "x"}, {"id": "f"})),
    {"options": with_option(0, right=False)["options"]},
]


def test_any_change_of_content_is_another_version() -> None:
    digests = {parse_item(changed(**change)).digest for change in CHANGES}
    assert len(digests | {ITEM.digest}) == len(CHANGES) + 1
    assert {name for change in CHANGES for name in change} | {"type"} == set(MultipleResponse.model_fields)


def test_what_is_stored_is_read_back_as_the_same_version() -> None:
    for item in (ITEM, ITEM.with_key("b", also=True)):
        assert parse_item(item.model_dump(mode="json")).digest == item.digest


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (right_ones(""), "no option is right: set"),
        (right_ones("abcde"), "every option is right: set"),
        (with_option(1, id="a"), "two options have the same id"),
        (with_option(1, id="i"), "should match pattern"),
        (with_option(1, right=None), "valid boolean"),
        (with_option(1, rationale=" "), "rationale"),
        (with_option(1, hint="x"), "Extra inputs"),
        (changed(options=RAW["options"][:3]), "at least 4"),
        (changed(options=[RAW["options"][i % 5] | {"id": "abcdefgha"[i]} for i in range(9)]), "at most 8"),
        (changed(accepted=["a"]), "no wrong option: take it out"),
        (changed(accepted=["z"]), "no wrong option: take it out"),
        (changed(accepted=["b", "b"]), "name each once"),
        (changed(key="a"), "Extra inputs"),
    ],
)
def test_what_is_not_such_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)


def test_it_is_known_by_its_name() -> None:
    assert TYPES["multiple-response"] is MultipleResponse
