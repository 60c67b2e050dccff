"""The table of a cohort, on the page and as CSV."""

import csv
import io
import re
from datetime import date, datetime

import pytest
from werkzeug.test import TestResponse

from elearn.accounts.models import Person
from elearn.accounts.rules import Profession
from elearn.certificates.rules import Happening
from elearn.cohorts.models import Membership, RosterEntry
from elearn.cohorts.rules import SEEN
from elearn.extensions import db
from elearn.modules.models import Completion, Enrolment
from elearn.reports.queries import get_cohort_report
from elearn.reports.rules import Best, Row, Status
from elearn.shared.csv_export import needs_guard
from elearn.shared.missing import NotFound
from elearn.shared.transactions import writing
from tests.cohorts.builders import (
    add_member,
    certify,
    cohort_key,
    email_of,
    enrol_again,
    events,
    expect,
    join,
    quizzes,
    sit,
    steps,
    teach,
)
from tests.conftest import StatementCount
from tests.page import XHTML, PageClient, check_page, find_all, text_of
from tests.world import MODULE, World


def address(world: World, cohort: str = "one", end: str = "") -> str:
    return f"/reports/cohorts/{world.cohorts[cohort]}/{end}"


def rows_of(world: World, cohort: str = "one", educator: str = "educator") -> dict[str, Row]:
    viewer = world.viewer(educator)
    with world.app.app_context():
        rows = get_cohort_report(viewer, world.cohorts[cohort]).rows
    found = {row.email.split("@")[0]: row for row in rows}
    assert len(found) == len(rows), "somebody is there twice"
    return found


def cells(response: TestResponse) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"), newline="")))


def names_in_order(client: PageClient, world: World, query: str = "") -> list[str]:
    tree = check_page(client.get(address(world) + query).get_data(as_text=True), "/")
    return [text_of(next(row.iter(XHTML + "strong"))) for row in find_all(find_all(tree, "tbody")[0], "tr")]


# -- what it says ----------------------------------------------------------------------------------------------------


def test_not_joined_not_started_started_and_finished_are_told_apart(client: PageClient, world: World) -> None:
    path = steps(world, 100)
    add_member(world, "fresh", "Fay", "Fresh")
    add_member(world, "done", "Dee", "Done")
    world.enrol("learner", *path[:3])
    world.enrol("done", *[step for step in path if step != "certificate"])
    expect(world, "one", "late@example.org", "Late Comer")
    expect(world, "one", "learner@example.org", "Amina")
    rows = rows_of(world)
    assert {who: row.status for who, row in rows.items()} == {
        "learner": Status.STARTED,
        "fresh": Status.NOT_STARTED,
        "done": Status.FINISHED,
        "late": Status.NOT_JOINED,
    }
    assert {who: row.steps for who, row in rows.items()} == {
        "learner": 3,
        "fresh": 0,
        "done": len(path) - 1,
        "late": None,
    }
    world.sign_in(client, "educator")
    page = client.get(address(world)).get_data(as_text=True)
    assert "3 joined, 2 started, 1 finished, 0 with a certificate." in page
    assert "1 on the roster not joined" in page
    assert f"3&nbsp;of&nbsp;{len(path)}" in page
    assert all(status.replace(" ", "\xa0") in page for status in Status)


def test_best_marks_attempts_and_passes_are_by_quiz(world: World) -> None:
    first, second, third = quizzes(world)
    enrolment = world.enrol("learner")
    sit(world, enrolment, first, (3, 8), (6, 8), passed=True)
    sit(world, enrolment, second, (5, 8), (4, 8), (0, 8), is_open=True)
    sit(world, enrolment, "a-quiz-of-old", (8, 8), passed=True)
    row = rows_of(world)["learner"]
    assert row.best == (Best(6, 8), Best(5, 8), None)
    assert row.attempts == 4
    assert row.passed == 1
    sit(world, enrolment, third, (8, 8), is_open=True)
    assert rows_of(world)["learner"] == row


def test_steps_that_the_module_has_no_more_do_not_count(world: World) -> None:
    world.enrol("learner", *steps(world, 2), "lesson:of-old")
    assert rows_of(world)["learner"].steps == 2


def test_only_the_newest_passage_counts(world: World) -> None:
    old = world.enrol("learner", *steps(world, 4))
    sit(world, old, quizzes(world)[0], (8, 8), passed=True)
    certify(world, old, date(2026, 1, 5))
    enrol_again(world, "learner")
    row = rows_of(world)["learner"]
    assert (row.steps, row.attempts, row.passed, row.certificate, row.status) == (0, 0, 0, None, Status.STARTED)


