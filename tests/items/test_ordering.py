"""Steps in order: reading selects, marking by what follows what, showing before and after, and keys that change."""

from collections import Counter
from itertools import permutations
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse
from elearn.items.ordering import RULE, Ordering
from elearn.items.registry import TYPES, parse_item
from tests.items.rendered import asked, reviewed
from tests.items.strange import BAD_PLACES, wrapped
from tests.items.structure import elements, faults, values

RAW: dict[str, Any] = {
    "id": "steps-of-access",
    "type": "ordering",
    "outcome": "one",
    "objective": "aim",
    "level": "apply",
    "stem": "You ask for an *invented* medicine for Ben.",
    "lead_in": "In which order do you take these steps?",
    "steps": [
        {"id": "a", "text": "Look for a *recruiting* trial", "rationale": "Rationale-a"},
        {"id": "b", "text": "Ask the company & its programme", "rationale": "Rationale-b"},
        {"id": "c", "text": "Get the trust's approval", "rationale": "Rationale-c"},
        {"id": "d", "text": "Take consent", "rationale": "Rationale-d"},
    ],
    "section": "lesson#heading",
    "facts": ["AA-1"],
}
ITEM = Ordering.model_validate(RAW)
ORDER = ("c", "a", "d", "b")
STRANGE = wrapped("places", "answers", "order")


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


def with_step(number: int, **changes: Any) -> dict[str, Any]:
    return changed(steps=[step | (changes if place == number else {}) for place, step in enumerate(RAW["steps"])])


def keyed(order: str) -> dict[str, Any]:
    by_id = {step["id"]: step for step in RAW["steps"]}
    return changed(steps=[by_id[letter] for letter in order])


def put(order: str) -> dict[str, Any]:
    """The steps in this order; `.` leaves a place out."""
    return {"places": {letter: place for place, letter in enumerate(order, start=1) if letter != "."}}


def form(*places: str) -> dict[str, list[str]]:
    return {f"answer-{number}": [place] for number, place in enumerate(places, start=1)} | {"csrf_token": ["x"]}


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "order"),
    [
        (form("1", "2", "3", "4"), "cadb"),
        (form("3", "1", "4", "2"), "abcd"),
        (form("", "1", "", ""), "a"),
        (form("4", "", "", "2"), ".b.c"),
        (form("1") | {"answer-5": ["1"], "answer": ["9"], "a": ["1"]}, "c"),
    ],
)
def test_fields_are_places_in_the_paper_and_values_are_places_in_the_answer(sent: Any, order: str) -> None:
    assert ITEM.read(sent, ORDER) == put(order)
    assert ITEM.read(sent, ORDER, put("dcba")) == put(order)


def test_nothing_sent_is_nothing_answered() -> None:
    assert ITEM.read(form(), ORDER) is None
    assert ITEM.read(form("", "", "", ""), ORDER) is None


def test_an_emptied_form_takes_the_answer_back() -> None:
    emptied = ITEM.read(form("", "", "", ""), ORDER, put("abcd"))
    assert emptied == put("")
    assert (ITEM.left(emptied), ITEM.points(emptied), ITEM.wording(emptied)) == (4, 0, NOT_ANSWERED)
    assert not ITEM.review(ORDER, emptied, everything=True).answered


@pytest.mark.parametrize("value", [*BAD_PLACES, "5"])
@pytest.mark.parametrize("number", [1, 4])
def test_anything_else_is_refused(value: str, number: int) -> None:
    with pytest.raises(BadResponse, match="Choose one place from 1 to 4 for “") as refused:
        ITEM.read(form() | {f"answer-{number}": [value]}, ORDER)
    assert refused.value.control == f"-{number}"
    assert f'id="answer-{number}"' in asked(ITEM.face(ORDER, None))


def test_two_places_for_a_step_are_refused() -> None:
    with pytest.raises(BadResponse):
        ITEM.read({"answer-2": ["1", "2"]}, ORDER)


def test_a_place_that_is_given_twice_is_refused_in_words() -> None:
    with pytest.raises(BadResponse) as refused:
        ITEM.read(form("2", "1", "", "2"), ORDER)
    assert str(refused.value) == (
        "“Get the trust's approval” and “Ask the company & its programme” both have place 2: give each its own"
    )
    assert refused.value.control == "-4"


