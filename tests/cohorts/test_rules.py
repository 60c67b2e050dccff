"""Join codes and pasted lists, as tables."""

import pytest

from elearn.cohorts.rules import (
    CODE_ALPHABET,
    LONGEST_PASTE,
    PROBLEMS_SHOWN,
    Expected,
    new_join_code,
    read_code,
    read_roster,
    shown_code,
)

WRONG = "write a name, a comma and an e-mail address, or an e-mail address alone"


def test_a_code_is_eight_characters_that_nobody_misreads() -> None:
    asked: list[str] = []

    def choose(alphabet: str) -> str:
        asked.append(alphabet)
        return alphabet[len(asked)]

    code = new_join_code(choose)
    assert len(code) == 8
    assert set(asked) == {CODE_ALPHABET}
    assert len(set(code)) == 8
    assert not set(CODE_ALPHABET) & set("0O1IL5S2ZB8BAEU") - {"8"}
    assert len(CODE_ALPHABET) == len(set(CODE_ALPHABET)) == 23


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("CDFG3467", "CDFG3467"),
        ("cdfg-3467", "CDFG3467"),
        ("  cdfg 3467 ", "CDFG3467"),
        ("CDFG–3467", "CDFG3467"),
        ("CDFG\x003467", "CDFG3467"),
        ("", ""),
        ("---", ""),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, kept: str) -> None:
    assert read_code(typed) == kept


def test_a_code_is_shown_in_groups_and_read_back() -> None:
    assert shown_code("CDFG3467") == "CDFG-3467"
    assert read_code(shown_code("CDFG3467")) == "CDFG3467"


@pytest.mark.parametrize(
    ("line", "person"),
    [
        ("amina@example.org", Expected("amina@example.org")),
        ("Amina@Example.ORG", Expected("amina@example.org")),
        ("Amina Khan, amina@example.org", Expected("amina@example.org", "Amina Khan")),
        ("Khan, Amina, amina@example.org", Expected("amina@example.org", "Khan, Amina")),
        ("Amina Khan\tamina@example.org", Expected("amina@example.org", "Amina Khan")),
        ("Amina Khan; amina@example.org", Expected("amina@example.org", "Amina Khan")),
        ('"Amina Khan","amina@example.org"', Expected("amina@example.org", "Amina Khan")),
        (",amina@example.org", Expected("amina@example.org")),
        ("  Amina   Khan ,  amina@example.org  ", Expected("amina@example.org", "Amina Khan")),
    ],
)
def test_a_line_is_read(line: str, person: Expected) -> None:
    reading = read_roster(line)
    assert reading.problems == ()
    assert reading.people == (person,)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("Amina Khan", (f"Line 1: {WRONG}",)),
        ("amina@example.org, Amina", (f"Line 1: {WRONG}",)),
        ("a@example.org\n\nBram, b@\nc@example.org\nd@@example.org", (f"Line 3: {WRONG}", f"Line 5: {WRONG}")),
        ("a@example.org\nb@example.org\nA, A@example.org", ("Line 3: this address stands in line 1 already",)),
        ("x" * 161 + ",a@example.org", ("Line 1: the name must be 160 characters or fewer",)),
        ("a@exam\x00ple.org", (f"Line 1: {WRONG}",)),
    ],
)
def test_one_bad_line_takes_nobody_and_is_named(text: str, problems: tuple[str, ...]) -> None:
    reading = read_roster(text)
    assert reading.problems == problems
    assert reading.people == ()


def test_a_long_list_of_problems_is_cut_and_says_so() -> None:
    problems = read_roster("\n".join(["nobody"] * (PROBLEMS_SHOWN + 3))).problems
    assert len(problems) == PROBLEMS_SHOWN + 1
    assert problems[-1] == "And 3 more lines have a problem"
    assert read_roster("\n".join(["nobody"] * (PROBLEMS_SHOWN + 1))).problems[-1] == "And one more line has a problem"


def test_too_long_a_list_is_refused_whole() -> None:
    lines = [f"person{number}@example.org" for number in range(LONGEST_PASTE + 1)]
    assert len(read_roster("\n".join(lines[:-1])).people) == LONGEST_PASTE
    assert read_roster("\n".join(lines)).people == ()
    assert "501" in read_roster("\n".join(lines)).problems[0]
