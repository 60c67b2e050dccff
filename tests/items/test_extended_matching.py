"""Extended matching: reading selects, marking each part, showing before and after, keys that change."""

from collections import Counter
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse
from elearn.items.extended_matching import ExtendedMatching, MatchOption, MatchPart, MatchReview
from elearn.items.registry import parse_item
from tests.items.rendered import asked, reviewed

RAW: dict[str, Any] = {
    "id": "an-extended-match",
    "type": "extended-matching",
    "outcome": "one",
    "objective": "aim",
    "level": "apply",
    "stem": "Each of these people asks about a medicine that is *not* yet licensed.",
    "lead_in": "Which route fits each of them best?",
    "options": [
        {"id": "a", "text": "Named-patient supply", "rationale": "Why-a: one prescriber, one patient."},
        {"id": "b", "text": "Compassionate use", "rationale": "Why-b: a group, no trial open."},
        {"id": "c", "text": "A *randomised* trial", "rationale": "Why-c: a trial that recruits."},
        {"id": "d", "text": "an extension study", "rationale": "Why-d: after a trial has ended."},
    ],
    "parts": [
        {
            "id": "amara",
            "text": "Amara, 34, can join a trial that recruits.",
            "key": "c",
            "rationale": "Because-amara.",
        },
        {"id": "ben", "text": "Ben, 8, has finished a trial & did well.", "key": "d", "rationale": "Because-ben."},
        {"id": "cara", "text": "Cara, 51, can join *another* trial.", "key": "c", "rationale": "Because-cara."},
    ],
    "section": "lesson#heading",
    "facts": ["AA-1"],
}
ITEM = parse_item(RAW)
ORDER = ("cara", "amara", "ben")
# By the alphabet: 1 A randomised trial (c), 2 an extension study (d), 3 Compassionate use (b), 4 Named-patient supply (a).
RIGHT = {"answers": {"amara": "c", "ben": "d", "cara": "c"}}


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


def with_part(place: int, **changes: Any) -> dict[str, Any]:
    parts = deepcopy(RAW["parts"])
    parts[place] |= changes
    return changed(parts=parts)


def with_option(place: int, **changes: Any) -> dict[str, Any]:
    options = deepcopy(RAW["options"])
    options[place] |= changes
    return changed(options=options)


def form(*places: str) -> dict[str, list[str]]:
    return {f"answer-{number}": [place] for number, place in enumerate(places, start=1)}


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        (form("1", "1", "2"), {"cara": "c", "amara": "c", "ben": "d"}),
        (form("4", "3", "2"), {"cara": "a", "amara": "b", "ben": "d"}),
        (form("4", "4", "4"), {"cara": "a", "amara": "a", "ben": "a"}),
        (form("", "3", ""), {"amara": "b"}),
        (form("1"), {"cara": "c"}),
        (form("1", "2", "3", "4") | {"csrf_token": ["x"], "answer": ["9"], "answer-0": ["9"]}, None),
    ],
)
def test_a_value_is_a_place_by_the_alphabet_and_a_field_a_place_of_the_paper(sent: Any, answers: Any) -> None:
    expected = answers or {"cara": "c", "amara": "d", "ben": "b"}  # what is no field of ours is ignored
    assert ITEM.read(sent, ORDER) == {"answers": expected}


@pytest.mark.parametrize("sent", [{}, form("", "", ""), {"answer-1": []}, {"answer": ["1"]}])
def test_nothing_sent_is_nothing_answered_and_clears_what_was(sent: Any) -> None:
    assert ITEM.read(sent, ORDER) is None
    cleared = ITEM.read(sent, ORDER, RIGHT)
    assert cleared == {"answers": {}}
    assert (ITEM.left(cleared), ITEM.points(cleared), ITEM.wording(cleared)) == (3, 0, NOT_ANSWERED)


def test_a_form_replaces_what_stood_before() -> None:
    assert ITEM.read(form("1", "", ""), ORDER, RIGHT) == {"answers": {"cara": "c"}}


