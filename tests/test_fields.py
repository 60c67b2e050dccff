"""A form takes the fields that its page has, and no other: the name of no column sets that column (A-7)."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Boolean, Enum, Integer

from elearn.extensions import Base
from tests import two_worlds
from tests.crossing import Crossing, Request
from tests.kept import rows_of

WORDS, NUMBER = "Added by hand", 987_654_321
PEOPLE = ("learner", "educator", "administrator")


def planted(form: Request) -> dict[str, str]:
    """A value for each column of each table, and for names that developers like, unless the page's form has that field."""
    own = {name for name, _ in form.fields}
    found = {"role": "administrator", "is_admin": "1", "score": str(NUMBER), "user_id": str(NUMBER)}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            numeric = isinstance(column.type, Integer) or column.name.endswith("_id")
            found[column.name] = "1" if isinstance(column.type, Boolean) else str(NUMBER) if numeric else WORDS
    return {name: value for name, value in found.items() if name not in own}


def choices(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[tuple[object, ...]]]:
    """Of each row what is a choice or a yes or no: the same whenever the same is done."""
    return {
        name: sorted(
            tuple(str(row[column.name]) for column in Base.metadata.tables[name].columns if _is_choice(column.type))
            for row in found
        )
        for name, found in rows.items()
    }


def _is_choice(kind: object) -> bool:
    return isinstance(kind, (Boolean, Enum))


@pytest.mark.only_sqlite
def test_no_field_that_was_added_changes_anything(app: Flask) -> None:
    crossing, sent = Crossing(two_worlds.make(app)), 0
    before = choices(crossing.kept.rows)
    forms = {form: who for who in PEOPLE for form in crossing.forms_of(who) if form.method == "POST" and form.fields}
    for form, who in forms.items():
        browser = crossing.browsers[who]
        browser.send(form.address, {**dict(form.fields), **planted(form)})
        after, sent = rows_of(app), sent + 1
        cells = {str(value) for rows in after.values() for row in rows for value in row.values()}
        assert not [cell for cell in cells if WORDS in cell or str(NUMBER) in cell], form
        crossing.start_anew()
        if choices(after) != before:
            # Then the form itself has done that.
            browser.send(form.address, dict(form.fields))
            assert choices(rows_of(app)) == choices(after), form
            crossing.start_anew()
    assert sent >= 40, sent
