"""Criteria grids: reading the radios, marking each criterion and the route, showing before and after, keys that change."""

from collections import Counter
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse
from elearn.items.criteria_grid import CriteriaGrid, Criterion, GridReview
from elearn.items.question import Question
from elearn.items.registry import parse_item
from tests.items.rendered import asked, reviewed

RAW: dict[str, Any] = {
    "id": "a-grid",
    "type": "criteria-grid",
    "outcome": "one",
    "objective": "aim",
    "level": "analyse",
    "stem": "Dana, 41, has a rare disease. Her eGFR was 62 *last week*.",
    "lead_in": "Is each criterion of the protocol met?",
    "criteria": [
        {"id": "age", "text": "18 years or *older*", "key": "met", "rationale": "Because-age: she is 41."},
        {"id": "kidney", "text": "eGFR < 60", "key": "not-met", "rationale": "Because-kidney: it is 62."},
        {"id": "consent", "text": "Has given consent", "key": "not-known", "rationale": "Because-consent: not said."},
    ],
    "route": {
        "lead_in": "What do you *do* next?",
        "options": [
            {"id": "a", "text": "Refer her to the trial", "rationale": "Why-a."},
            {"id": "b", "text": "Ask & write down", "rationale": "Why-b."},
            {"id": "c", "text": "Apply for named-patient supply", "rationale": "Why-c."},
        ],
        "key": "c",
    },
    "section": "lesson#heading",
    "facts": ["AA-1"],
}
ITEM = parse_item(RAW)
ORDER = ("b", "c", "a")
RIGHT = {"criteria": {"age": "met", "kidney": "not-met", "consent": "not-known"}, "route": "c"}
SOME = {"criteria": {"age": "met", "kidney": "not-known"}, "route": "a"}


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


def with_criterion(place: int, **changes: Any) -> dict[str, Any]:
    criteria = deepcopy(RAW["criteria"])
    criteria[place] |= changes
    return changed(criteria=criteria)


def with_route(**changes: Any) -> dict[str, Any]:
    return changed(route=RAW["route"] | changes)


def form(*places: str) -> dict[str, list[str]]:
    return {f"answer-{number}": [place] for number, place in enumerate(places, start=1) if place}


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "response"),
    [
        (form("1", "2", "3", "2"), RIGHT),
        (form("1", "3", "", "3"), SOME),
        (form("3", "3", "3"), {"criteria": dict.fromkeys(("age", "kidney", "consent"), "not-known")}),
        (form("", "", "", "1"), {"criteria": {}, "route": "b"}),
        (form("", "1"), {"criteria": {"kidney": "met"}}),
        (form("1", "2", "3", "2", "9") | {"csrf_token": ["x"], "answer": ["7"], "age": ["met"]}, RIGHT),
    ],
)
def test_states_are_read_in_the_protocols_order_and_the_route_in_the_papers(sent: Any, response: Any) -> None:
    assert ITEM.read(sent, ORDER) == response
    assert ITEM.read(sent, ORDER, {"criteria": {"age": "not-met"}, "route": "b"}) == response


@pytest.mark.parametrize("sent", [{}, {"answer-1": [""], "answer-4": []}, {"answer": ["1"]}, {"answer-5": ["1"]}])
def test_nothing_sent_is_nothing_answered(sent: Any) -> None:
    assert ITEM.read(sent, ORDER) is None
    assert ITEM.read(sent, ORDER, RIGHT) is None  # radios cannot be cleared: there is nothing that it could say


@pytest.mark.parametrize(
    "values",
    [
        *(
            ["0"],
            ["4"],
            ["-1"],
            ["+1"],
            ["1.0"],
            ["1e0"],
            ["01"],
            ["10"],
            [" 1"],
            ["1\n"],
            ["NaN"],
            ["met"],
            ["not-met"],
        ),
        *(["a"], ["Met"], [str(2**63)], ["9" * 5000], ["１"], ["²"], ["1", "2"], ["1", "1"]),
    ],
)
@pytest.mark.parametrize(
    ("number", "words"), [(2, "Choose met, not met or not known for criterion 2"), (4, "Choose one route")]
)
def test_anything_else_is_refused_at_the_control_concerned(values: list[str], number: int, words: str) -> None:
    with pytest.raises(BadResponse, match=words) as refused:
        ITEM.read({"answer-1": ["1"], f"answer-{number}": values}, ORDER)
    assert refused.value.control == f"-{number}"
    assert f'id="answer{refused.value.control}"' in asked(ITEM.face(ORDER, None))


