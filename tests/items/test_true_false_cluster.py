"""True/false clusters: reading radios, marking each statement, showing before and after, and keys that change."""

from collections import Counter
from itertools import product
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse
from elearn.items.registry import TYPES, parse_item
from elearn.items.true_false_cluster import RULE, TrueFalseCluster
from tests.items.rendered import asked, reviewed
from tests.items.strange import BAD_PLACES, wrapped
from tests.items.structure import elements, faults, values

RAW: dict[str, Any] = {
    "id": "about-early-access",
    "type": "true-false-cluster",
    "outcome": "one",
    "objective": "aim",
    "level": "understand",
    "stem": "A programme gives an *invented* medicine before its licence.",
    "lead_in": "Which of these statements are true?",
    "statements": [
        {"id": "a", "text": "The company may *charge* for it", "rationale": "Rationale-a", "is_true": True},
        {"id": "b", "text": "It is a trial & needs a protocol", "rationale": "Rationale-b", "is_true": False},
        {"id": "c", "text": "The prescriber reports reactions", "rationale": "Rationale-c", "is_true": True},
        {"id": "d", "text": "Every patient is eligible", "rationale": "Rationale-d", "is_true": False},
    ],
    "section": "lesson#heading",
    "facts": ["AA-1"],
}
ITEM = TrueFalseCluster.model_validate(RAW)
ORDER = ("d", "b", "a", "c")
RIGHT = {"a": True, "b": False, "c": True, "d": False}
STRANGE = wrapped("answers", "answer", "statements")


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


def with_statement(number: int, **changes: Any) -> dict[str, Any]:
    statements = [s | (changes if place == number else {}) for place, s in enumerate(RAW["statements"])]
    return changed(statements=statements)


def true_ones(ids: str) -> dict[str, Any]:
    return changed(statements=[s | {"is_true": s["id"] in ids} for s in RAW["statements"]])


def judged(**answers: bool) -> dict[str, Any]:
    return {"answers": answers}


def form(*places: str) -> dict[str, list[str]]:
    return {f"answer-{number}": [place] for number, place in enumerate(places, start=1)} | {"csrf_token": ["x"]}


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        (form("1", "2", "1", "2"), {"d": True, "b": False, "a": True, "c": False}),
        (form("2", "2", "2", "2"), dict.fromkeys("dbac", False)),
        (form("", "1"), {"b": True}),
        (form("1", "", "", "1"), {"d": True, "c": True}),
        (form("1") | {"answer-5": ["1"], "answer-0": ["9"], "answer": ["x"], "a": ["1"]}, {"d": True}),
        (form() | {"answer-1": ["", "2"]}, {"d": False}),
    ],
)
def test_values_are_places_and_fields_are_places_in_the_papers_order(sent: Any, answers: dict[str, bool]) -> None:
    assert ITEM.read(sent, ORDER) == {"answers": answers}
    assert ITEM.read(sent, ORDER, judged(a=True, b=True)) == {"answers": answers}


def test_nothing_sent_is_nothing_answered() -> None:
    assert ITEM.read(form(), ORDER) is None
    assert ITEM.read(form("", "", "", ""), ORDER) is None


def test_an_emptied_form_takes_the_answer_back() -> None:
    emptied = ITEM.read(form(), ORDER, judged(a=True))
    assert emptied == judged()
    assert (ITEM.left(emptied), ITEM.points(emptied), ITEM.wording(emptied)) == (4, 0, NOT_ANSWERED)
    assert not ITEM.review(ORDER, emptied, everything=True).answered


@pytest.mark.parametrize("value", [*BAD_PLACES, "3", "True", "d"])
@pytest.mark.parametrize("number", [1, 3])
def test_anything_else_is_refused(value: str, number: int) -> None:
    sent = form("1", "1", "1", "1") | {f"answer-{number}": [value]}
    with pytest.raises(BadResponse, match=f"Choose True or False for statement {number}") as refused:
        ITEM.read(sent, ORDER)
    assert refused.value.control == f"-{number}"
    assert f'id="answer-{number}"' in asked(ITEM.face(ORDER, None))


def test_two_answers_to_one_statement_are_refused() -> None:
    for both in (["1", "2"], ["1", "1"]):
        with pytest.raises(BadResponse):
            ITEM.read({"answer-2": both}, ORDER)


# -- marking ---------------------------------------------------------------------------------------------------------


def test_each_right_answer_earns_a_point_and_a_wrong_one_costs_nothing() -> None:
    for given in product((True, False, None), repeat=4):
        answers = {key: answer for key, answer in zip("abcd", given, strict=True) if answer is not None}
        assert ITEM.points({"answers": answers}) == sum(RIGHT[key] is answer for key, answer in answers.items())
        assert ITEM.left({"answers": answers}) == 4 - len(answers)
    assert ITEM.possible == 4