@pytest.mark.parametrize(
    "values",
    [
        *(["0"], ["5"], ["-1"], ["+1"], ["1.0"], ["1e0"], ["01"], ["10"], [" 1"], ["1\n"], ["1\x00"], ["NaN"]),
        *(["a"], ["c"], ["A randomised trial"], [str(2**63)], ["9" * 5000], ["１"], ["²"], ["1", "2"], ["1", "1"]),
    ],
)
def test_anything_else_is_refused_at_the_select_concerned(values: list[str]) -> None:
    with pytest.raises(BadResponse, match="Choose an option of the list for part 2") as refused:
        ITEM.read({"answer-1": ["1"], "answer-2": values}, ORDER)
    assert refused.value.control == "-2"


def test_ten_options_have_ten_places() -> None:
    options = [{"id": i, "text": f"Option {i}", "rationale": "Why."} for i in "abcdefghij"]
    item = parse_item(changed(options=options))
    assert item.read(form("10"), ORDER) == {"answers": {"cara": "j"}}
    with pytest.raises(BadResponse):
        item.read(form("11"), ORDER)


# -- marking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "points", "left"),
    [
        (RIGHT["answers"], 3, 0),
        ({"amara": "c"}, 1, 2),
        ({"amara": "c", "cara": "c"}, 2, 1),
        ({"amara": "c", "ben": "c", "cara": "c"}, 2, 0),
        ({"amara": "a", "ben": "a", "cara": "a"}, 0, 0),
        ({"amara": "d", "ben": "c", "cara": "d"}, 0, 0),
        ({}, 0, 3),
        ({"amara": "z", "ben": "e", "zoe": "c"}, 0, 3),
        ({"amara": ["c"], "ben": {"d": 1}, "cara": None}, 0, 3),
        ({"amara": 2**63, "ben": float("nan"), "cara": True}, 0, 3),
        ({"amara": "C", "ben": "d ", "cara": ""}, 0, 3),
    ],
)
def test_each_part_earns_its_point(answers: Any, points: int, left: int) -> None:
    response = {"answers": answers}
    assert (ITEM.points(response), ITEM.left(response)) == (points, left)


SHAPES: list[Any] = [
    *(None, {}, [], ["c"], "c", 7, 2**63, float("nan"), True, {"answers": None}, {"answers": []}, {"answers": "c"}),
    *({"answers": 1.5}, {"answer": {"amara": "c"}}, {"amara": "c"}, {"answers": [["amara", "c"]]}),
]


@pytest.mark.parametrize("response", SHAPES)
def test_another_shape_earns_nothing_and_is_no_answer(response: Any) -> None:
    assert (ITEM.points(response), ITEM.left(response), ITEM.wording(response)) == (0, 3, NOT_ANSWERED)
    assert ITEM.face(ORDER, response) == ITEM.face(ORDER, None)
    assert not ITEM.review(ORDER, response, everything=True).answered


def test_the_wording_names_each_part_by_its_first_words_in_the_authors_order() -> None:
    assert ITEM.wording({"answers": {"cara": "c", "amara": "d"}}) == (
        "Amara, 34, can join a trial that recruits.: an extension study; "
        "Ben, 8, has finished a trial & did well.: Not answered; "
        "Cara, 51, can join another trial.: A randomised trial"
    )
    long = parse_item(with_part(0, text="word " * 40))
    assert long.wording(RIGHT).startswith("word word")
    assert "word…: A randomised trial; " in long.wording(RIGHT)


# -- order -----------------------------------------------------------------------------------------------------------


def test_the_parts_are_shuffled_and_the_options_stand_by_the_alphabet() -> None:
    assert ITEM.natural_order() == ("amara", "ben", "cara")
    orders = Counter(ITEM.drawn_order(Random(seed)) for seed in range(120))
    assert len(orders) == 6
    for order in orders:
        face = ITEM.face(order, None)
        assert [choice.words for choice in face.choices] == [  # type: ignore[attr-defined]
            *("A randomised trial", "an extension study", "Compassionate use", "Named-patient supply")
        ]


# -- showing ---------------------------------------------------------------------------------------------------------


def test_before_marking_nothing_tells_the_key() -> None:
    other = parse_item(with_part(0, key="a"))
    for response in (None, RIGHT, {"answers": {"amara": "a"}}):
        face = ITEM.face(ORDER, response)
        assert face == other.face(ORDER, response)
        html = asked(face)
        assert html == asked(other.face(ORDER, response))
        assert "Because" not in html
        assert "Why-" not in html