# -- marking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "points", "left"),
    [
        (RIGHT, 4, 0),
        (SOME, 1, 1),
        ({"criteria": RIGHT["criteria"]}, 3, 1),
        ({"criteria": {}, "route": "c"}, 1, 3),
        ({"route": "c"}, 1, 3),
        ({"criteria": dict.fromkeys(("age", "kidney", "consent"), "met"), "route": "c"}, 2, 0),
        ({"criteria": {"age": "not-met", "kidney": "met", "consent": "met"}, "route": "b"}, 0, 0),
        ({"criteria": {"age": "MET", "kidney": "not met", "consent": "", "route": "c"}}, 0, 4),
        ({"criteria": {"age": ["met"], "kidney": None, "consent": {"not-known": 1}}, "route": ["c"]}, 0, 4),
        ({"criteria": {"age": True, "kidney": 2**63, "consent": float("nan")}, "route": {"c": 1}}, 0, 4),
        ({"criteria": {"other": "met", "liver": "not-met"}, "route": "d"}, 0, 4),
        ({"criteria": {"age": "met"}, "route": "z"}, 1, 3),
    ],
)
def test_each_criterion_and_the_route_earn_their_point(response: Any, points: int, left: int) -> None:
    assert (ITEM.points(response), ITEM.left(response)) == (points, left)
    assert ITEM.possible == 4


SHAPES: list[Any] = [
    *(None, {}, [], ["met"], "met", 7, 2**63, float("nan"), True, {"criteria": None}, {"criteria": ["met"]}),
    *({"criteria": "met"}, {"criteria": 1.5, "route": None}, {"age": "met"}, {"answers": {"age": "met"}}),
]


@pytest.mark.parametrize("response", SHAPES)
def test_another_shape_earns_nothing_and_is_no_answer(response: Any) -> None:
    assert (ITEM.points(response), ITEM.left(response), ITEM.wording(response)) == (0, 4, NOT_ANSWERED)
    assert ITEM.face(ORDER, response) == ITEM.face(ORDER, None)
    assert not ITEM.review(ORDER, response, everything=True).answered


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (
            SOME,
            "18 years or older: Met; eGFR < 60: Not known; Has given consent: Not answered; Route: Refer her to the trial",
        ),
        (
            {"criteria": {"consent": "not-met"}},
            "18 years or older: Not answered; eGFR < 60: Not answered; Has given consent: Not met; Route: Not answered",
        ),
    ],
)
def test_the_wording_goes_through_the_criteria_to_the_route(response: Any, words: str) -> None:
    assert ITEM.wording(response) == words


# -- order -----------------------------------------------------------------------------------------------------------


def test_only_the_routes_are_shuffled() -> None:
    assert ITEM.natural_order() == ("a", "b", "c")
    orders = Counter(ITEM.drawn_order(Random(seed)) for seed in range(120))
    assert len(orders) == 6
    faces: list[Any] = [ITEM.face(order, None) for order in orders]
    assert len({face.criteria for face in faces}) == 1
    assert [str(one.text) for one in faces[0].criteria] == [
        *("18 years or <em>older</em>", "eGFR &lt; 60", "Has given consent")
    ]


# -- showing ---------------------------------------------------------------------------------------------------------


def test_before_marking_nothing_tells_the_key() -> None:
    for other in (with_criterion(0, key="not-known"), with_route(key="a"), with_criterion(1, key="met")):
        item = parse_item(other)
        for response in (None, RIGHT, SOME):
            html = asked(ITEM.face(ORDER, response))
            assert ITEM.face(ORDER, response) == item.face(ORDER, response)
            assert html == asked(item.face(ORDER, response))
            assert "Because" not in html
            assert "Why-" not in html