@pytest.mark.parametrize(
    ("editions", "shown"),
    [
        ([], None),
        ([(date(2026, 11, 2), ())], date(2026, 11, 2)),
        ([(date(2026, 11, 2), (Happening.REVOKED,))], None),
        ([(date(2026, 11, 2), (Happening.REVOKED, Happening.RESTORED))], date(2026, 11, 2)),
        ([(date(2026, 11, 2), (Happening.REVOKED, Happening.RESTORED, Happening.REVOKED))], None),
        ([(date(2026, 11, 2), (Happening.SUPERSEDED,)), (date(2026, 11, 9), ())], date(2026, 11, 9)),
        ([(date(2026, 11, 2), (Happening.SUPERSEDED,)), (date(2026, 11, 9), (Happening.REVOKED,))], None),
    ],
)
def test_the_certificate_is_the_newest_edition_unless_revoked(
    world: World, editions: list[tuple[date, tuple[Happening, ...]]], shown: date | None
) -> None:
    enrolment = world.enrol("learner")
    for edition, (day, happenings) in enumerate(editions, start=1):
        certify(world, enrolment, day, edition, *happenings)
    assert rows_of(world)["learner"].certificate == shown


def test_an_unconfirmed_address_is_said(client: PageClient, world: World) -> None:
    join(world, "unconfirmed", "one")
    world.sign_in(client, "educator")
    assert client.get(address(world)).get_data(as_text=True).count("E-mail not confirmed") == 1


def test_a_cohort_without_anybody_says_so(client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    client.send(f"/cohorts/{world.cohorts['one']}/leave/")
    world.sign_in(client, "educator")
    assert "Nobody has joined yet" in client.get(address(world)).get_data(as_text=True)


def test_leaving_takes_the_person_out_of_table_and_file(client: PageClient, world: World) -> None:
    enrolment = world.enrol("learner", *steps(world, 3))
    sit(world, enrolment, quizzes(world)[0], (6, 8), passed=True)
    add_member(world, "stays", "Sol", "Stays")
    expect(world, "one", "learner@example.org", "Amina On-Roster")
    world.sign_in(client, "learner")
    client.send(f"/cohorts/{world.cohorts['one']}/leave/")
    world.sign_in(client, "educator")
    for text in (
        client.get(address(world)).get_data(as_text=True),
        client.send(address(world, end="csv/")).get_data(as_text=True),
    ):
        assert "Canary-Khan" not in text
        assert "Sol Stays" in text
        assert "Amina On-Roster" in text
    assert rows_of(world)["learner"].status is Status.NOT_JOINED
    assert rows_of(world)["learner"].best == ()


# -- sorting ---------------------------------------------------------------------------------------------------------


def test_links_sort_and_the_header_says_how(client: PageClient, world: World) -> None:
    add_member(world, "zed", "Ann", "Zed")
    world.enrol("zed", *steps(world, 5))
    world.enrol("learner", *steps(world, 2))
    expect(world, "one", "absent@example.org", "Abe Absent")
    world.sign_in(client, "educator")
    assert names_in_order(client, world) == ["Abe Absent", "Amina Canary-Khan", "Ann Zed"]
    assert names_in_order(client, world, "?sort=name&direction=descending") == [
        "Ann Zed",
        "Amina Canary-Khan",
        "Abe Absent",
    ]
    assert names_in_order(client, world, "?sort=steps") == ["Amina Canary-Khan", "Ann Zed", "Abe Absent"]
    assert names_in_order(client, world, "?sort=steps&direction=descending") == [
        "Ann Zed",
        "Amina Canary-Khan",
        "Abe Absent",
    ]
    tree = check_page(client.get(address(world) + "?sort=steps&direction=descending").get_data(as_text=True), "/")
    sorted_by = {text_of(th): th.get("aria-sort") for th in find_all(tree, "th") if th.get("aria-sort")}
    assert sorted_by == {"Steps done": "descending"}
    links = [a.get("href") or "" for a in find_all(tree, "a") if "sort=" in (a.get("href") or "")]
    assert len(links) == 6
    assert any("sort=steps&direction=ascending" in link for link in links)
    for link in links:
        assert client.get(link).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "?sort=email",
        "?sort=people.password&direction=descending;--",
        "?sort=&direction=",
        "?sort[]=steps",
        "?sort=%00&direction=%FF",
        "?sort=9223372036854775808&sort=steps",
        "?direction=NaN",
    ],
)
def test_a_sort_that_we_do_not_know_is_no_error(client: PageClient, world: World, query: str) -> None:
    world.sign_in(client, "educator")
    text = client.get(address(world) + query).get_data(as_text=True)
    assert text.count("aria-sort") == 1
    assert "Members, by name" in text


# -- nobody else's ---------------------------------------------------------------------------------------------------


