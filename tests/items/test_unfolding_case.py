"""Unfolding cases: stages that open and lock, marking each, showing no more than is open, keys that change."""

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse
from elearn.items.registry import parse_item
from elearn.items.unfolding_case import GO_ON, LOCKED, NOT_OPEN, CaseFace, CaseReview, Stage, UnfoldingCase
from tests.items.rendered import asked, reviewed


def stage(name: str, key: str, count: int = 3) -> dict[str, Any]:
    return {
        "id": name,
        "text": f"What-{name} happens *now*.",
        "lead_in": f"Do-{name} what?",
        "options": [
            {"id": i, "text": f"Option {name}{i} & *more*", "rationale": f"Why-{name}{i}."} for i in "abcde"[:count]
        ],
        "key": key,
    }


RAW: dict[str, Any] = {
    "id": "a-case",
    "type": "unfolding-case",
    "outcome": "one",
    "objective": "aim",
    "level": "analyse",
    "stem": "Eli, 12, has a *rare* disease.",
    "lead_in": "Follow the case and answer each part",
    "stages": [stage("s1", "b"), stage("s2", "a", 4), stage("s3", "c")],
    "section": "lesson#heading",
    "facts": ["AA-1"],
}
ITEM = parse_item(RAW)
ORDER = ("s1:c", "s1:b", "s1:a", "s2:d", "s2:c", "s2:b", "s2:a", "s3:a", "s3:c", "s3:b")


def told(released: int, **answers: str) -> dict[str, Any]:
    return {"answers": answers, "released": released}


SAVED = told(1, s1="c")
SECOND = told(2, s1="b")
THIRD = told(3, s1="b", s2="d")
RIGHT = told(3, s1="b", s2="a", s3="c")
SOME = told(3, s1="b", s2="d", s3="a")
LOOKS: list[Any] = [None, SECOND, THIRD]


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


def with_stage(place: int, **changes: Any) -> dict[str, Any]:
    stages = deepcopy(RAW["stages"])
    stages[place] |= changes
    return changed(stages=stages)


def form(shown: int | str, place: int | str = "", *, go_on: bool = True) -> dict[str, list[str]]:
    sent = {"stage": [str(shown)], "csrf_token": ["x"]}
    sent |= {"answer": [str(place)]} if place else {}
    return sent | ({"go-on": [""]} if go_on else {})


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "sent", "response"),
    [
        # kept, and free to change, until the person goes on
        (None, form(1, 1, go_on=False), SAVED),
        (SAVED, form(1, 2, go_on=False), told(1, s1="b")),
        (SAVED, form(1, go_on=False), SAVED),
        # going on opens the next stage
        (None, form(1, 2), SECOND),
        (SAVED, form(1, 2), SECOND),
        (SECOND, form(2, 1, go_on=False), told(2, s1="b", s2="d")),
        (SECOND, form(2, 1), THIRD),
        (told(2, s1="b", s2="a"), form(2, 1), THIRD),
        # the last one stays open, with nothing to open after it
        (THIRD, form(3, 2), told(3, s1="b", s2="d", s3="c")),
        (THIRD, form(3, 2, go_on=False), told(3, s1="b", s2="d", s3="c")),
        (RIGHT, form(3, 1), told(3, s1="b", s2="a", s3="a")),
        # nothing answered
        (None, form(1, go_on=False), None),
        (None, {}, None),
        (SECOND, form(2, go_on=False), SECOND),
        # without the number of the stage it is the one that is open
        (SECOND, {"answer": ["4"]}, told(2, s1="b", s2="a")),
        (None, {"answer": ["3"], "answer-2": ["1"], "released": ["3"], "go-on": []}, told(1, s1="a")),
    ],
)
def test_an_answer_is_kept_and_going_on_opens_the_next_stage(before: Any, sent: Any, response: Any) -> None:
    stood = deepcopy(before)
    assert ITEM.read(sent, ORDER, before) == response
    assert before == stood


