"""NHS numbers are found however they are written, and other numbers are let be."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elearn.learning.rules import month_of
from elearn.shared.patients import find_nhs_number, is_nhs_number, tidy_text


def check_digit(nine: str) -> int:
    """The check digit by the long way round: count up until the whole sum is a multiple of eleven."""
    total = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True))
    return next(check for check in range(11) if (total + check) % 11 == 0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9434765919", "9434765919"),
        ("Seen today, NHS no 943 476 5919, doing well", "943 476 5919"),
        ("943-476-5919", "943-476-5919"),
        ("943 - 476 - 5919", "943 - 476 - 5919"),
        ("943\u2013476\u20135919", "943\u2013476\u20135919"),
        ("943\u00a0476\u00a05919", "943\u00a0476\u00a05919"),
        ("943\u200b4765919", "943\u200b4765919"),
        ("9 4 3 4 7 6 5 9 1 9", "9 4 3 4 7 6 5 9 1 9"),
        ("943\n476\n5919", "943\n476\n5919"),
        ("(9434765919)", "9434765919"),
        ("NHS:9434765919.", "9434765919"),
        ("x9434765919y", "9434765919"),
        ("born 2018 943 476 5919", "943 476 5919"),
        ("943 476 5919 2026", "943 476 5919"),
        ("first 111 222 3333, then 943 476 5919", "943 476 5919"),
        ("4010232137 and 9434765919", "4010232137"),
        (
            "\uff19\uff14\uff13\uff14\uff17\uff16\uff15\uff19\uff11\uff19",
            "\uff19\uff14\uff13\uff14\uff17\uff16\uff15\uff19\uff11\uff19",
        ),
        ("9434765918", None),  # the check digit is wrong
        ("94347659190", None),  # eleven digits in one group
        ("19434765919", None),
        ("943476591", None),
        ("943 476 591", None),
        ("943, 476, 5919", None),  # a list, not a number
        ("020 7946 0958", None),  # a telephone number
        ("2026-11-22", None),
        ("about 7,000 diseases in 3.5 million people", None),
        ("", None),
    ],
)
def test_finding_an_nhs_number(text: str, found: str | None) -> None:
    assert find_nhs_number(text) == found


@pytest.mark.parametrize(
    ("digits", "valid"),
    [
        ("9434765919", True),
        ("4010232137", True),
        ("9434765910", False),
        ("0000000000", True),  # the arithmetic holds, so it is refused in a text as well
        ("1000000010", False),  # the check value is 10, which no digit can carry
        ("943476591", False),
        ("943476591X", False),
    ],
)
def test_the_check_digit(digits: str, valid: bool) -> None:
    assert is_nhs_number(digits) is valid


@given(
    nine=st.text("0123456789", min_size=9, max_size=9),
    gaps=st.lists(st.sampled_from(["", " ", "-", "\u2013", "\u00a0"]), min_size=9, max_size=9),
    before=st.sampled_from(["", "NHS ", "No.", "12 ", "2024, "]),
    after=st.sampled_from(["", ".", " was seen", ", aged 4"]),
)
def test_every_valid_number_is_found(nine: str, gaps: list[str], before: str, after: str) -> None:
    check = check_digit(nine)
    digits = nine + str(check) if check < 10 else ""
    if digits:
        written = digits[0] + "".join(gap + digit for gap, digit in zip(gaps, digits[1:], strict=True))
        assert find_nhs_number(before + written + after) is not None


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 9))
def test_one_wrong_last_digit_is_no_nhs_number(nine: str, last: int) -> None:
    assert is_nhs_number(f"{nine}{last}") is (last == check_digit(nine))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  one\r\ntwo\rthree  ", "one\ntwo\nthree"),
        ("e\u0301", "\u00e9"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("tab\tstays", "tab\tstays"),
        ("   ", ""),
        ("👩‍⚕️ family", "👩‍⚕️ family"),
    ],
)
def test_texts_are_tidied(typed: str, kept: str) -> None:
    assert tidy_text(typed) == kept


def test_only_the_month_is_kept() -> None:
    assert month_of(date(2026, 3, 9)) == "2026-03"