def fill_both(world: World) -> list[str]:
    """Both cohorts with members, marks, rosters; gives the words of cohort two that cohort one must never show."""
    for cohort, learner in (("one", "learner"), ("two", "other_learner")):
        add_member(world, f"more_{cohort}", "Mo", f"More-{cohort}", cohort)
        enrolment = world.enrol(learner, *steps(world, 3))
        sit(world, enrolment, quizzes(world)[0], (6, 8), passed=True)
        certify(world, enrolment, date(2026, 11, 2))
        expect(world, cohort, f"late-{cohort}@example.org", f"Late-{cohort}")
    return [
        *("Canary-Okafor", email_of(world, "other_learner"), "More-two", email_of(world, "more_two")),
        *("late-two@example.org", "Late-two", "Canary-Patel", email_of(world, "other_educator")),
        *("Cohort two", world.cohorts["two"]),
    ]


def test_nothing_of_the_other_cohort_is_anywhere(client: PageClient, world: World) -> None:
    canaries = fill_both(world)
    world.sign_in(client, "educator")
    own = f"/cohorts/{world.cohorts['one']}/"
    pages = [
        client.get("/cohorts/"),
        client.get(own),
        client.get(address(world)),
        client.get(address(world) + "?sort=best&direction=descending"),
        client.send(own + "roster/", {"people": "late-two"}),
        client.send(address(world, end="csv/")),
        client.get(address(world, "two")),
        client.send(address(world, "two", "csv/")),
        client.get(f"/cohorts/{world.cohorts['two']}/"),
    ]
    for page in pages:
        text = page.get_data(as_text=True).replace(">\nlate-two</textarea>", "").replace("<wbr>", "")
        assert [canary for canary in canaries if canary in text] == [], page.request.path
    assert pages[4].status_code == 422
    world.sign_in(client, "other_educator")
    theirs = "".join(
        answer.get_data(as_text=True).replace("<wbr>", "")
        for answer in (
            client.get("/cohorts/"),
            client.get(address(world, "two")),
            client.get(f"/cohorts/{world.cohorts['two']}/"),
        )
    )
    assert [canary for canary in canaries if canary not in theirs] == [], "the canaries would show if they were there"
    assert [page.status_code for page in pages[-3:]] == [404, 404, 404]


def test_what_educators_are_not_to_see_is_in_no_answer(client: PageClient, world: World) -> None:
    fill_both(world)
    world.sign_in(client, "educator")
    for answer in (client.get(address(world)), client.send(address(world, end="csv/"))):
        text = answer.get_data(as_text=True)
        assert "CANARY-LEARNER" not in text
        assert "N1-1" not in text
        assert "Canary-Khan" in text


def test_a_person_of_both_cohorts_shows_in_each_and_brings_nobody(world: World) -> None:
    fill_both(world)
    join(world, "learner", "two")
    teach(world, "learner", "two")
    assert set(rows_of(world, "one")) == {"learner", "more_one", "late-one"}
    assert set(rows_of(world, "two", "learner")) == {"learner", "other_learner", "more_two", "late-two"}
    with pytest.raises(NotFound):
        rows_of(world, "one", "learner")
    with pytest.raises(NotFound):
        rows_of(world, "two", "administrator")


def test_an_educator_of_two_cohorts_sees_each_by_itself_and_nobody_twice(client: PageClient, world: World) -> None:
    fill_both(world)
    teach(world, "educator", "two")
    assert set(rows_of(world, "one")) == {"learner", "more_one", "late-one"}
    assert set(rows_of(world, "two")) == {"other_learner", "more_two", "late-two"}
    world.sign_in(client, "educator")
    assert sorted(names_in_order(client, world)) == ["Amina Canary-Khan", "Late-one", "Mo More-one"]
    assert rows_of(world, "two") == rows_of(world, "two", "other_educator")


def test_a_shown_column_is_a_pledged_one(client: PageClient, world: World) -> None:
    world.sign_in(client, "educator")
    tree = check_page(client.get(address(world)).get_data(as_text=True), "/")
    headers = [text_of(th) for th in find_all(tree, "th")]
    pledged = {
        "Name": ("name", "email"),
        "Status": ("status",),
        "Steps done": ("steps",),
        "Attempts": ("attempts",),
        "Best marks": ("best",),
        "Quizzes passed": ("passed",),
        "Certificate": ("certificate",),
    }
    assert headers == list(pledged)
    assert {key for keys in pledged.values() for key in keys} == set(SEEN)


# -- statements ------------------------------------------------------------------------------------------------------