@pytest.mark.parametrize("before", [None, SAVED, SECOND, THIRD, RIGHT])
@pytest.mark.parametrize("empty", [{}, {"answer": []}, {"answer": [""]}])
def test_without_an_answer_nobody_goes_on(before: Any, empty: dict[str, list[str]]) -> None:
    with pytest.raises(BadResponse, match=GO_ON) as refused:
        ITEM.read({"go-on": ["1"]} | empty, ORDER, before)
    assert refused.value.control == "-1"


@pytest.mark.parametrize(("before", "shown"), [(SECOND, 1), (THIRD, 1), (THIRD, 2), (RIGHT, 2)])
@pytest.mark.parametrize("go_on", [True, False])
def test_a_locked_stage_does_not_change_and_the_same_answer_again_is_no_change(
    before: Any, shown: int, go_on: bool
) -> None:
    stood = deepcopy(before)
    refused = []
    for place in ("", "1", "2", "3", "4", "9"):
        try:
            assert ITEM.read(form(shown, place, go_on=go_on), ORDER, before) == before
        except BadResponse as fault:
            refused.append((place, str(fault)))
        assert before == stood
    assert len(refused) == 5  # all but the place of the answer that stands
    assert {("", LOCKED)} < set(refused)


@pytest.mark.parametrize(("before", "shown"), [(None, 2), (None, 3), (SAVED, 2), (SECOND, 3)])
def test_nobody_answers_ahead(before: Any, shown: int) -> None:
    with pytest.raises(BadResponse, match=NOT_OPEN):
        ITEM.read(form(shown, 1), ORDER, before)


@pytest.mark.parametrize("shown", ["0", "4", "-1", "01", "１", "NaN", "s1", "1e0", str(2**63), " 1"])
def test_a_stage_is_a_place_too(shown: str) -> None:
    with pytest.raises(BadResponse, match=NOT_OPEN):
        ITEM.read(form(shown, 1), ORDER)


@pytest.mark.parametrize(
    "values",
    [
        *(["0"], ["4"], ["-1"], ["+1"], ["1.0"], ["1e0"], ["01"], ["10"], [" 1"], ["1\n"], ["NaN"], ["b"], ["s1:b"]),
        *([str(2**63)], ["9" * 5000], ["１"], ["²"], ["1", "2"], ["1", "1"]),
    ],
)
@pytest.mark.parametrize("go_on", [{}, {"go-on": ["yes"]}])
def test_any_other_place_is_refused(values: list[str], go_on: Any) -> None:
    with pytest.raises(BadResponse, match="Choose one answer"):
        ITEM.read({"stage": ["1"], "answer": values} | go_on, ORDER)


def test_places_are_those_of_the_open_stage() -> None:
    with pytest.raises(BadResponse):
        ITEM.read(form(1, 4), ORDER)
    assert ITEM.read(form(2, 4), ORDER, SECOND) == told(3, s1="b", s2="a")


@pytest.mark.parametrize("before", [{"released": 2}, {"released": "3", "answers": []}, {"answers": {"s1": ["a"]}}])
def test_a_broken_answer_does_not_break_the_next(before: Any) -> None:
    response = ITEM.read({"answer": ["1"]}, ORDER, before)
    assert response is not None
    assert set(response) == {"answers", "released"}


# -- going on --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "goes_on"),
    [
        (None, True),
        (SAVED, True),
        (SECOND, True),
        (told(2, s1="b", s2="d"), True),
        (THIRD, True),  # the last stage has just opened, and nobody has seen it yet
        (RIGHT, False),
        (SOME, False),
        ({"released": 3, "answers": {"s3": "z"}}, True),
    ],
)
def test_an_item_goes_on_until_its_last_stage_is_answered(response: Any, goes_on: bool) -> None:
    assert ITEM.goes_on(response) is goes_on


def test_the_main_button_leads_through_every_stage_and_then_on() -> None:
    response = None
    shown = []
    while ITEM.goes_on(response):
        face = ITEM.face(ORDER, response)
        assert isinstance(face, CaseFace)
        shown.append(face.number)
        response = ITEM.read(form(face.number, 1), ORDER, response)
    assert shown == [1, 2, 3]
    assert ITEM.left(response) == 0


