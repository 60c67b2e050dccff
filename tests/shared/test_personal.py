"""The register of personal data holds every column, each table has its three handlers, and the documents say the same."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Table

import elearn
from elearn.config import Settings
from elearn.extensions import Base
from elearn.shared.personal import Basis, Holding, Register
from elearn.shared.register_table import BEGIN, END, in_document, table_of

TABLES = Base.metadata.tables
DOCUMENT = Path(elearn.__file__).parents[1] / "docs/privacy.md"
# Columns that hold a person's key, name, address or words, however they are called.
PERSONAL = re.compile(
    r"(^|_)(person|actor|owner|user|holder|reviewer|email|recipient|name|names|words|note|comment|answer|reason|by)(_id)?$"
)
# What is called so and is of nobody.
OF_NOBODY = {"cohorts.name", "epochs.name"}


@pytest.fixture(scope="module")
def register(sqlite_app: Flask) -> Register:
    found: Register = sqlite_app.extensions["elearn.register"]
    return found


def with_a_path(tables: dict[str, Table]) -> set[str]:
    """The tables from which foreign keys lead to a person, in however many steps."""
    found = {"people"}
    while True:
        more = {
            table.name for table in tables.values() if any(key.column.table.name in found for key in table.foreign_keys)
        }
        if more <= found:
            return found
        found |= more


def faults(register: Register) -> Iterator[str]:
    """What the register leaves out or has too much."""
    holdings = register.by_table()
    for name, table in TABLES.items():
        columns = {column.name for column in table.columns}
        if name in holdings:
            yield from (f"{name}.{column} is not in the register" for column in columns - holdings[name].fields.keys())
            yield from (
                f"the register has {name}.{column}, which is no column"
                for column in holdings[name].fields.keys() - columns
            )
        elif name not in register.without_people:
            yield f"the table {name} is not in the register"
        elif name in with_a_path(dict(TABLES)):
            yield f"the table {name} leads to a person"
        else:
            yield from (
                f"{name}.{column} may be about a person"
                for column in columns
                if PERSONAL.search(column) and f"{name}.{column}" not in OF_NOBODY
            )
    yield from (f"the register has {name}, which is no table" for name in holdings.keys() - TABLES.keys())


def test_every_column_is_in_the_register(register: Register) -> None:
    assert list(faults(register)) == []


def test_a_column_that_is_missing_is_found(register: Register) -> None:
    people = register.by_table()["people"]
    planted = dataclasses.replace(people, fields={k: v for k, v in people.fields.items() if k != "registration_number"})
    others = tuple(holding for holding in register.holdings if holding.table not in ("people", "reflections"))
    found = set(faults(Register((planted, *others), {**register.without_people, "reflections": "planted"})))
    assert found == {"people.registration_number is not in the register", "the table reflections leads to a person"}


def test_every_table_with_a_path_to_a_person_has_its_handlers(register: Register) -> None:
    for name in with_a_path(dict(TABLES)):
        holding = register.by_table()[name]
        assert holding.whose is not None, f"{name}: nobody's rows can be found"
        assert holding.erase.words, name
        assert holding.retain.words(Settings()), name


def test_every_entry_says_what_for_and_for_whom_and_never_by_consent(register: Register) -> None:
    for holding in register.holdings:
        for words in (holding.title, holding.purpose, holding.recipients):
            assert words, holding.table
        assert holding.basis in Basis
    assert all("consent" not in basis.value for basis in Basis)
    titles = [holding.title for holding in register.holdings]
    assert len(titles) == len(set(titles))


def test_the_labels_of_a_table_are_different(register: Register) -> None:
    for holding in register.holdings:
        labels = [field.label for field in holding.fields.values()]
        assert len(labels) == len(set(labels)), holding.table


def test_secrets_are_withheld(register: Register) -> None:
    secret = re.compile(r"password|hash|secret|sealed|uniquifier|token")
    for holding in register.holdings:
        for name, field in holding.fields.items():
            if holding.whose is not None and secret.search(name):
                assert field.withheld, f"{holding.table}.{name}"


def test_the_document_is_made_of_the_register(register: Register) -> None:
    """Where this fails: `elearn privacy register --write docs/privacy.md`."""
    assert in_document(DOCUMENT.read_text(encoding="utf-8")) == table_of(register, Settings.model_construct())


def test_the_document_has_its_marks_once() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert (text.count(BEGIN), text.count(END)) == (1, 1)


def test_a_holding_without_rows_of_anybody_cannot_be_erased_by_person(register: Register) -> None:
    unlinked: list[Holding] = [holding for holding in register.holdings if holding.whose is None]
    assert {holding.table for holding in unlinked} == {"evaluations", "spent_challenges", "verification_tries"}
