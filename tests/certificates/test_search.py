"""Administrators find certificates by every part of a selection, and only those."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask

from elearn.certificates import queries, search
from elearn.certificates.numbers import grouped
from elearn.certificates.rules import Happening, State
from elearn.certificates.search import Selection
from elearn.shared.missing import NotFound
from elearn.shared.pagination import Page, page_of
from tests.certificates.builders import DAY, Issued, issue
from tests.world import MODULE, World

EVERYTHING = Page(1, 1000, 1000)


def found(world: World, selection: Selection, today: date = DAY) -> list[str]:
    """The numbers that a selection finds, by all three ways of asking at once."""
    with world.app.app_context():
        viewer = world.viewer("administrator")
        page = search.list_page(viewer, selection, today, EVERYTHING)
        ids = search.list_ids(viewer, selection, today)
        assert [certificate.id for certificate in page] == ids
        assert search.count(viewer, selection, today) == len(ids)
        assert search.list_by_ids(ids, today) == page
        return [certificate.number for certificate in page]


def numbers(*issued: Issued) -> list[str]:
    """Numbers as the list has them: the newest first."""
    return [one.number for one in sorted(issued, key=lambda one: -one.id)]


def test_by_name_whole_or_in_part_in_any_order_and_any_capitals(world: World) -> None:
    khan, namesake = issue(world.app, "Amina Jane", "Khan"), issue(world.app, "Amina", "Khan")
    issue(world.app, "Bram", "Okafor")
    zoe = issue(world.app, "Émile Zoë", "Ångström-O'Brien")
    assert found(world, Selection(name="khan")) == numbers(khan, namesake)
    assert found(world, Selection(name="KHAN aMI")) == numbers(khan, namesake)
    assert found(world, Selection(name="Jane Khan")) == numbers(khan)
    assert found(world, Selection(name="Khan Okafor")) == []
    assert found(world, Selection(name="émile")) == numbers(zoe)
    assert found(world, Selection(name="ÅNGSTRÖM")) == numbers(zoe)
    assert found(world, Selection(name="o'b")) == numbers(zoe)


@pytest.mark.parametrize("typed", ["%", "_", "a%n", "A_ina", "\\", "/", "[A]", "*", "--", "';"])
def test_signs_in_a_name_stand_for_themselves(world: World, typed: str) -> None:
    issue(world.app, "Amina", "Khan")
    odd = issue(world.app, "Odd", f"x{typed}x")
    assert found(world, Selection(name=typed)) == numbers(odd)


def test_by_number_whole_or_in_part_as_people_type_it(world: World) -> None:
    one, other = issue(world.app), issue(world.app)
    assert found(world, Selection(number=one.number)) == [one.number]
    for typed in (
        grouped(one.number),
        grouped(one.number).lower().replace("-", " "),
        f"https://localhost/verify/{grouped(one.number)}/",
        one.number[4:12],
        one.number.replace("0", "O").replace("1", "l"),
    ):
        assert one.number in found(world, Selection(number=typed))
        assert other.number not in found(world, Selection(number=typed))
    assert found(world, Selection(number="%")) == numbers(one, other), "nothing that a number could have is asked for"
    assert found(world, Selection(number="UUUU")) == []


def test_by_module(world: World) -> None:
    ours, decoy = issue(world.app), issue(world.app, module="decoy")
    assert found(world, Selection(module=MODULE)) == [ours.number]
    assert found(world, Selection(module="decoy")) == [decoy.number]
    with world.app.app_context():
        assert search.list_modules(world.viewer("administrator")) == [MODULE, "decoy"]


def test_by_days_of_issue_both_included(world: World) -> None:
    first, middle, last = (issue(world.app, on=DAY + timedelta(days=days)) for days in (0, 1, 2))
    assert found(world, Selection(issued_from=DAY + timedelta(days=1))) == numbers(middle, last)
    assert found(world, Selection(issued_to=DAY + timedelta(days=1))) == numbers(first, middle)
    assert found(world, Selection(issued_from=DAY, issued_to=DAY)) == [first.number]


REVOKED, RESTORED, SUPERSEDED = Happening.REVOKED, Happening.RESTORED, Happening.SUPERSEDED
LIVES = [
    ((), None),
    ((), DAY),
    ((), DAY - timedelta(days=1)),
    ((REVOKED,), None),
    ((REVOKED,), DAY - timedelta(days=1)),
    ((REVOKED, RESTORED), None),
    ((REVOKED, RESTORED), DAY - timedelta(days=1)),
    ((REVOKED, RESTORED, REVOKED), None),
    ((SUPERSEDED,), None),
    ((SUPERSEDED,), DAY - timedelta(days=1)),
    ((SUPERSEDED, REVOKED), None),
    ((SUPERSEDED, REVOKED, RESTORED), None),
    ((REVOKED, SUPERSEDED), None),
]


def test_the_state_of_the_list_is_the_state_of_the_rules(world: World) -> None:
    """The one is decided by SQL, the other by `rules.state_of`: they may not part."""
    issued = [
        issue(world.app, expires_on=expires, happened=happened, on=DAY - timedelta(days=9))
        for happened, expires in LIVES
    ]
    with world.app.app_context():
        decided = {one.number: queries.get_certificate_record(one.number).state(DAY) for one in issued}
        listed = search.list_page(world.viewer("administrator"), Selection(), DAY, EVERYTHING)
        assert {certificate.number: certificate.state for certificate in listed} == decided
    assert set(decided.values()) == set(State), "every state is tried"
    for state in State:
        assert set(found(world, Selection(state=state))) == {number for number, its in decided.items() if its is state}


def test_several_parts_must_all_be_met(world: World) -> None:
    wanted = issue(world.app, "Amina", "Khan", happened=[REVOKED])
    issue(world.app, "Amina", "Khan")
    issue(world.app, "Amina", "Khan", module="decoy", happened=[REVOKED])
    issue(world.app, "Bram", "Okafor", happened=[REVOKED])
    issue(world.app, "Amina", "Khan", happened=[REVOKED], on=DAY - timedelta(days=1))
    selection = Selection(name="khan", module=MODULE, state=State.REVOKED, issued_from=DAY, issued_to=DAY)
    assert found(world, selection) == [wanted.number]
    assert found(world, replace(selection, number=wanted.number[:6])) == [wanted.number]
    assert found(world, replace(selection, number="ZZZZZZZZ")) == []


def test_an_erased_holder_is_listed_without_a_name_and_found_by_none(world: World) -> None:
    erased = issue(world.app, "Amina", "Khan", erased=True)
    assert found(world, Selection()) == [erased.number]
    assert found(world, Selection(name="Khan")) == []
    with world.app.app_context():
        certificate = search.get_found(world.viewer("administrator"), grouped(erased.number), DAY)
    assert (certificate.name, certificate.is_erased) == ("", True)


def test_pages_hold_every_certificate_once_in_one_order(world: World) -> None:
    issued = [issue(world.app, on=DAY - timedelta(days=n % 3)) for n in range(10)]
    with world.app.app_context():
        viewer = world.viewer("administrator")
        pages = [
            [c.number for c in search.list_page(viewer, Selection(), DAY, page_of(str(n), 3, 10))] for n in range(1, 5)
        ]
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    listed = [number for page in pages for number in page]
    order = sorted(range(10), key=lambda n: (n % 3, -n))
    assert listed == [issued[n].number for n in order]


@pytest.mark.parametrize("persona", ["learner", "educator"])
def test_nobody_but_an_administrator_finds_anything(world: World, persona: str) -> None:
    number, viewer = issue(world.app).number, world.viewer(persona)
    with world.app.app_context():
        for ask in (
            lambda: search.count(viewer, Selection(), DAY),
            lambda: search.list_page(viewer, Selection(), DAY, EVERYTHING),
            lambda: search.list_ids(viewer, Selection(), DAY),
            lambda: search.get_found(viewer, number, DAY),
            lambda: search.list_modules(viewer),
        ):
            with pytest.raises(NotFound):
                ask()


@pytest.mark.parametrize(
    ("asked", "total", "number", "offset"),
    [
        (None, 120, 1, 0),
        ("2", 120, 2, 50),
        ("3", 120, 3, 100),
        ("4", 120, 3, 100),
        ("0", 120, 1, 0),
        ("-1", 120, 1, 0),
        ("abc", 120, 1, 0),
        ("٣", 120, 1, 0),
        ("9" * 30, 120, 1, 0),
        ("999999999", 120, 3, 100),
        ("1", 0, 1, 0),
        ("5", 0, 1, 0),
    ],
)
def test_a_page_that_is_not_there_is_one_that_is(asked: str | None, total: int, number: int, offset: int) -> None:
    page = page_of(asked, 50, total)
    assert (page.number, page.offset) == (number, offset)


def test_keys_beyond_one_statement_keep_their_order(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "IDS_AT_A_TIME", 2)
    ids = [issue(app).id for _ in range(5)]
    mixed = [ids[3], ids[0], ids[4], ids[2]]
    with app.app_context():
        assert [certificate.id for certificate in search.list_by_ids(mixed, DAY)] == mixed