@pytest.mark.parametrize(
    ("response", "points", "left"),
    [
        (None, 0, 4),
        ({}, 0, 4),
        ({"answers": {"a": 1, "b": 0, "c": "True", "d": []}}, 0, 4),
        ({"answers": {"a": True, "b": None, "c": {"c": True}, "z": True}}, 1, 3),
        ({"answers": ["a"]}, 0, 4),
        ({"answers": {"A": True}, "a": True}, 0, 4),
        (["answers"], 0, 4),
    ],
)
def test_only_true_and_false_count(response: Any, points: int, left: int) -> None:
    assert (ITEM.points(response), ITEM.left(response)) == (points, left)


@pytest.mark.parametrize("response", STRANGE)
def test_nothing_stored_makes_it_fail(response: Any) -> None:
    assert ITEM.points(response) == 0
    assert ITEM.left(response) == 4
    assert ITEM.wording(response) == NOT_ANSWERED
    asked(ITEM.face(ORDER, response))
    for everything in (True, False):
        reviewed(ITEM.review(ORDER, response, everything=everything))


def test_an_answer_in_words() -> None:
    assert ITEM.wording(judged(b=False, a=True)) == (
        "The company may charge for it: True; It is a trial & needs a protocol: False; "
        "The prescriber reports reactions: not answered; Every patient is eligible: not answered"
    )


# -- before marking --------------------------------------------------------------------------------------------------


def test_statements_stand_in_the_authors_order_or_in_one_of_the_papers_own() -> None:
    assert ITEM.natural_order() == tuple("abcd")
    assert len(Counter(ITEM.drawn_order(Random(seed)) for seed in range(480))) == 24


@pytest.mark.parametrize("response", [None, judged(), judged(a=True), {"answers": RIGHT}])
@pytest.mark.parametrize("other", ["", "a", "bd", "abcd"])
def test_before_marking_nothing_tells_the_key(response: Any, other: str) -> None:
    page = asked(ITEM.face(ORDER, response))
    for item in (
        parse_item(true_ones(other)),
        parse_item(with_statement(0, rationale="x")),
        ITEM.with_key("a", also=True),
    ):
        assert item.natural_order() == ITEM.natural_order()
        assert item.face(ORDER, response) == ITEM.face(ORDER, response)
        assert asked(item.face(ORDER, response)) == page
    assert "Rationale" not in page
    assert RULE in page


@pytest.mark.parametrize("response", [judged(), judged(a=True, d=False), {"answers": RIGHT}])
def test_the_page_sends_back_what_was_chosen(response: Any) -> None:
    page = asked(ITEM.face(ORDER, response))
    sent = {f"answer-{number}": values(page, f"answer-{number}") for number in range(1, 5)}
    assert ITEM.read(sent, ORDER, response) == response


@pytest.mark.parametrize("error", ["", "Choose True or False for each statement"])
def test_the_page_hangs_together(error: str) -> None:
    page = asked(ITEM.face(ORDER, judged(a=True)), "check-x", error)
    assert faults(page, "check-x") == []
    fieldsets = [element for element in elements(page) if element.tag == "fieldset"]
    assert len(fieldsets) == 5
    assert all(fieldset[0].tag == "legend" for fieldset in fieldsets)
    assert fieldsets[0].attrib["aria-describedby"] == "check-x-hint" + (" check-x-error" if error else "")
    assert error in page
    assert page.count("checked") == 1
    assert "3. The company may <em>charge</em> for it</legend>" in page


# -- after marking ---------------------------------------------------------------------------------------------------

ONE_OF_EACH = judged(a=True, b=True)


def seen(item: TrueFalseCluster, response: Any, *, everything: bool) -> list[tuple[str, bool | None, str, str]]:
    review = item.review(ORDER, response, everything=everything)
    page = reviewed(review)
    assert faults(f'<p id="answer-1"></p>{page}') == []
    assert page.count("Rationale") == sum(bool(s.rationale) for s in review.statements)
    assert page.count("Right answer: ") == sum(bool(s.key) for s in review.statements)
    return [(s.given, s.right, s.key, s.rationale.striptags()) for s in review.statements]


def test_everything_is_shown_with_the_key_and_each_rationale() -> None:
    assert seen(ITEM, ONE_OF_EACH, everything=True) == [
        ("", None, "False", "Rationale-d"),
        ("True", False, "False", "Rationale-b"),
        ("True", True, "True", "Rationale-a"),
        ("", None, "True", "Rationale-c"),
    ]
    page = reviewed(ITEM.review(ORDER, ONE_OF_EACH, everything=True))
    assert page.count("Not answered") == 2
    assert "Your answer: True, not right" in page
    assert "Your answer: True, right" in page


def test_otherwise_only_what_concerns_what_was_answered() -> None:
    assert seen(ITEM, ONE_OF_EACH, everything=False) == [
        ("", None, "", ""),
        ("True", False, "", "Rationale-b"),
        ("True", True, "", "Rationale-a"),
        ("", None, "", ""),
    ]
    assert reviewed(ITEM.review(ORDER, ONE_OF_EACH, everything=False)).count("<li") == 2
    assert "<li" not in reviewed(ITEM.review(ORDER, None, everything=False))


