"""How somebody stands, what is best, and how the table is sorted."""

from datetime import date

import pytest

from elearn.cohorts.rules import Expected
from elearn.content.schema import Counts
from elearn.reports.rules import (
    Best,
    Direction,
    Row,
    Sort,
    SortKey,
    Status,
    best_of,
    counting_of,
    csv_name,
    not_joined,
    read_sort,
    sort_name,
    sort_rows,
    status_of,
    summary,
)


@pytest.mark.parametrize(
    ("joined", "enrolled", "finished", "status"),
    [
        (False, False, False, Status.NOT_JOINED),
        (False, True, True, Status.NOT_JOINED),
        (True, False, False, Status.NOT_STARTED),
        (True, False, True, Status.NOT_STARTED),
        (True, True, False, Status.STARTED),
        (True, True, True, Status.FINISHED),
    ],
)
def test_status(joined: bool, enrolled: bool, finished: bool, status: Status) -> None:
    assert status_of(joined=joined, enrolled=enrolled, finished=finished) is status


@pytest.mark.parametrize(
    ("marks", "best"),
    [
        ([], None),
        ([(0, 8)], (0, 8)),
        ([(3, 8), (6, 8), (5, 8)], (6, 8)),
        ([(5, 6), (6, 8)], (5, 6)),
        ([(3, 4), (6, 8)], (6, 8)),
        ([(2, 3), (66666666666666666, 10**17)], (2, 3)),
        ([(0, 0), (0, 8)], (0, 8)),
    ],
)
def test_best_is_the_highest_share(marks: list[tuple[int, int]], best: tuple[int, int] | None) -> None:
    assert best_of(Best(*mark) for mark in marks) == (Best(*best) if best else None)
    assert best_of(Best(*mark) for mark in reversed(marks)) == (Best(*best) if best else None)


def test_the_latest_mark_counts_where_the_quiz_says_so() -> None:
    marks = [Best(2, 8), Best(7, 8), Best(5, 8)]
    assert counting_of(marks, Counts.BEST) == Best(7, 8)
    assert counting_of(marks, Counts.LATEST) == Best(5, 8)
    assert counting_of([], Counts.BEST) is counting_of([], Counts.LATEST) is None


def person(name: str, **values: object) -> Row:
    given, _, family = name.rpartition(" ")
    shown = {"email": f"{family.lower()}@example.org", "email_confirmed": True, "status": Status.STARTED} | values
    return Row(name=name, sort_name=sort_name(given, family), **shown)  # type: ignore[arg-type]


LOW, HIGH = Best(2, 8), Best(7, 8)
ROWS = [
    person("Zoe Adams", steps=3, attempts=1, best=(HIGH, None), passed=1, certificate=date(2026, 11, 2)),
    person("Amina Khan", steps=14, attempts=0, best=(None, None), passed=0),
    person("Bram Österberg", steps=3, attempts=4, best=(LOW, LOW), passed=0, certificate=date(2026, 10, 30)),
    person("Carys Osborne", status=Status.NOT_JOINED, steps=None, attempts=None, passed=None),
    person("Ada Khan", steps=0, attempts=0, best=(LOW, HIGH), passed=2),
]