def test_a_page_has_a_select_for_each_part_with_the_answer_in_it() -> None:
    html = asked(ITEM.face(ORDER, {"answers": {"amara": "d"}}), "q3", "Choose an option of the list for part 1")
    for number in (1, 2, 3):
        assert f'<select class="nhsuk-select" id="q3-{number}" name="answer-{number}">' in html
        assert f'for="q3-{number}"' in html
    assert html.count('<option value="" selected>Choose an option</option>') == 2
    assert html.count('<option value="2" selected>an extension study</option>') == 1
    assert html.count(" selected") == 3
    assert '<option value="1">A randomised trial</option>' in html
    assert "<li>A <em>randomised</em> trial</li>" in html
    assert "Ben, 8, has finished a trial &amp; did well.</label>" in html
    assert 'aria-describedby="q3-hint q3-error"' in html
    assert 'id="q3-error"' in html
    assert "more than once or not at all" in html


def seen(response: Any, *, everything: bool, item: Any = ITEM) -> list[tuple[str, bool | None, str, str, str]]:
    review = item.review(ORDER, response, everything=everything)
    assert isinstance(review, MatchReview)
    return [
        (
            part.chosen.striptags(),
            part.right,
            part.chosen_rationale.striptags()[:5],
            part.key.striptags(),
            part.rationale.striptags(),
        )
        for part in review.parts
    ]


SOME = {"answers": {"cara": "a", "amara": "c"}}


def test_everything_is_shown_with_the_keys_and_the_rationales_of_part_and_choice() -> None:
    assert seen(SOME, everything=True) == [
        ("Named-patient supply", False, "Why-a", "A randomised trial", "Because-cara."),
        ("A randomised trial", True, "", "", "Because-amara."),
        ("", None, "", "an extension study", "Because-ben."),
    ]
    html = reviewed(ITEM.review(ORDER, SOME, everything=True))
    assert "Your answer, not right: Named-patient supply" in html
    assert "Your answer, right: A <em>randomised</em> trial" in html
    assert "Best answer: an extension study" in html


def test_otherwise_only_what_concerns_what_was_chosen() -> None:
    assert seen(SOME, everything=False) == [
        ("Named-patient supply", False, "Why-a", "", ""),
        ("A randomised trial", True, "", "", "Because-amara."),
        ("", None, "", "", ""),
    ]
    html = reviewed(ITEM.review(ORDER, SOME, everything=False))
    assert "Best answer" not in html
    assert "Because-ben" not in html
    assert "extension" not in html


def test_a_wrong_or_missing_answer_does_not_tell_the_key_by_its_review() -> None:
    for other in (with_part(2, key="b"), with_part(1, key="a")):
        ours, theirs = (item.review(ORDER, SOME, everything=False) for item in (ITEM, parse_item(other)))
        assert ours == theirs


def test_an_accepted_option_is_right_but_does_not_tell_the_key() -> None:
    item = ITEM.with_key("cara:a", also=True)
    assert item.points(SOME) == 2
    assert seen(SOME, everything=False, item=item)[0] == ("Named-patient supply", True, "Why-a", "", "")
    assert seen(SOME, everything=True, item=item)[0][3:] == ("A randomised trial", "Because-cara.")


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (None, NOT_ANSWERED),
        (RIGHT, "Right"),
        (SOME, "Partly right: 1 of 3 points"),
        ({"answers": {"amara": "a"}}, "Not right"),
    ],
)
def test_a_review_says_how_it_went(response: Any, verdict: str) -> None:
    assert ITEM.review(ORDER, response, everything=False).verdict == verdict


# -- keys that change ------------------------------------------------------------------------------------------------


def test_any_option_may_become_the_key_of_a_part() -> None:
    assert isinstance(ITEM, ExtendedMatching)
    found = ITEM.alternatives()
    assert len({alternative.id for alternative in found}) == 12
    assert (found[0].id, found[0].words) == (
        "amara:c",
        "Amara, 34, can join a trial that recruits.: A randomised trial",
    )
    item = ITEM.with_key("ben:b", also=False)
    assert [part.key for part in item.parts] == ["c", "b", "c"]
    assert (item.points(RIGHT), item.points({"answers": {"ben": "b"}})) == (2, 1)
    assert item.digest != ITEM.digest