def test_a_page_has_a_fieldset_for_each_criterion_and_one_for_the_route() -> None:
    html = asked(ITEM.face(ORDER, SOME), "q3", "Choose one route", legend="m")
    assert html.count("<fieldset") == html.count("<legend") == 5
    assert '<legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--m">Is each criterion' in html
    assert '<legend class="nhsuk-fieldset__legend nhsuk-fieldset__legend--m">What do you <em>do</em> next?' in html
    assert '<legend class="nhsuk-fieldset__legend">2. eGFR &lt; 60</legend>' in html
    for control, name, value in (
        ("1", "1", "1"),
        ("1-2", "1", "2"),
        ("2-3", "2", "3"),
        ("4", "4", "1"),
        ("4-3", "4", "3"),
    ):
        assert f'id="q3-{control}" name="answer-{name}" type="radio" value="{value}"' in html
    assert html.count(" checked") == 3
    for control in ("1", "2-3", "4-3"):
        assert f'id="q3-{control}" name="answer-{control[0]}" type="radio" value="{control[-1]}" checked' in html
    assert [html.count(f">{words}</label>") for words in ("Met", "Not met", "Not known")] == [3, 3, 3]
    assert 'aria-describedby="q3-hint q3-error"' in html
    assert "One point for each criterion and one for the route." in html
    assert "<table" not in html


def seen(response: Any, *, everything: bool, item: Any = ITEM) -> tuple[list[Any], list[Any]]:
    review = item.review(ORDER, response, everything=everything)
    assert isinstance(review, GridReview)
    criteria = [(one.chosen, one.right, one.key, one.rationale.striptags()[:11]) for one in review.criteria]
    return criteria, [(o.chosen, o.right, o.rationale.striptags()) for o in review.options]


def test_everything_is_shown_with_feedback_for_each_criterion() -> None:
    criteria, routes = seen(SOME, everything=True)
    assert criteria == [
        ("Met", True, "", "Because-age"),
        ("Not known", False, "Not met", "Because-kid"),
        ("", None, "Not known", "Because-con"),
    ]
    assert routes == [(False, False, "Why-b."), (False, True, "Why-c."), (True, False, "Why-a.")]
    html = reviewed(ITEM.review(ORDER, SOME, everything=True))
    for words in (
        *("Your answer, right: met<", "Your answer, not right: not known<", "Best answer: not met<", "Not answered<"),
        *("Best answer: not known<", "Your answer, not the best<", ">Best answer<"),
    ):
        assert words in html


def test_otherwise_only_what_concerns_what_was_chosen() -> None:
    criteria, routes = seen(SOME, everything=False)
    assert criteria == [("Met", True, "", "Because-age"), ("Not known", False, "", ""), ("", None, "", "")]
    assert routes == [(False, None, ""), (False, None, ""), (True, False, "Why-a.")]
    html = reviewed(ITEM.review(ORDER, SOME, everything=False))
    assert "est answer" not in html
    assert "named-patient" not in html
    for secret in ("Because-kidney", "Because-consent", "Why-b", "Why-c"):
        assert secret not in html


def test_nothing_is_told_of_what_was_not_answered() -> None:
    criteria, routes = seen(None, everything=False)
    assert set(criteria) == {("", None, "", "")}
    assert set(routes) == {(False, None, "")}
    html = reviewed(ITEM.review(ORDER, None, everything=False))
    assert html.count("Not answered") == 4


def test_a_wrong_or_missing_answer_does_not_tell_the_key_by_its_review() -> None:
    for other in (with_criterion(1, key="met"), with_criterion(2, key="met"), with_route(key="b")):
        ours, theirs = (item.review(ORDER, SOME, everything=False) for item in (ITEM, parse_item(other)))
        assert ours == theirs


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (None, NOT_ANSWERED),
        (RIGHT, "Right"),
        (SOME, "Partly right: 1 of 4 points"),
        ({"route": "a"}, "Not right"),
        ({"criteria": {"age": "not-met"}}, "Not right"),
    ],
)
def test_a_review_says_how_it_went(response: Any, verdict: str) -> None:
    assert ITEM.review(ORDER, response, everything=False).verdict == verdict


# -- keys that change ------------------------------------------------------------------------------------------------


def test_any_state_may_become_a_key_and_any_option_the_route() -> None:
    assert isinstance(ITEM, CriteriaGrid)
    found = {one.id: one.words for one in ITEM.alternatives()}
    assert len(found) == 12
    assert found["kidney:not-known"] == "eGFR < 60: Not known"
    assert found["route:b"] == "Route: Ask & write down"
    item = ITEM.with_key("kidney:not-known", also=False)
    assert [one.key for one in item.criteria] == ["met", "not-known", "not-known"]
    assert (item.points(SOME), item.points(RIGHT)) == (2, 3)
    item = ITEM.with_key("route:a", also=False)
    assert (item.route.key, item.points(SOME), item.points(RIGHT)) == ("a", 2, 3)