# -- marking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "points", "left"),
    [
        *(("abcd", 3, 0), ("dcba", 0, 0), ("bcda", 2, 0), ("dabc", 2, 0), ("cdab", 2, 0), ("abdc", 1, 0)),
        *(("acbd", 0, 0), ("bacd", 1, 0), ("adbc", 1, 0), ("badc", 0, 0)),
        *(("", 0, 4), ("a", 0, 3), ("ab", 1, 2), ("..ab", 1, 2), ("a.b", 0, 2), (".bcd", 2, 1), ("ab.d", 1, 1)),
    ],
)
def test_a_step_directly_after_its_predecessor_earns_a_point(order: str, points: int, left: int) -> None:
    assert (ITEM.points(put(order)), ITEM.left(put(order))) == (points, left)
    assert ITEM.possible == 3


def test_only_the_whole_right_order_earns_all() -> None:
    marks = {"".join(order): ITEM.points(put("".join(order))) for order in permutations("abcd")}
    assert [order for order, points in marks.items() if points == 3] == ["abcd"]
    assert Counter(marks.values()) == {0: 11, 1: 9, 2: 3, 3: 1}  # permutations by their successions (OEIS A010027)


@pytest.mark.parametrize(
    ("places", "points", "left"),
    [
        ({"a": 1, "b": 2, "c": 3, "d": 3}, 1, 2),
        ({"a": 1, "b": "2", "c": 3.0, "d": True}, 0, 3),
        ({"a": 0, "b": 1, "c": 5, "d": -1}, 0, 3),
        ({"a": 2**63, "b": 2**63 + 1}, 0, 4),
        ({"a": 1, "b": 2, "z": 3, "A": 4}, 1, 2),
        ({"a": [1], "b": {"b": 2}, "c": None, "d": float("nan")}, 0, 4),
        (["a", "b", "c", "d"], 0, 4),
        ("abcd", 0, 4),
    ],
)
def test_only_places_of_their_own_count(places: Any, points: int, left: int) -> None:
    assert (ITEM.points({"places": places}), ITEM.left({"places": places})) == (points, left)


@pytest.mark.parametrize("response", STRANGE)
def test_nothing_stored_makes_it_fail(response: Any) -> None:
    assert ITEM.points(response) == 0
    assert ITEM.left(response) in (3, 4)
    assert isinstance(ITEM.wording(response), str)
    asked(ITEM.face(ORDER, response))
    for everything in (True, False):
        reviewed(ITEM.review(ORDER, response, everything=everything))


def test_an_answer_in_words() -> None:
    assert ITEM.wording(None) == NOT_ANSWERED
    assert ITEM.wording(put("b.a")) == "1. Ask the company & its programme; 3. Look for a recruiting trial"


# -- before marking --------------------------------------------------------------------------------------------------


def test_the_order_for_everybody_does_not_follow_the_key() -> None:
    natural = ITEM.natural_order()
    assert sorted(natural) == list("abcd")
    for order in permutations("abcd"):
        assert parse_item(keyed("".join(order))).natural_order() == natural
    assert len(Counter(ITEM.drawn_order(Random(seed)) for seed in range(480))) == 24


@pytest.mark.parametrize("response", [None, put(""), put("a.b"), put("abcd"), put("dcba")])
@pytest.mark.parametrize("other", ["dcba", "bacd", "cabd"])
def test_before_marking_nothing_tells_the_key(response: Any, other: str) -> None:
    page = asked(ITEM.face(ORDER, response))
    for item in (
        parse_item(keyed(other)),
        parse_item(with_step(0, rationale="x")),
        ITEM.with_key(" ".join(other), also=True),
    ):
        assert item.face(ORDER, response) == ITEM.face(ORDER, response)
        assert asked(item.face(ORDER, response)) == page
    assert "Rationale" not in page
    assert RULE in page


