from collections.abc import Callable
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elearn.certificates.numbers import (
    ALPHABET,
    LENGTH,
    RANDOM_CHARACTERS,
    NotANumber,
    check_character,
    grouped,
    new_number,
    parse,
)

DRAWN = st.text(ALPHABET, min_size=RANDOM_CHARACTERS, max_size=RANDOM_CHARACTERS)
NUMBERS = DRAWN.map(lambda drawn: drawn + check_character(drawn))
# Made once by hand with a table of GF(32); they must stay for ever, because they stand on paper.
KNOWN = [
    ("0000000000000000", "0"),
    ("0000000000000001", "2"),
    ("000000000000000G", "5"),
    ("1000000000000000", "V"),
]


@pytest.mark.parametrize(("drawn", "check"), KNOWN)
def test_check_character(drawn: str, check: str) -> None:
    assert check_character(drawn) == check


def test_crockfords_letters() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("OILU") & set(ALPHABET)


def test_a_new_number_is_whole_and_new() -> None:
    numbers = {new_number() for _ in range(2000)}
    assert len(numbers) == 2000
    assert {len(number) for number in numbers} == {LENGTH}
    for place in range(RANDOM_CHARACTERS):
        assert len({number[place] for number in numbers}) == 32


def test_all_the_randomness_is_asked_for() -> None:
    asked: list[str] = []

    def choose(letters: str) -> str:
        asked.append(letters)
        return letters[0]

    new_number(choose)
    assert asked == [ALPHABET] * 16


@given(NUMBERS)
def test_what_is_shown_is_understood(number: str) -> None:
    shown = grouped(number)
    assert [len(group) for group in shown.split("-")] == [4, 4, 4, 4, 1]
    assert parse(shown) == number


@given(NUMBERS, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_wrong_character_is_caught(number: str, place: int, other: str) -> None:
    mistyped = number[:place] + other + number[place + 1 :]
    if mistyped == number:
        assert parse(mistyped) == number
    else:
        with pytest.raises(NotANumber, match="mistyped"):
            parse(mistyped)


def test_every_wrong_character_and_neighbour_exchange_of_some_numbers_is_caught() -> None:
    for number in (new_number() for _ in range(40)):
        wrong = {number[:i] + c + number[i + 1 :] for i, c in product(range(LENGTH), ALPHABET)}
        wrong |= {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(LENGTH - 1)}
        for mistyped in wrong - {number}:
            with pytest.raises(NotANumber):
                parse(mistyped)


@given(NUMBERS, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_any_two_characters_exchanged_are_caught(number: str, one: int, two: int) -> None:
    letters = list(number)
    letters[one], letters[two] = letters[two], letters[one]
    if letters != list(number):
        with pytest.raises(NotANumber):
            parse("".join(letters))


AS_TYPED: list[Callable[[str], str]] = [
    str.lower,
    lambda n: n.replace("-", " "),
    lambda n: n.replace("-", ""),
    lambda n: f"  {n}\n",
    lambda n: n.replace("0", "O").replace("1", "I"),
    lambda n: n.replace("0", "o").replace("1", "l"),
    lambda n: n.replace("-", "–"),
    lambda n: n.replace("-", "‑"),
    lambda n: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in n),
    lambda n: f"https://example.org/verify/{n}/",
]


@pytest.mark.parametrize("typed_as", AS_TYPED)
def test_what_people_type_is_understood(typed_as: Callable[[str], str]) -> None:
    number = "00001111ABCDEF1" + "0"
    number += check_character(number)
    assert parse(typed_as(grouped(number))) == number


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the number"),
        ("   - - ", "Enter the number"),
        ("ABCD", "has 17 letters and digits, and this has 4"),
        ("0" * 18, "and this has 18"),
        ("0000-0000-0000-000U-0", "no “U”"),
        ("0000-0000-0000-0000-é", "no “É”"),
        ("0000-0000-0000-0000-1", "mistyped"),
        ("Z" * 5000, "has 17 letters and digits"),
        ("<script>", "no “<”"),
    ],
)
def test_what_is_no_number_is_told_kindly(typed: str, words: str) -> None:
    with pytest.raises(NotANumber, match=words):
        parse(typed)


@given(st.text(max_size=60))
def test_anything_typed_is_a_number_or_not_one(typed: str) -> None:
    with suppress(NotANumber):
        assert len(parse(typed)) == LENGTH
