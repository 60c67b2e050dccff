"""A person's own copy: complete, nobody else's, no secrets, no keys (trust.md D-4)."""

import html
import io
import json
import re
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask

from elearn.accounts.own_data import MOST, zip_of
from elearn.accounts.queries import get_person
from elearn.audit.models import AuditEvent
from elearn.extensions import db
from elearn.items.base import Item
from elearn.shared.personal import Register
from elearn.shared.transactions import writing
from tests.accounts.belongings import Belongings, give, module_of
from tests.page import PageClient, check_page, find_all
from tests.quizzes.sitting import ready, sit, start
from tests.world import PASSWORD, World

COPY = "/account/data/copy/"


def texts_of(file: bytes) -> tuple[str, str]:
    """The JSON and the page of a copy."""
    with ZipFile(io.BytesIO(file)) as archive:
        assert sorted(archive.namelist()) == ["your-data.html", "your-data.json"]
        return archive.read("your-data.json").decode(), html.unescape(archive.read("your-data.html").decode())


def copy_of(app: Flask, whose: Belongings) -> tuple[str, str]:
    with app.test_request_context():
        return texts_of(zip_of(get_person(whose.person_id)))


def expected(app: Flask, whose: Belongings) -> tuple[set[str], set[str]]:
    """The canaries that must be in the copy, and those that must not, by the register."""
    register: Register = app.extensions["elearn.register"]
    shown: set[str] = set()
    withheld: set[str] = set()
    for place, canary in whose.canaries.items():
        table, _, column = place.partition(".")
        holding = register.by_table().get(table)
        if holding is not None:
            (withheld if holding.fields[column].withheld else shown).add(canary)
    return shown, withheld - shown


def test_every_column_of_the_person_is_in_and_nothing_of_anybody_else(app: Flask) -> None:
    mine, other = give(app, "A"), give(app, "B")
    shown, withheld = expected(app, mine)
    assert len(shown) > 60
    assert len(withheld) > 10
    for text in copy_of(app, mine):
        assert {place for place, canary in mine.canaries.items() if canary in shown and canary not in text} == set()
        assert {place for place, canary in mine.canaries.items() if canary in withheld and canary in text} == set()
        assert {canary for canary in other.canaries.values() if canary in text} == set()


def test_the_page_and_the_json_say_the_same(app: Flask) -> None:
    mine = give(app, "A")
    data, page = copy_of(app, mine)
    sections = json.loads(data)["sections"]
    assert [s["key"] for s in sections if not s["records"]] == ["erasures"]
    for section in sections:
        assert f'id="{section["key"]}"' in page
        for record in section["records"]:
            assert record.keys() <= section["labels"].keys()
            for name in record:
                assert f"<dt>{section['labels'][name]}</dt>" in page
    with app.test_request_context(), ZipFile(io.BytesIO(zip_of(get_person(mine.person_id)))) as archive:
        # Beside a page that is a file no style sheet can lie, so its style is inside. It asks nobody for anything.
        before, style, after = re.split(
            r"<style>(.*?)</style>", archive.read("your-data.html").decode(), flags=re.DOTALL
        )
        root = check_page(before + after, "your-data.html")
    assert "url(" not in style
    assert "@import" not in style
    assert len(find_all(root, "section")) == len(sections)


def test_the_copy_does_not_tell_which_addresses_have_an_account(app: Flask, client: PageClient, world: World) -> None:
    world.sign_in(client, "learner")
    shown = []
    for wanted in ("educator@example.org", "nobody@example.org"):
        assert client.send("/account/email/", {"email": wanted, "present": PASSWORD}).status_code == 303
        with app.test_request_context():
            data, _ = texts_of(zip_of(get_person(world.people["learner"])))
        rows = [row for row in of_table(data, "letters") if row["recipient"] == wanted]
        shown.append([{**row, "public_id": "", "message_id": "", "recipient": "", "written_at": ""} for row in rows])
    assert shown[0] == shown[1]
    assert len(shown[0]) == 1


def of_table(data: str, table: str) -> list[dict[str, Any]]:
    [section] = [section for section in json.loads(data)["sections"] if section["key"] == table]
    records: list[dict[str, Any]] = section["records"]
    return records


def test_marks_are_in_where_they_are_released_and_keys_never(app: Flask, world: World) -> None:
    ready(world)
    done, running = sit(world, right=2), start(world, quiz="trial-phases")
    learner = world.people["learner"]
    with app.test_request_context():
        data, page = texts_of(zip_of(get_person(learner)))
    attempts = {row["public_id"]: row["id"] for row in of_table(data, "attempts")}
    answers = of_table(data, "answers")
    marked = [row for row in answers if "points" in row]
    assert {row["attempt_id"] for row in marked} == {attempts[done]}
    assert sum(row["points"] for row in marked) == 2
    assert [row for row in answers if row["attempt_id"] == attempts[running]]
    for quiz in module_of(app).quizzes.values():
        for item in (item for item in quiz.items if isinstance(item, Item)):
            rationales = [option.rationale for option in getattr(item, "options", ())]
            assert not any(words in text for words in rationales for text in (data, page)), item.id


@pytest.fixture
def signed_in(client: PageClient, world: World) -> PageClient:
    world.sign_in(client, "learner")
    return client


def test_one_click_gives_the_file_and_the_audit_trail_is_told(signed_in: PageClient, app: Flask, world: World) -> None:
    page = signed_in.get("/account/").get_data(as_text=True)
    assert f'action="{COPY}"' in page
    answer = signed_in.send(COPY)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=your-data-")
    assert answer.headers["Cache-Control"] == "no-store"
    data, _ = texts_of(answer.get_data())
    assert "Canary-Khan" in data
    assert "Canary-Okafor" not in data
    with app.app_context():
        [event] = db.session.scalars(db.select(AuditEvent).where(AuditEvent.kind == "data exported"))
        assert (event.actor_id, event.subject) == (world.people["learner"], f"person:{world.people['learner']}")


def test_who_takes_too_many_waits(signed_in: PageClient, app: Flask) -> None:
    for _ in range(MOST):
        assert signed_in.send(COPY).status_code == 200
    answer = signed_in.send(COPY, follow_redirects=True)
    assert "Wait an hour" in answer.get_data(as_text=True)


def test_an_account_that_was_emptied_into_this_one_is_in(app: Flask) -> None:
    mine = give(app, "A")
    emptied = give(app, "B")
    with app.app_context(), writing():
        db.session.execute(db.text("DELETE FROM merges"))
        db.session.execute(
            db.text("INSERT INTO merges (person_id, into_id, at) VALUES (:old, :new, '2026-11-20 00:00:00+00:00')"),
            {"old": emptied.person_id, "new": mine.person_id},
        )
    data, _ = copy_of(app, mine)
    assert emptied.canaries["reflections.learned"] in data