@pytest.mark.parametrize("order", ["", "a.b", "dbca", "abcd"])
def test_the_page_sends_back_what_was_chosen(order: str) -> None:
    page = asked(ITEM.face(ORDER, put(order)))
    sent = {f"answer-{number}": values(page, f"answer-{number}") for number in range(1, 5)}
    assert ITEM.read(sent, ORDER, put("a")) == put(order)


@pytest.mark.parametrize("error", ["", "Choose a place for each step"])
def test_the_page_hangs_together(error: str) -> None:
    page = asked(ITEM.face(ORDER, put("a")), "check-x", error)
    assert faults(page, "check-x") == []
    fieldset = next(element for element in elements(page) if element.tag == "fieldset")
    assert fieldset.attrib["aria-describedby"] == "check-x-hint" + (" check-x-error" if error else "")
    rows = [element.attrib["data-step"] for element in elements(page) if "data-step" in element.attrib]
    assert rows == [
        "Get the trust's approval",
        "Look for a recruiting trial",
        "Take consent",
        "Ask the company & its programme",
    ]
    assert "Place of </span>Look for a <em>recruiting</em> trial</label>" in page
    assert error in page


# -- after marking ---------------------------------------------------------------------------------------------------


def seen(item: Ordering, response: Any, *, everything: bool) -> list[tuple[int | None, int | None, bool | None, str]]:
    review = item.review(ORDER, response, everything=everything)
    page = reviewed(review)
    assert faults(f'<p id="answer-1"></p>{page}') == []
    assert page.count("Rationale") == sum(bool(step.rationale) for step in review.steps)
    assert page.count("Right place") == sum(bool(step.right_place) for step in review.steps)
    assert page.count(", directly after the right step") == sum(step.follows is True for step in review.steps)
    return [(s.place, s.right_place, s.follows, s.rationale.striptags()) for s in review.steps]


def test_everything_is_shown_in_the_right_order() -> None:
    assert seen(ITEM, put("cdba"), everything=True) == [
        (4, 1, None, "Rationale-a"),
        (3, 2, False, "Rationale-b"),
        (1, 3, False, "Rationale-c"),
        (2, 4, True, "Rationale-d"),
    ]
    assert "You gave it no place" in reviewed(ITEM.review(ORDER, put("ab"), everything=True))


def test_otherwise_only_what_follows_what_in_the_order_that_was_given() -> None:
    assert seen(ITEM, put("cdba"), everything=False) == [
        (1, None, None, ""),
        (2, None, True, "Rationale-d"),
        (3, None, False, ""),
        (4, None, False, ""),
    ]
    assert [line[3] for line in seen(ITEM, put("abcd"), everything=False)] == [f"Rationale-{i}" for i in "abcd"]
    assert seen(ITEM, None, everything=False) == []


@pytest.mark.parametrize(
    ("order", "others"), [("cdba", "cdab"), ("cdba", "bcda"), ("dcba", "cadb"), ("dcba", "bdac"), ("ab", "abdc")]
)
def test_a_review_does_not_tell_the_rest_of_the_key(order: str, others: str) -> None:
    other = parse_item(keyed(others))
    assert other.points(put(order)) == ITEM.points(put(order))
    ours, theirs = (item.review(ORDER, put(order), everything=False) for item in (ITEM, other))
    assert ours == theirs
    assert reviewed(ours) == reviewed(theirs)


@pytest.mark.parametrize(
    ("order", "verdict"),
    [("", NOT_ANSWERED), ("dcba", "Not right"), ("ab", "Partly right: 1 of 3 points"), ("abcd", "Right")],
)
def test_a_review_says_the_mark_in_words(order: str, verdict: str) -> None:
    assert ITEM.review(ORDER, put(order), everything=False).verdict == verdict


# -- keys that change ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["b a c d", " B, a,c  D "])
def test_another_order_is_written(words: str) -> None:
    item = ITEM.with_key(words, also=False)
    assert [step.id for step in item.steps] == list("bacd")
    assert (item.points(put("bacd")), item.points(put("abcd"))) == (3, 1)
    assert item.digest != ITEM.digest
    assert item.with_key("a b c d", also=False) == ITEM
    assert ITEM.alternatives() == ()