@pytest.mark.parametrize(
    ("key", "ascending", "descending"),
    [
        ("name", ["Adams", "Khan Ada", "Khan Amina", "Osborne", "Österberg"], None),
        (
            "steps",
            ["Khan Ada", "Adams", "Österberg", "Khan Amina", "Osborne"],
            ["Khan Amina", "Adams", "Österberg", "Khan Ada", "Osborne"],
        ),
        (
            "attempts",
            ["Khan Ada", "Khan Amina", "Adams", "Österberg", "Osborne"],
            ["Österberg", "Adams", "Khan Ada", "Khan Amina", "Osborne"],
        ),
        (
            "best",
            ["Österberg", "Adams", "Khan Ada", "Khan Amina", "Osborne"],
            ["Khan Ada", "Adams", "Österberg", "Khan Amina", "Osborne"],
        ),
        (
            "passed",
            ["Khan Amina", "Österberg", "Adams", "Khan Ada", "Osborne"],
            ["Khan Ada", "Adams", "Khan Amina", "Österberg", "Osborne"],
        ),
        (
            "certificate",
            ["Österberg", "Adams", "Khan Ada", "Khan Amina", "Osborne"],
            ["Adams", "Österberg", "Khan Ada", "Khan Amina", "Osborne"],
        ),
    ],
)
def test_missing_values_come_last_both_ways(key: str, ascending: list[str], descending: list[str] | None) -> None:
    def names(direction: Direction) -> list[str]:
        found = [row.name for row in sort_rows(reversed(ROWS), Sort(SortKey(key), direction))]
        short = {"Zoe Adams": "Adams", "Ada Khan": "Khan Ada", "Amina Khan": "Khan Amina"}
        return [short.get(name, name.split()[-1]) for name in found]

    assert names(Direction.ASCENDING) == ascending
    assert names(Direction.DESCENDING) == (descending or ascending[::-1])


@pytest.mark.parametrize(
    ("key", "direction", "sort"),
    [
        (None, None, Sort()),
        ("steps", "descending", Sort(SortKey.STEPS, Direction.DESCENDING)),
        ("steps", None, Sort(SortKey.STEPS)),
        ("password", "descending", Sort(SortKey.NAME, Direction.DESCENDING)),
        ("name; DROP TABLE people", "sideways", Sort()),
        ("NAME", "", Sort()),
        ("\x00", "NaN", Sort()),
    ],
)
def test_an_address_asks_for_a_known_sort_or_gets_the_family_name(
    key: str | None, direction: str | None, sort: Sort
) -> None:
    assert read_sort(key, direction) == sort


def test_a_second_press_turns_the_order_round() -> None:
    assert Sort().towards(SortKey.NAME) == Sort(SortKey.NAME, Direction.DESCENDING)
    assert Sort(SortKey.STEPS, Direction.DESCENDING).towards(SortKey.STEPS) == Sort(SortKey.STEPS)
    assert Sort(SortKey.STEPS, Direction.DESCENDING).towards(SortKey.NAME) == Sort()


def test_expected_people_are_told_from_those_who_joined() -> None:
    roster = [
        Expected("amina@example.org", "Amina Khan"),
        Expected("bram@example.org"),
        Expected("carys@example.org", "Carys"),
    ]
    rows = not_joined(roster, ["Amina@Example.org"])
    assert [(row.name, row.status) for row in rows] == [
        ("bram@example.org", Status.NOT_JOINED),
        ("Carys", Status.NOT_JOINED),
    ]
    assert all(
        (row.steps, row.attempts, row.passed, row.certificate, row.best) == (None, None, None, None, ()) for row in rows
    )


def test_the_summary_counts_whoever_finished_as_started() -> None:
    rows = [person(f"P {s}", status=s) for s in (*Status, Status.FINISHED)] + [
        person("Q R", certificate=date(2026, 1, 1))
    ]
    found = summary(rows)
    assert (found.expected_not_joined, found.joined, found.started, found.finished, found.certificates) == (
        1,
        5,
        4,
        2,
        1,
    )
    assert summary([]) == type(found)(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Genomics fellows, spring 2027", "cohort-genomics-fellows-spring-2027-2026-11-23.csv"),
        ("Ünïcode", "cohort-unicode-2026-11-23.csv"),
        ('../../etc/"passwd\r\nX: y', "cohort-etc-passwd-x-y-2026-11-23.csv"),
        ("日本", "cohort-2026-11-23.csv"),
    ],
)
def test_a_file_name_is_plain(name: str, expected: str) -> None:
    assert csv_name(name, date(2026, 11, 23)) == expected