def test_a_state_or_route_may_be_accepted_beside_the_key_until_it_changes() -> None:
    assert isinstance(ITEM, CriteriaGrid)
    item = ITEM.with_key("kidney:not-known", also=True).with_key("kidney:not-met", also=True)
    item = item.with_key("route:b", also=True).with_key("route:a", also=True)
    assert item.criteria[1].accepted == ("not-known",)
    assert item.route.accepted == ("a", "b")
    assert (item.points(SOME), item.points(RIGHT)) == (3, 4)
    assert item.with_key("kidney:met", also=False).criteria[1].accepted == ()
    assert item.with_key("route:b", also=False).route.accepted == ()
    assert seen(SOME, everything=False, item=item)[0][1] == ("Not known", True, "", "")


@pytest.mark.parametrize(
    "alternative", ["", "age", "age:", "age:z", "zoe:met", "route:z", "route", ":met", "met:age", "route:met", "age:a"]
)
def test_what_is_no_alternative_is_refused_in_words(alternative: str) -> None:
    for also in (False, True):
        with pytest.raises(ValueError, match="Choose a criterion with met, not met or not known, or one of the routes"):
            ITEM.with_key(alternative, also=also)


def test_forms_earn_everything_or_nothing() -> None:
    for item in (ITEM, ITEM.with_key("age:not-met", also=True).with_key("route:b", also=True)):
        for right, points in ((True, 4), (False, 0)):
            (sent,) = item.forms_for(ORDER, right=right)
            response = item.read(sent, ORDER)
            assert (item.points(response), item.left(response)) == (points, 0)


def test_a_criterion_that_takes_every_state_is_left_out_by_the_wrong_form() -> None:
    item = parse_item(with_criterion(0, accepted=["not-met", "not-known"]))
    (sent,) = item.forms_for(ORDER, right=False)
    assert item.points(item.read(sent, ORDER)) == 0


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
    with_criterion(0, id="other"),
    with_criterion(0, text="Other"),
    with_criterion(0, key="not-met"),
    with_criterion(0, rationale="Other"),
    with_criterion(0, accepted=["not-met"]),
    changed(criteria=RAW["criteria"][::-1]),
    with_route(lead_in="Other?"),
    with_route(key="a"),
    with_route(accepted=["a"]),
    with_route(options=RAW["route"]["options"][::-1]),
    with_route(options=[RAW["route"]["options"][0] | {"rationale": "Other"}, *RAW["route"]["options"][1:]]),
]


def test_every_change_of_content_is_another_version() -> None:
    assert len({parse_item(change).digest for change in [*CHANGES, RAW]}) == len(CHANGES) + 1
    told = {key for change in CHANGES for key in change if change[key] != RAW[key]}
    assert told | {"type"} == set(CriteriaGrid.model_fields)
    assert set(Criterion.model_fields) == {"id", "text", "key", "rationale", "accepted"}
    assert set(Question.model_fields) == {"lead_in", "options", "key", "accepted"}


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (with_criterion(0, key="yes"), "'met', 'not-met' or 'not-known'"),
        (with_criterion(0, accepted=["yes"]), "'met', 'not-met' or 'not-known'"),
        (with_criterion(0, id="kidney"), "two criteria have the same id kidney"),
        (with_criterion(0, id="route"), "no criterion may have the id route"),
        (with_criterion(0, id="Age"), "should match pattern"),
        (with_criterion(0, rationale=" "), "rationale"),
        (with_criterion(0, hint="x"), "Extra inputs"),
        (with_route(key="d"), "the key d is not one of the options"),
        (with_route(accepted=["e"]), "the key e is not one of the options"),
        (with_route(options=RAW["route"]["options"][:2]), "at least 3"),
        (with_route(options=[*RAW["route"]["options"], RAW["route"]["options"][0]]), "two options have the same id a"),
        (with_route(lead_in="x" * 301), "at most 300"),
        (with_route(hint="x"), "Extra inputs"),
        (changed(criteria=RAW["criteria"][:2]), "at least 3"),
        (changed(criteria=[RAW["criteria"][0] | {"id": str(n)} for n in range(9)]), "at most 8"),
        (changed(key="a"), "Extra inputs"),
    ],
)
def test_what_is_not_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)