def test_it_is_no_check_inside_a_lesson() -> None:
    assert not ITEM.inline


# -- marking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "points", "left", "words"),
    [
        (None, 0, 3, NOT_ANSWERED),
        (RIGHT, 3, 0, "Part 1: Option s1b & more; Part 2: Option s2a & more; Part 3: Option s3c & more"),
        (SOME, 1, 0, "Part 1: Option s1b & more; Part 2: Option s2d & more; Part 3: Option s3a & more"),
        (SECOND, 1, 2, "Part 1: Option s1b & more; Part 2: Not answered; Part 3: Not answered"),
        (SAVED, 0, 2, "Part 1: Option s1c & more; Part 2: Not answered; Part 3: Not answered"),
        (
            told(2, s1="b", s2="a", s3="c"),
            2,
            1,
            "Part 1: Option s1b & more; Part 2: Option s2a & more; Part 3: Not answered",
        ),
        (
            told(1, s1="b", s2="a", s3="c"),
            1,
            2,
            "Part 1: Option s1b & more; Part 2: Not answered; Part 3: Not answered",
        ),
        (told(3, s1="d", s2="e", s3="z", s4="a"), 0, 3, NOT_ANSWERED),
        (told(3, s1="B", s2="", s3="s3:c"), 0, 3, NOT_ANSWERED),
        (
            told(10**30, s1="b", s2="a", s3="c"),
            3,
            0,
            "Part 1: Option s1b & more; Part 2: Option s2a & more; Part 3: Option s3c & more",
        ),
    ],
)
def test_each_stage_earns_its_point(response: Any, points: int, left: int, words: str) -> None:
    assert (ITEM.points(response), ITEM.left(response), ITEM.wording(response)) == (points, left, words)


SHAPES: list[Any] = [
    *(None, {}, [], ["b"], "b", 7, 2**63, float("nan"), True, {"answers": None, "released": None}),
    *({"answers": ["b"], "released": [3]}, {"answers": "b", "released": "3"}, {"answers": 1.5, "released": -1}),
    *({"answers": {"s1": ["b"], "s2": None, "s3": {"c": 1}}, "released": True}, {"s1": "b"}),
    *({"answers": {"s1": float("nan"), "s2": 2**63, "s3": True}, "released": 1.0}, {"released": float("nan")}),
]


@pytest.mark.parametrize("response", SHAPES)
def test_another_shape_earns_nothing_and_opens_nothing(response: Any) -> None:
    assert (ITEM.points(response), ITEM.left(response), ITEM.wording(response)) == (0, 3, NOT_ANSWERED)
    assert ITEM.goes_on(response)
    assert ITEM.face(ORDER, response) == ITEM.face(ORDER, None)
    assert not ITEM.review(ORDER, response, everything=True).answered


# -- order -----------------------------------------------------------------------------------------------------------


def test_the_options_are_shuffled_inside_their_stages() -> None:
    natural = ("s1:a", "s1:b", "s1:c", "s2:a", "s2:b", "s2:c", "s2:d", "s3:a", "s3:b", "s3:c")
    assert ITEM.natural_order() == natural
    orders = {ITEM.drawn_order(Random(seed)) for seed in range(400)}
    for start, end, ways in ((0, 3, 6), (3, 7, 24), (7, 10, 6)):
        assert len({order[start:end] for order in orders}) == ways
        assert all(set(order[start:end]) == set(natural[start:end]) for order in orders)
    assert ITEM.drawn_order(Random(7)) == ITEM.drawn_order(Random(7))


# -- showing ---------------------------------------------------------------------------------------------------------


def test_before_marking_nothing_tells_the_key() -> None:
    for other in (with_stage(0, key="a"), with_stage(1, key="d"), with_stage(2, key="a", accepted=["b"])):
        item = parse_item(other)
        for response in (None, SAVED, SECOND, THIRD, RIGHT):
            assert ITEM.face(ORDER, response) == item.face(ORDER, response)
            html = asked(ITEM.face(ORDER, response))
            assert html == asked(item.face(ORDER, response))
            assert "Why-" not in html