@pytest.mark.parametrize("others", ["a", "ac", "ad", "acd"])
def test_a_review_does_not_tell_what_was_not_answered(others: str) -> None:
    other = parse_item(true_ones(others))
    ours, theirs = (item.review(ORDER, ONE_OF_EACH, everything=False) for item in (ITEM, other))
    assert ours == theirs
    assert reviewed(ours) == reviewed(theirs)


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (None, NOT_ANSWERED),
        (judged(a=False), "Not right"),
        (judged(a=True), "Partly right: 1 of 4 points"),
        ({"answers": RIGHT}, "Right"),
    ],
)
def test_a_review_says_the_mark_in_words(response: Any, verdict: str) -> None:
    assert ITEM.review(ORDER, response, everything=False).verdict == verdict


# -- keys that change ------------------------------------------------------------------------------------------------


def test_each_statement_may_change_its_answer() -> None:
    assert [(a.id, a.words) for a in ITEM.alternatives()][:2] == [
        ("a", "False, not True: The company may charge for it"),
        ("b", "True, not False: It is a trial & needs a protocol"),
    ]
    for alternative in ITEM.alternatives():
        item = ITEM.with_key(alternative.id, also=False)
        assert item.points({"answers": RIGHT}) == 3
        assert item.points({"answers": RIGHT | {alternative.id: not RIGHT[alternative.id]}}) == 4
        assert item.digest != ITEM.digest
        assert item.with_key(alternative.id, also=False) == ITEM


def test_either_answer_may_be_accepted() -> None:
    item = ITEM.with_key("d", also=True).with_key("b", also=True)
    assert item.accepted == ("b", "d")
    assert item.points({"answers": RIGHT}) == 4
    assert item.points({"answers": RIGHT | {"b": True, "d": True}}) == 4
    assert item.points({"answers": {"a": True}}) == 1  # without an answer there is no point
    assert item.with_key("b", also=True) == item
    assert item.with_key("b", also=False).accepted == ("d",)
    page = reviewed(item.review(ORDER, judged(b=True), everything=True))
    assert "Right answer: False; the other answer is accepted too" in page
    assert "Your answer: True, right" in page
    assert "accepted" not in reviewed(item.review(ORDER, judged(b=True), everything=False))


@pytest.mark.parametrize("also", [True, False])
@pytest.mark.parametrize("alternative", ["", "z", "A", "ab", "True"])
def test_no_other_key_is_taken(alternative: str, also: bool) -> None:
    with pytest.raises(ValueError, match="Choose one of the statements"):
        ITEM.with_key(alternative, also=also)


@pytest.mark.parametrize("trues", ["", "a", "abcd"])
@pytest.mark.parametrize("accepted", ["", "a", "abcd"])
def test_the_forms_earn_everything_or_nothing(trues: str, accepted: str) -> None:
    item = parse_item(true_ones(trues) | {"accepted": list(accepted)})
    for right, points in ((True, 4), (False, 0)):
        response = None
        for sent in item.forms_for(ORDER, right=right):
            response = item.read(sent, ORDER, response)
        assert item.points(response) == points


# -- content ---------------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    *({"id": "another"}, {"outcome": "two"}, {"objective": None}, {"level": "recall"}, {"stem": "Another."}),
    *({"lead_in": "Which?"}, {"section": "lesson#other"}, {"facts": []}, {"accepted": ["b"]}),
    {"statements": RAW["statements"][:3]},
    {"statements": RAW["statements"][::-1]},
    *({"statements": with_statement(0, **c)["statements"]} for c in ({"text": "x"}, {"rationale": "x"}, {"id": "f"})),
    {"statements": with_statement(0, is_true=False)["statements"]},
]


def test_any_change_of_content_is_another_version() -> None:
    digests = {parse_item(changed(**change)).digest for change in CHANGES}
    assert len(digests | {ITEM.digest}) == len(CHANGES) + 1
    assert {name for change in CHANGES for name in change} | {"type"} == set(TrueFalseCluster.model_fields)


def test_what_is_stored_is_read_back_as_the_same_version() -> None:
    for item in (ITEM, ITEM.with_key("b", also=True)):
        assert parse_item(item.model_dump(mode="json")).digest == item.digest


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (with_statement(1, id="a"), "two statements have the same id"),
        (with_statement(1, id="g"), "should match pattern"),
        (with_statement(1, is_true="perhaps"), "valid boolean"),
        (with_statement(1, rationale=" "), "rationale"),
        (with_statement(1, right=True), "Extra inputs"),
        (changed(statements=RAW["statements"][:2]), "at least 3"),
        (changed(statements=[RAW["statements"][0]] * 7), "at most 6"),
        (changed(accepted=["z"]), "which is no statement: take it out"),
        (changed(accepted=["b", "b"]), "name each once"),
        (changed(key="a"), "Extra inputs"),
    ],
)
def test_what_is_not_such_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)


def test_it_is_known_by_its_name() -> None:
    assert TYPES["true-false-cluster"] is TrueFalseCluster