def test_further_orders_are_accepted() -> None:
    item = ITEM.with_key("b a c d", also=True).with_key("a c b d", also=True)
    assert item.accepted == (tuple("bacd"), tuple("acbd"))
    for order in ("abcd", "bacd", "acbd"):
        assert item.points(put(order)) == 3
    assert (item.points(put("dcba")), ITEM.points(put("dcba"))) == (1, 0)  # c before b, by the last order
    for order_ in permutations("abcd"):  # accepting more lowers nobody's mark
        assert item.points(put("".join(order_))) >= ITEM.points(put("".join(order_)))
    assert item.with_key("b a c d", also=True) == item
    assert ITEM.with_key("a b c d", also=True) == ITEM
    assert item.with_key("b a c d", also=False).accepted == ()
    assert [s.right_place for s in item.review(ORDER, put("bacd"), everything=True).steps] == [1, 2, 3, 4]
    page = reviewed(item.review(ORDER, put("bacd"), everything=True))
    assert page.index("Ask the company") < page.index("Look for a <em>")
    assert page.count("Also accepted, in this order: ") == 2
    assert "accepted" not in reviewed(item.review(ORDER, put("bacd"), everything=False))


@pytest.mark.parametrize("also", [True, False])
@pytest.mark.parametrize("words", ["", "a b c", "a b c c", "a b c d e", "abcd", "a b c d a", "1 2 3 4"])
def test_no_other_key_is_taken(words: str, also: bool) -> None:
    with pytest.raises(
        ValueError, match=r"Write each letter once.*a is “Look for a recruiting trial”; b is"
    ) as refused:
        ITEM.with_key(words, also=also)
    assert not isinstance(refused.value, ValidationError)


@pytest.mark.parametrize(
    "accepted", [[], ["dcba"], ["dcba", "bdca", "badc"], ["".join(o) for o in permutations("abcd")]]
)
@pytest.mark.parametrize("key", ["abcd", "bdac"])
def test_the_forms_earn_everything_or_nothing(key: str, accepted: list[str]) -> None:
    item = parse_item(keyed(key) | {"accepted": [list(order) for order in accepted]})
    for right, points in ((True, 3), (False, 0)):
        response = None
        for sent in item.forms_for(ORDER, right=right):
            response = item.read(sent, ORDER, response)
        assert item.points(response) == points
        assert response is not None


# -- content ---------------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    *({"id": "another"}, {"outcome": "two"}, {"objective": None}, {"level": "recall"}, {"stem": "Another."}),
    *({"lead_in": "Which?"}, {"section": "lesson#other"}, {"facts": []}, {"accepted": [list("bacd")]}),
    {"steps": RAW["steps"][:3]},
    {"steps": RAW["steps"][::-1]},
    *({"steps": with_step(0, **change)["steps"]} for change in ({"text": "x"}, {"rationale": "x"}, {"id": "f"})),
]


def test_any_change_of_content_is_another_version() -> None:
    digests = {parse_item(changed(**change)).digest for change in CHANGES}
    assert len(digests | {ITEM.digest}) == len(CHANGES) + 1
    assert {name for change in CHANGES for name in change} | {"type"} == set(Ordering.model_fields)


def test_what_is_stored_is_read_back_as_the_same_version() -> None:
    for item in (ITEM, ITEM.with_key("b a c d", also=True)):
        assert parse_item(item.model_dump(mode="json")).digest == item.digest


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (with_step(1, id="a"), "two steps have the same id"),
        (with_step(1, id="h"), "should match pattern"),
        (with_step(1, text="*take* Consent"), "two steps have the same words"),
        (with_step(1, rationale=" "), "rationale"),
        (with_step(1, place=1), "Extra inputs"),
        (changed(steps=RAW["steps"][:2]), "at least 3"),
        (changed(steps=[RAW["steps"][0]] * 8), "at most 7"),
        (changed(accepted=[list("abc")]), "a b c is not made of every step once: write"),
        (changed(accepted=[list("abcc")]), "is not made of every step once"),
        (changed(key="a"), "Extra inputs"),
    ],
)
def test_what_is_not_such_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)


def test_it_is_known_by_its_name() -> None:
    assert TYPES["ordering"] is Ordering