def crowd(world: World, numbers: range) -> None:
    """Members who have started, with completions and attempts, and as many people on the roster who have not joined."""
    with world.app.app_context(), writing():
        cohort_id = cohort_key(world, "one")
        people = [
            Person(
                email=f"crowd{n}@example.org",
                password="x",
                fs_uniquifier=f"crowd{n}",
                given_names="C",
                family_name=f"Crowd{n}",
                profession=Profession.NURSE,
            )
            for n in numbers
        ]
        db.session.add_all(people)
        db.session.flush()
        db.session.add_all([Membership(cohort_id=cohort_id, person_id=person.id) for person in people])
        db.session.add_all([RosterEntry(cohort_id=cohort_id, email=f"absent{n}@example.org") for n in numbers])
        enrolments = [Enrolment(person_id=person.id, module=MODULE, module_version="1", cycle=1) for person in people]
        db.session.add_all(enrolments)
        db.session.flush()
        db.session.add_all([Completion(enrolment_id=e.id, step=step) for e in enrolments for step in steps(world, 3)])
        keys = [enrolment.id for enrolment in enrolments]
    for key in keys[:20]:
        sit(world, key, quizzes(world)[0], (6, 8), passed=True)


def test_the_table_costs_four_statements_for_ten_and_for_two_hundred(
    client: PageClient, world: World, statements: StatementCount
) -> None:
    counted, sizes = [], []
    for numbers in (range(10), range(10, 200)):
        crowd(world, numbers)
        world.sign_in(client, "educator")
        statements.statements.clear()
        text = client.get(address(world)).get_data(as_text=True)
        counted.append(len(statements))
        sizes.append(text.count(">C Crowd"))
    assert sizes == [10, 200]
    assert counted == [4, 4]


# -- CSV -------------------------------------------------------------------------------------------------------------


def test_the_file_holds_the_table_and_who_took_it(client: PageClient, world: World, noon: datetime) -> None:
    enrolment = world.enrol("learner", *steps(world, 3))
    first, second, third = (
        world.app.extensions["elearn.catalogue"][MODULE].quizzes[slug].title for slug in quizzes(world)
    )
    sit(world, enrolment, quizzes(world)[0], (3, 8), (6, 8), passed=True)
    certify(world, enrolment, date(2026, 11, 2))
    expect(world, "one", "absent@example.org", "Abe Absent")
    world.sign_in(client, "educator")
    answer = client.send(address(world, end="csv/"), {"sort": "name", "direction": "descending"})
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=cohort-cohort-one-2026-11-23.csv"
    total = str(len(steps(world, 100)))
    by = ["Carys Canary-Lloyd", "23 November 2026 at 12:00"]
    assert cells(answer) == [
        [
            *("Name", "E-mail", "E-mail confirmed", "Status", "Steps done", "Steps in all", "Attempts"),
            *(f"{first}: best mark", f"{first}: possible", f"{second}: best mark", f"{second}: possible"),
            *(f"{third}: best mark", f"{third}: possible"),
            *("Quizzes passed", "Quizzes in all", "Certificate date", "Exported by", "Exported at"),
        ],
        [
            *("Amina Canary-Khan", "learner@example.org", "yes", "Started", "3", total, "2"),
            *("6", "8", "", "", "", "", "1", "3", "2026-11-02", *by),
        ],
        ["Abe Absent", "absent@example.org", "", "Not joined", "", total, "", *[""] * 6, "", "3", "", *by],
    ]
    exported = events(world, "cohort exported")
    assert [(event.actor_id, event.subject, event.detail) for event in exported] == [
        (world.people["educator"], f"cohort:{world.cohorts['one']}", {"rows": 2})
    ]


FORMULAS = ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(1)", "＝1+1", "\u200b=1", "'=1", '=1,"2"']


def test_no_cell_is_a_formula(client: PageClient, world: World) -> None:
    for number, formula in enumerate(FORMULAS):
        add_member(world, f"f{number}", "", formula)
        expect(world, "one", f"e{number}@example.org", formula)
    expect(world, "one", "=cmd@example.org")
    world.sign_in(client, "educator")
    found = cells(client.send(address(world, end="csv/")))
    assert len(found) == 1 + 1 + 2 * len(FORMULAS) + 1
    assert {len(row) for row in found} == {len(found[0])}
    for row in found:
        for cell in row:
            assert cell.startswith("'") or not needs_guard(cell), cell
    texts = [cell for row in found for cell in row]
    assert not any(re.match(r"[=+\-@\t\r＝]", cell) for cell in texts)
    assert texts.count("'=HYPERLINK(1)") == 2


def test_a_file_is_asked_for_by_post_only(client: PageClient, world: World) -> None:
    world.sign_in(client, "educator")
    assert client.get(address(world, end="csv/")).status_code == 405
    assert client.post(address(world, end="csv/"), headers={"Referer": "https://localhost/"}).status_code == 400
    assert events(world, "cohort exported") == []