@pytest.mark.parametrize(("response", "opened"), [(None, 1), (SAVED, 1), (SECOND, 2), (THIRD, 3), (RIGHT, 3)])
def test_a_page_holds_nothing_of_what_comes_later(response: Any, opened: int) -> None:
    face = ITEM.face(ORDER, response)
    for number in (1, 2, 3):
        for text in (repr(face), asked(face)):
            assert (f"What-s{number}" in text) is (number <= opened)
            assert (f"Do-s{number}" in text) is (number <= opened)
            assert (f"Option s{number}" in text) is (number <= opened)


def test_a_page_has_the_locked_stages_to_read_and_radios_for_the_open_one() -> None:
    html = asked(ITEM.face(ORDER, told(2, s1="b", s2="d")), "q3", GO_ON)
    assert "Part 1 of 3, locked" in html
    assert "Your answer: Option s1b &amp; more" in html
    assert "Option s1a" not in html
    assert '<input type="hidden" name="stage" value="2">' in html
    assert html.count('type="radio"') == 4
    assert 'id="q3-1" name="answer" type="radio" value="1" checked' in html
    assert html.count(" checked") == 1
    assert 'for="q3-4">Option s2a &amp; <em>more</em></label>' in html
    assert 'aria-describedby="q3-hint"' in html
    assert 'aria-describedby="q3-error"' in html
    assert "cannot change" in html
    assert "locked" not in asked(ITEM.face(ORDER, None))


def seen(response: Any, *, everything: bool, item: Any = ITEM) -> list[Any]:
    review = item.review(ORDER, response, everything=everything)
    assert isinstance(review, CaseReview)
    return [
        (
            one.number,
            one.right,
            [(o.chosen, o.right, o.rationale.striptags()) for o in one.options if o.right is not None],
        )
        for one in review.stages
    ]


def test_everything_is_shown_stage_by_stage() -> None:
    wrong, right = (False, False), (False, True)
    assert seen(told(2, s1="b", s2="d"), everything=True) == [
        (1, True, [(*wrong, "Why-s1c."), (True, True, "Why-s1b."), (*wrong, "Why-s1a.")]),
        (2, False, [(True, False, "Why-s2d."), (*wrong, "Why-s2c."), (*wrong, "Why-s2b."), (*right, "Why-s2a.")]),
        (3, None, [(*wrong, "Why-s3a."), (*right, "Why-s3c."), (*wrong, "Why-s3b.")]),
    ]
    html = reviewed(ITEM.review(ORDER, told(2, s1="b", s2="d"), everything=True))
    for words in (
        "Part 1 of 3: right",
        "Part 2 of 3: not right",
        "Part 3 of 3: not answered",
        "Your answer, not the best",
    ):
        assert words in html
    assert "not opened" not in html


def test_otherwise_only_what_concerns_what_was_chosen_in_stages_that_were_opened() -> None:
    response = told(2, s1="b", s2="d")
    assert seen(response, everything=False) == [
        (1, True, [(True, True, "Why-s1b.")]),
        (2, False, [(True, False, "Why-s2d.")]),
    ]
    html = reviewed(ITEM.review(ORDER, response, everything=False))
    for secret in ("s3", "Why-s2a", "Option s2a", ">Best answer"):
        assert secret not in html
    assert "One more part was not opened." in html
    assert "2 more parts were not opened." in reviewed(ITEM.review(ORDER, None, everything=False))


def test_a_wrong_or_missing_answer_does_not_tell_the_key_by_its_review() -> None:
    for other in (with_stage(1, key="b"), with_stage(2, key="b")):
        ours, theirs = (item.review(ORDER, THIRD, everything=False) for item in (ITEM, parse_item(other)))
        assert ours == theirs


@pytest.mark.parametrize(
    ("response", "verdict"),
    [(None, NOT_ANSWERED), (RIGHT, "Right"), (SOME, "Partly right: 1 of 3 points"), (SAVED, "Not right")],
)
def test_a_review_says_how_it_went(response: Any, verdict: str) -> None:
    assert ITEM.review(ORDER, response, everything=False).verdict == verdict


