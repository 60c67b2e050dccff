"""Numbers with a unit: what is read and what is refused, ranges, mistakes, showing before and after, and keys that change."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from elearn.items.base import NOT_ANSWERED, BadResponse
from elearn.items.numeric import Numeric
from elearn.items.registry import TYPES, parse_item
from tests.items.rendered import asked, reviewed
from tests.items.strange import wrapped
from tests.items.structure import elements, faults, values

RAW: dict[str, Any] = {
    "id": "rule-of-three",
    "type": "numeric",
    "outcome": "one",
    "objective": "aim",
    "level": "apply",
    "stem": "None of 240 people had a *serious* reaction to an invented medicine.",
    "lead_in": "How frequent may such a reaction still be, at the upper end of the 95 % interval?",
    "unit": "per cent",
    "decimals": 2,
    "lowest": "1.2",
    "highest": "1.3",
    "rationale": "Rationale: *three* divided by 240.",
    "mistakes": [
        {"lowest": 0, "highest": 0, "rationale": "Mistake-zero"},
        {"lowest": "0.012", "highest": "0.013", "rationale": "Mistake-share"},
        {"lowest": "0.005", "highest": "0.1", "rationale": "Mistake-small"},
    ],
    "section": "lesson#heading",
    "facts": ["AA-1"],
}
ITEM = Numeric.model_validate(RAW)
DOSE = Numeric.model_validate(
    RAW | {"unit": "milligrams per kilogram", "unit_also": ["mg/kg", "mg per  kg"], "decimals": None, "mistakes": []}
)
ORDER: tuple[str, ...] = ()
STRANGE = wrapped("number", "answer")
# The characters that a phone, a word processor and a paper put into numbers.
MINUS, EN_DASH, HARD, THIN, FULLWIDTH, ARABIC = "\u2212", "\u2013", "\u00a0", "\u202f", "１", "١"


def changed(**changes: Any) -> dict[str, Any]:
    return RAW | changes


def typed(text: str) -> dict[str, list[str]]:
    return {"answer": [text], "csrf_token": ["x"]}


def given(number: str) -> dict[str, Any]:
    return {"number": number}


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0.126", "0.126"), ("12.6", "12.6"), (" 1,234.5 ", "1234.5"), ("1,234,567", "1234567"), ("12.60", "12.60")),
        *(("007", "7"), (".5", "0.5"), ("5.", "5"), ("+5", "5"), ("0", "0"), ("-0", "0"), ("-0.00", "0.00")),
        *(("-3", "-3"), (MINUS + "3.5", "-3.5"), (EN_DASH + "3", "-3"), (MINUS + " 3", "-3"), ("-1,000", "-1000")),
        *(("12.6%", "12.6"), ("12.6 %", "12.6"), ("12.6 per cent", "12.6"), ("12.6 Percent", "12.6")),
        *((f"12.6{HARD}%", "12.6"), (f"12.6{THIN}%", "12.6"), ("12.6  per   cent", "12.6"), ("\t12.6\r\n", "12.6")),
        *(("123456789012345", "123456789012345"), ("0" * 30 + "5", "5"), ("-.123456789012345", "-0.123456789012345")),
    ],
)
def test_a_number_is_read(text: str, number: str) -> None:
    response = ITEM.read(typed(text), ORDER)
    assert response == given(number)
    assert ITEM.left(response) == 0
    assert values(asked(ITEM.face(ORDER, response)), "answer") == [number]
    assert ITEM.read(typed(number), ORDER, response) == response


@pytest.mark.parametrize("text", ["5 milligrams per kilogram", "5 mg/kg", "5mg/kg", "5 MG per KG"])
def test_its_own_unit_may_follow(text: str) -> None:
    assert DOSE.read(typed(text), ORDER) == given("5")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(
            (text, "is not a number")
            for text in ("NaN", "inf", "-inf", "Infinity", "none", "-", "+", ".", ",", "%", "½")
        ),
        *(
            (text, "is not a number")
            for text in ("--5", "±5", "²", FULLWIDTH, ARABIC, "about 5", "<5", "{}", "'", "mg")
        ),
        *(
            (text, "more than a number")
            for text in ("1e5", "1E5", "0x10", "5 mg", "5 mg/kg", "5 to 6", "1.5e-3", "5%%x")
        ),
        *((text, "is not one number") for text in ("12,6", "1,23", "1,2345", "1234,567", "1 234", "1.2.3", "1_000")),
        *((text, "is not one number") for text in ("1-2", "5 5", "1/2", "3*4", "5;", "5 -", "1" + FULLWIDTH, "5\x00")),
        *((text, "too long") for text in (str(2**63), "9" * 16, "0." + "1" * 16, "9" * 5000, "1,000,000,000,000,000")),
    ],
)
def test_anything_else_is_refused_and_quoted(text: str, words: str) -> None:
    with pytest.raises(BadResponse, match=words) as refused:
        ITEM.read(typed(text), ORDER)
    message = str(refused.value)
    quoted = message[1 : message.index("”")]
    assert refused.value.control == "-1"
    assert ":" in message
    assert quoted == text.replace("\x00", "") if len(text) <= 40 else quoted == text[:39] + "…"
    assert len(message) < 200


def test_a_percent_sign_is_refused_where_it_is_not_the_unit() -> None:
    with pytest.raises(BadResponse, match="another unit"):
        DOSE.read(typed("5 %"), ORDER)


def test_what_is_quoted_is_safe_on_the_page() -> None:
    with pytest.raises(BadResponse) as refused:
        ITEM.read(typed("<script>"), ORDER)
    assert "<script>" not in asked(ITEM.face(ORDER, None), "answer", str(refused.value))


def test_two_numbers_are_refused() -> None:
    with pytest.raises(BadResponse, match="one number only"):
        ITEM.read({"answer": ["1", "1"]}, ORDER)
    assert ITEM.read({"answer": ["", "1"]}, ORDER) == given("1")


@pytest.mark.parametrize("sent", [{}, {"answer": []}, {"answer": [""]}, {"answer": [" \t"]}, {"answer-1": ["5"]}])
def test_an_empty_field_is_no_answer_or_takes_one_back(sent: dict[str, list[str]]) -> None:
    assert ITEM.read(sent, ORDER) is None
    emptied = ITEM.read(sent, ORDER, given("5"))
    assert emptied == given("")
    assert (ITEM.left(emptied), ITEM.points(emptied), ITEM.wording(emptied)) == (1, 0, NOT_ANSWERED)
    assert not ITEM.review(ORDER, emptied, everything=True).answered


# -- marking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "points"),
    [
        *(("1.2", 1), ("1.20", 1), ("1.25", 1), ("1.3", 1), ("1.30000", 1), ("1.2000000000001", 1)),
        *(("1.1999999999999", 0), ("1.3000000000001", 0), ("0", 0), ("-1.25", 0), ("125", 0), ("12", 0), ("1", 0)),
    ],
)
def test_a_number_within_the_range_earns_the_point(number: str, points: int) -> None:
    assert ITEM.points(given(number)) == points
    assert ITEM.possible == 1


def test_tenths_are_tenths() -> None:
    """0.1 + 0.2 is not 0.3 for floats."""
    item = parse_item(changed(lowest=0.3, highest=0.3, mistakes=[]))
    assert item.points(given("0.3")) == 1
    assert item.points(given("0.30000000000001")) == 0


@pytest.mark.parametrize(
    "number",
    [
        *("1.25 ", " 1.25", "+1.25", "1.25e0", "1,25", "１.25", "1.", ".5", "--1", "1.25\n", "NaN", "Infinity", "sNaN"),
        *("1.25" + "0" * 20, 1.25, 1, True, None, ["1.25"], {"1.25": 1}),
    ],
)
def test_only_a_number_as_it_is_stored_counts(number: Any) -> None:
    assert ITEM.points({"number": number}) == 0
    assert ITEM.left({"number": number}) == 1
    assert ITEM.wording({"number": number}) == NOT_ANSWERED


@pytest.mark.parametrize("response", STRANGE)
def test_nothing_stored_makes_it_fail(response: Any) -> None:
    assert ITEM.points(response) == 0
    assert ITEM.left(response) in (0, 1)
    assert isinstance(ITEM.wording(response), str)
    asked(ITEM.face(ORDER, response))
    for everything in (True, False):
        reviewed(ITEM.review(ORDER, response, everything=everything))


def test_an_answer_in_words() -> None:
    assert ITEM.wording(None) == NOT_ANSWERED
    assert ITEM.wording(given("1.25")) == "1.25 per cent"
    assert DOSE.wording(given("-5")) == "-5 milligrams per kilogram"


# -- before marking --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decimals", "rule"),
    [
        (None, "Write a number."),
        (0, "Write a whole number."),
        (1, "Write a number to 1 decimal place."),
        (2, "Write a number to 2 decimal places."),
    ],
)
def test_the_hint_says_how_to_write_it(decimals: int | None, rule: str) -> None:
    item = parse_item(changed(decimals=decimals))
    assert item.face(ORDER, None).rule == rule
    assert rule in asked(item.face(ORDER, None))
    assert item.points(given("1.25")) == 1


@pytest.mark.parametrize("response", [None, given(""), given("1.25"), given("0"), given("99")])
def test_before_marking_nothing_tells_the_key(response: Any) -> None:
    page = asked(ITEM.face(ORDER, response))
    changes: list[dict[str, Any]] = [
        {"lowest": 90, "highest": 100},
        {"rationale": "Secret"},
        {"mistakes": []},
        {"accepted": [{"lowest": 1, "highest": 2}]},
    ]
    for change in changes:
        item = parse_item(changed(**change))
        assert item.face(ORDER, response) == ITEM.face(ORDER, response)
        assert asked(item.face(ORDER, response)) == page
    assert "1.2" not in page.replace('value="1.25"', "")
    assert "ationale" not in page
    assert "Mistake" not in page
    assert (ITEM.natural_order(), ITEM.drawn_order(Random(1))) == ((), ())


@pytest.mark.parametrize("error", ["", "“x” is not a number"])
def test_the_page_hangs_together(error: str) -> None:
    page = asked(DOSE.face(ORDER, given("5")), "check-x", error)
    assert faults(page, "check-x") == []
    field = next(element for element in elements(page) if element.tag == "input")
    assert field.attrib["inputmode"] == "decimal"
    assert field.attrib["type"] == "text"
    assert field.attrib["aria-describedby"] == "check-x-hint" + (" check-x-error" if error else "")
    assert 'Your answer<span class="nhsuk-u-visually-hidden"> in milligrams per kilogram</span></label>' in page
    assert error in page
    assert 'value=""' not in asked(DOSE.face(ORDER, None))


# -- after marking ---------------------------------------------------------------------------------------------------


def shown(number: str | None, *, everything: bool) -> tuple[str, str, str, list[str]]:
    review = ITEM.review(ORDER, None if number is None else given(number), everything=everything)
    page = reviewed(review)
    assert faults(f'<p id="answer-1"></p>{page}') == []
    assert ("Rationale" in page) is bool(review.rationale)
    assert page.count("Mistake") == len(review.mistakes)
    mistakes = [mistake.striptags() for mistake in review.mistakes]
    return review.given, review.accepted, review.rationale.striptags(), mistakes


KEY, WHY = "1.2 to 1.3 per cent", "Rationale: three divided by 240."


@pytest.mark.parametrize(
    ("number", "everything", "seen"),
    [
        ("1.25", True, ("1.25 per cent", KEY, WHY, [])),
        ("1.25", False, ("1.25 per cent", "", WHY, [])),
        ("5", True, ("5 per cent", KEY, WHY, [])),
        ("5", False, ("5 per cent", "", "", [])),
        ("0", True, ("0 per cent", KEY, WHY, ["Mistake-zero"])),
        ("0.0", False, ("0.0 per cent", "", "", ["Mistake-zero"])),
        ("0.0125", False, ("0.0125 per cent", "", "", ["Mistake-share", "Mistake-small"])),
        ("0.1", False, ("0.1 per cent", "", "", ["Mistake-small"])),
        ("0.11", False, ("0.11 per cent", "", "", [])),
        (None, True, ("", KEY, WHY, [])),
        (None, False, ("", "", "", [])),
    ],
)
def test_what_is_released(number: str | None, everything: bool, seen: tuple[str, str, str, list[str]]) -> None:
    assert shown(number, everything=everything) == seen


def test_a_wrong_number_does_not_tell_the_key() -> None:
    other = parse_item(changed(lowest=90, highest=100, rationale="Secret"))
    for number in ("5", "0", "0.0125"):
        ours, theirs = (item.review(ORDER, given(number), everything=False) for item in (ITEM, other))
        assert ours == theirs
        assert reviewed(ours) == reviewed(theirs)


@pytest.mark.parametrize(("number", "verdict"), [("1.25", "Right"), ("5", "Not right"), ("", NOT_ANSWERED)])
def test_a_review_says_the_mark_in_words(number: str, verdict: str) -> None:
    assert ITEM.review(ORDER, given(number), everything=False).verdict == verdict


def test_one_number_is_worded_as_one() -> None:
    item = parse_item(changed(lowest="1E+1", highest=10))
    assert "10 per cent" in reviewed(item.review(ORDER, None, everything=True))
    assert "10 to 10" not in reviewed(item.review(ORDER, None, everything=True))


# -- keys that change ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "lowest", "highest"),
    [
        ("0.5 to 0.7", "0.5", "0.7"),
        (" 5  TO 7 ", "5", "7"),
        ("5", "5", "5"),
        ("5 % to 7 %", "5", "7"),
        (f"{MINUS}7 to -5", "-7", "-5"),
        ("1,000 to 2,000.5", "1000", "2000.5"),
    ],
)
def test_another_range_is_written(words: str, lowest: str, highest: str) -> None:
    item = ITEM.with_key(words, also=False)
    assert (item.lowest, item.highest) == (Decimal(lowest), Decimal(highest))
    assert (item.points(given(lowest)), item.points(given(highest)), item.points(given("1.25"))) == (1, 1, 0)
    assert item.digest != ITEM.digest
    assert "to" in Numeric.key_hint
    assert ITEM.alternatives() == ()


def test_a_range_may_be_accepted_beside_the_key() -> None:
    item = ITEM.with_key("5 to 7", also=True).with_key("0", also=True)
    for number, points in (("1.25", 1), ("5", 1), ("6.5", 1), ("7.1", 0), ("0", 1), ("4.9", 0)):
        assert item.points(given(number)) == points
    assert item.with_key("5 to 7", also=True) == item
    assert ITEM.with_key("1.2 to 1.3", also=True) == ITEM
    assert "1.2 to 1.3 or 5 to 7 or 0 per cent" in reviewed(item.review(ORDER, None, everything=True))
    assert item.review(ORDER, given("0"), everything=True).mistakes == ()  # it is none any more
    assert item.with_key("5 to 7", also=False).accepted == ()


def test_a_mistake_that_meets_the_new_key_is_dropped() -> None:
    item = ITEM.with_key("0.05 to 0.5", also=False)
    assert [mistake.rationale for mistake in item.mistakes] == ["Mistake-zero", "Mistake-share"]


@pytest.mark.parametrize("also", [True, False])
@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("", "Write the range so: the lowest and the highest"),
        ("5 to 6 to 7", "Write the range so"),
        ("7 to 5", "The lowest number, 7, is above the highest, 5: swap them"),
        ("x", "is not a number"),
        ("5 to", "more than a number"),
        ("5 to NaN", "is not a number"),
        ("5-7", "is not one number"),
        ("1234567890123", "at most 12 digits"),
        ("9" * 20, "at most 15 digits"),
    ],
)
def test_no_other_key_is_taken(words: str, fault: str, also: bool) -> None:
    with pytest.raises(ValueError, match=fault) as refused:
        ITEM.with_key(words, also=also)
    assert not isinstance(refused.value, ValidationError)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"accepted": [{"lowest": 2, "highest": 3}, {"lowest": 5, "highest": "6.5"}]},
        {"lowest": -5, "highest": -1},
        {"lowest": 0, "highest": 0, "mistakes": []},
        {"lowest": "1E+5", "highest": 999999999999, "mistakes": []},
        {"lowest": "0.000000000001", "highest": "0.1", "mistakes": []},
    ],
)
def test_the_forms_earn_everything_or_nothing(change: dict[str, Any]) -> None:
    item = parse_item(changed(**change))
    for right, points in ((True, 1), (False, 0)):
        (form,) = item.forms_for(ORDER, right=right)
        assert item.points(item.read(form, ORDER)) == points


# -- content ---------------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    *({"id": "another"}, {"outcome": "two"}, {"objective": None}, {"level": "recall"}, {"stem": "Another."}),
    *({"lead_in": "How many?"}, {"section": "lesson#other"}, {"facts": []}, {"unit": "people"}, {"unit_also": ["pc"]}),
    *({"decimals": 1}, {"decimals": None}, {"lowest": "1.1"}, {"highest": "1.4"}, {"rationale": "Other"}),
    *({"mistakes": []}, {"accepted": [{"lowest": 1, "highest": 2}]}),
    *({"mistakes": [RAW["mistakes"][0] | c]} for c in ({}, {"lowest": -1}, {"highest": 1}, {"rationale": "x"})),
]


def test_any_change_of_content_is_another_version() -> None:
    digests = {parse_item(changed(**change)).digest for change in CHANGES}
    assert len(digests | {ITEM.digest}) == len(CHANGES) + 1
    assert {name for change in CHANGES for name in change} | {"type"} == set(Numeric.model_fields)


def test_what_is_stored_is_read_back_as_the_same_version() -> None:
    for item in (ITEM, ITEM.with_key("5 to 7", also=True), parse_item(changed(lowest=1.2, highest=1.3))):
        assert parse_item(item.model_dump(mode="json")).digest == item.digest
    assert parse_item(changed(lowest=1.2, highest=1.3)).digest == ITEM.digest


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (changed(lowest=2), "lowest 2 is above highest 1.3: swap them"),
        (changed(lowest=float("nan")), "finite"),
        (changed(highest=float("inf")), "finite"),
        (changed(highest="x"), "decimal"),
        (changed(lowest=None), "lowest"),
        (changed(highest=10**12), "no more than 12 digits"),
        (changed(highest="1E-20"), "no more than 12 digits"),
        (changed(unit=" "), "unit"),
        (changed(unit="5 mg"), "begins like a number: begin it with"),
        (changed(unit_also=["-fold"]), "begins like a number"),
        (changed(decimals=7), "less than or equal to 6"),
        (changed(decimals=-1), "greater than or equal to 0"),
        (changed(mistakes=[{"lowest": 1, "highest": "1.2", "rationale": "x"}]), "overlaps the accepted range: make"),
        (changed(mistakes=[{"lowest": 1, "highest": 2, "rationale": "x"}]), "overlaps the accepted range"),
        (changed(mistakes=[{"lowest": 3, "highest": 2, "rationale": "x"}]), "swap them"),
        (changed(mistakes=[{"lowest": 3, "highest": 3, "rationale": " "}]), "rationale"),
        (changed(mistakes=[{"lowest": 3, "highest": 3}]), "rationale"),
        (changed(mistakes=[{"lowest": n, "highest": n, "rationale": "x"} for n in range(10, 19)]), "at most 8"),
        (changed(accepted=[{"lowest": 3, "highest": 2}]), "swap them"),
        (changed(rationale=""), "rationale"),
        (changed(tolerance=1), "Extra inputs"),
    ],
)
def test_what_is_not_such_an_item_is_refused(raw: Any, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        parse_item(raw)


def test_it_is_known_by_its_name() -> None:
    assert TYPES["numeric"] is Numeric