def test_an_option_may_be_accepted_beside_the_key_until_the_key_changes() -> None:
    assert isinstance(ITEM, ExtendedMatching)
    item = ITEM.with_key("ben:b", also=True).with_key("ben:a", also=True).with_key("ben:d", also=True)
    assert item.parts[1].accepted == ("a", "b")
    assert [item.points({"answers": {"ben": option}}) for option in "abcd"] == [1, 1, 0, 1]
    assert item.with_key("ben:c", also=False).parts[1].accepted == ()
    assert item.with_key("ben:c", also=False).parts[0] == ITEM.parts[0]


@pytest.mark.parametrize("alternative", ["", "c", "amara", "amara:", "amara:z", "zoe:c", ":c", "c:amara", "amara:c:d"])
def test_what_is_no_alternative_is_refused_in_words(alternative: str) -> None:
    for also in (False, True):
        with pytest.raises(ValueError, match="Choose one of the parts"):
            ITEM.with_key(alternative, also=also)


def test_forms_earn_everything_or_nothing() -> None:
    for item in (ITEM, ITEM.with_key("ben:c", also=True)):
        for right, points in ((True, 3), (False, 0)):
            (sent,) = item.forms_for(ORDER, right=right)
            response = item.read(sent, ORDER)
            assert (item.points(response), item.left(response)) == (points, 0)


def test_a_part_that_takes_every_option_is_left_out_by_the_wrong_form() -> None:
    item = parse_item(with_part(0, accepted=["a", "b", "d"]))
    (sent,) = item.forms_for(ORDER, right=False)
    assert item.points(item.read(sent, ORDER)) == 0


# -- content ---------------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    changed(id="other"),
    changed(outcome="two"),
    changed(objective=None),
    changed(level="analyse"),
    changed(stem="Other."),
    changed(lead_in="Other?"),
    changed(section="lesson#other"),
    changed(facts=[]),
    with_option(0, text="Other"),
    with_option(0, rationale="Other"),
    changed(options=[*RAW["options"], {"id": "e", "text": "E", "rationale": "Why-e"}]),
    changed(options=RAW["options"][::-1]),
    with_part(0, id="other"),
    with_part(0, text="Other"),
    with_part(0, key="a"),
    with_part(0, rationale="Other"),
    with_part(0, accepted=["b"]),
    changed(parts=RAW["parts"][:2]),
    changed(parts=RAW["parts"][::-1]),
]


def test_every_change_of_content_is_another_version() -> None:
    assert len({parse_item(change).digest for change in [*CHANGES, RAW]}) == len(CHANGES) + 1
    told = {key for change in CHANGES for key in change if change[key] != RAW[key]}
    assert told | {"type"} == set(ExtendedMatching.model_fields)
    assert set(MatchOption.model_fields) == {"id", "text", "rationale"}
    assert set(MatchPart.model_fields) == {"id", "text", "key", "rationale", "accepted"}


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (with_part(0, key="e"), "the key e of part amara is not one of the options"),
        (with_part(0, accepted=["z"]), "the key z of part amara"),
        (with_part(0, id="ben"), "two parts have the same id ben"),
        (with_part(0, id="a part"), "should match pattern"),
        (with_part(0, rationale=" "), "rationale"),
        (with_part(0, hint="x"), "Extra inputs"),
        (with_option(0, id="b"), "two options have the same id b"),
        (with_option(0, id="k"), "should match pattern"),
        (with_option(0, text="COMPASSIONATE use"), "two options have the same words"),
        (with_option(0, key=True), "Extra inputs"),
        (changed(options=RAW["options"][:3]), "at least 4"),
        (
            changed(options=[{"id": i, "text": i, "rationale": "x"} for i in "abcdefghij"] + RAW["options"][:1]),
            "at most 10",
        ),
        (changed(parts=RAW["parts"][:1]), "at least 2"),
        (changed(parts=[RAW["parts"][0] | {"id": str(n)} for n in range(6)]), "at most 5"),
        (changed(key="a"), "Extra inputs"),
    ],
)
def test_what_is_not_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)