# -- keys that change ------------------------------------------------------------------------------------------------


def test_any_option_of_a_stage_may_become_its_key_or_be_accepted() -> None:
    assert isinstance(ITEM, UnfoldingCase)
    found = {one.id: one.words for one in ITEM.alternatives()}
    assert (len(found), found["s2:d"]) == (10, "Part 2: Option s2d & more")
    item = ITEM.with_key("s2:d", also=False)
    assert [one.key for one in item.stages] == ["b", "d", "c"]
    assert (item.points(SOME), item.points(RIGHT)) == (2, 2)
    item = ITEM.with_key("s2:d", also=True).with_key("s2:b", also=True).with_key("s2:a", also=True)
    assert item.stages[1].accepted == ("b", "d")
    assert (item.points(SOME), item.points(RIGHT)) == (2, 3)
    assert item.with_key("s2:c", also=False).stages[1].accepted == ()


@pytest.mark.parametrize("alternative", ["", "b", "s1", "s1:", "s1:d", "s4:a", ":a", "a:s1", "s1:b:c"])
def test_what_is_no_alternative_is_refused_in_words(alternative: str) -> None:
    for also in (False, True):
        with pytest.raises(ValueError, match="Choose one of the parts"):
            ITEM.with_key(alternative, also=also)


def test_forms_one_after_the_other_earn_everything_or_nothing() -> None:
    for item in (ITEM, ITEM.with_key("s2:d", also=True)):
        for right, points in ((True, 3), (False, 0)):
            response = None
            for sent in item.forms_for(ORDER, right=right):
                response = item.read(sent, ORDER, response)
            assert (item.points(response), item.left(response), item.goes_on(response)) == (points, 0, False)


def test_wrong_forms_end_at_a_stage_that_takes_every_option() -> None:
    item = parse_item(with_stage(1, accepted=["b", "c", "d"]))
    assert len(item.forms_for(ORDER, right=False)) == 1
    assert len(item.forms_for(ORDER, right=True)) == 3


# -- content ---------------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    changed(id="other"),
    changed(outcome="two"),
    changed(objective=None),
    changed(level="apply"),
    changed(stem="Other."),
    changed(lead_in="Other?"),
    changed(section="lesson#other"),
    changed(facts=[]),
    with_stage(0, id="other"),
    with_stage(0, text="Other"),
    with_stage(0, lead_in="Other?"),
    with_stage(0, key="a"),
    with_stage(0, accepted=["a"]),
    with_stage(0, options=RAW["stages"][0]["options"][::-1]),
    with_stage(0, options=[RAW["stages"][0]["options"][0] | {"rationale": "Other"}, *RAW["stages"][0]["options"][1:]]),
    changed(stages=RAW["stages"][:2]),
    changed(stages=RAW["stages"][::-1]),
]


def test_every_change_of_content_is_another_version() -> None:
    assert len({parse_item(change).digest for change in [*CHANGES, RAW]}) == len(CHANGES) + 1
    told = {key for change in CHANGES for key in change if change[key] != RAW[key]}
    assert told | {"type"} == set(UnfoldingCase.model_fields)
    assert set(Stage.model_fields) == {"id", "text", "lead_in", "options", "key", "accepted"}


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (with_stage(0, key="d"), "the key d is not one of the options"),
        (with_stage(0, accepted=["e"]), "the key e is not one of the options"),
        (with_stage(0, id="s2"), "two stages have the same id s2"),
        (with_stage(0, id="s:1"), "should match pattern"),
        (with_stage(0, text=" "), "text"),
        (with_stage(0, hint="x"), "Extra inputs"),
        (with_stage(0, options=RAW["stages"][0]["options"][:2]), "at least 3"),
        (changed(stages=RAW["stages"][:1]), "at least 2"),
        (changed(stages=[stage(f"s{n}", "a") for n in range(6)]), "at most 5"),
        (changed(key="a"), "Extra inputs"),
    ],
)
def test_what_is_not_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)
