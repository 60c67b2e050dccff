"""Personal data: the register of every column with a path to a person, and what is done with the rows.

Each feature describes its tables in its `privacy.py`, one `Holding` a table, and `create_app()` puts them together. From
this one register come docs/privacy.md, the page `/privacy/`, a person's own copy, erasure, and the daily retention. A
test walks the tables and fails on a column that is not in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Flask, current_app
from sqlalchemy import ColumnElement, CursorResult, Executable, delete, select, update

from elearn.config import Settings
from elearn.extensions import Base, db

EXTENSION, CLEANERS = "elearn.register", "elearn.cleaners"


class Basis(StrEnum):
    """Why the law lets us keep it. Never consent: an employee cannot refuse their employer freely (trust.md D-1)."""

    CONTRACT = "contract"
    LEGITIMATE = "legitimate interests"
    DUTY = "legal duty"


@dataclass(frozen=True)
class Subject:
    """Whose data: the keys of the account and of those that were merged into it, and its address."""

    ids: frozenset[int]
    public_id: str
    email: str


@dataclass(frozen=True)
class Field:
    """A column: what people call it and, where their own copy leaves it out, why."""

    label: str
    withheld: str = ""


Whose = Callable[[Subject], ColumnElement[bool]]
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """What a person's own copy says of one table; the JSON and the page are both made of it."""

    key: str
    title: str
    purpose: str
    labels: Mapping[str, str]
    records: Sequence[Record]
    withheld: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One table of the register. `whose` finds a person's rows; None where no row can be found by its person.

    `records` gives what the person's own copy holds where that is not the rows as they are, and `also` labels what it says beside the columns. `erase` and
    `retain` are handlers like those below; each says in words what it does.
    """

    model: type[Base]
    title: str
    purpose: str
    basis: Basis
    recipients: str
    whose: Whose | None
    fields: Mapping[str, Field]
    erase: "Erase"
    retain: "Retain"
    records: "Callable[[Holding, Subject], Sequence[Record]] | None" = None
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table's name."""
        return str(self.model.__tablename__)

    def section(self, subject: Subject) -> Section:
        """What a person's own copy says of the table."""
        shown = {name: column.label for name, column in self.fields.items() if not column.withheld}
        withheld = {column.label: column.withheld for column in self.fields.values() if column.withheld}
        found = [] if self.whose is None else (self.records or rows_of)(self, subject)
        records = [{name: plain(value) for name, value in record.items()} for record in found]
        return Section(self.table, self.title, self.purpose, {**self.also, **shown}, records, withheld)


def rows_of(holding: Holding, subject: Subject) -> list[Record]:
    """A person's rows of a table as they are, without the columns that are withheld, in the order of their keys."""
    table = Base.metadata.tables[holding.table]
    columns = [table.c[name] for name, column in holding.fields.items() if not column.withheld]
    if holding.whose is None or not columns:
        return []
    rows = db.session.execute(select(*columns).where(holding.whose(subject)).order_by(*table.primary_key.columns))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


def plain(value: Any) -> Any:
    """A value as JSON can say it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    return value


# -- erasure ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Goes:
    """Erasure deletes the person's rows."""

    words: str = "Deleted."

    def __call__(self, holding: Holding, subject: Subject) -> int:
        """Delete them, and give how many."""
        return run(delete(holding.model).where(_whose(holding, subject)))


@dataclass(frozen=True)
class Emptied:
    """Erasure takes out of the person's rows what could tell who they are; the rest stays."""

    values: Mapping[str, Any]
    words: str

    def __call__(self, holding: Holding, subject: Subject) -> int:
        """Empty them, and give how many."""
        return run(update(holding.model).where(_whose(holding, subject)).values(**self.values))


@dataclass(frozen=True)
class Stays:
    """Erasure leaves the rows as they are; the words say why that is right."""

    words: str

    def __call__(self, _holding: Holding, _subject: Subject) -> int:
        """Nothing to do."""
        return 0


@dataclass(frozen=True)
class ErasedBy:
    """Erasure by a function of the feature's own."""

    action: Callable[[Subject], int]
    words: str

    def __call__(self, _holding: Holding, subject: Subject) -> int:
        """Run it."""
        return self.action(subject)


Erase = Goes | Emptied | Stays | ErasedBy


# -- retention -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeptFor:
    """Rows go so many days after a moment of theirs; or, where `emptied` is given, what it names is taken out of them.

    `period` is a number of days, or the name of the setting that holds it (0: for ever). `only` narrows it to rows that are over: a job that waits is not deleted, however old it is.
    """

    period: int | str
    column: str
    after: str
    only: Callable[[], ColumnElement[bool]] | None = None
    emptied: Mapping[str, Any] | None = None

    def words(self, settings: Settings) -> str:
        """For how long, in words."""
        days = self.days(settings)
        what = "Its words are kept" if self.emptied is not None else "Kept"
        many = "a day" if days == 1 else f"{days} days"
        return f"{what} for {many} after {self.after}." if days else "Kept until the account is erased."

    def days(self, settings: Settings) -> int:
        """How many days; 0 for ever."""
        return self.period if isinstance(self.period, int) else int(getattr(settings, self.period))

    def __call__(self, holding: Holding, settings: Settings, now: datetime) -> int:
        """Do it for every row whose day has come, and give how many there were."""
        days = self.days(settings)
        if not days:
            return 0
        table = holding.model.__table__
        conditions = [table.c[self.column] <= now - timedelta(days=days)]
        if self.only is not None:
            conditions.append(self.only())
        if self.emptied is None:
            return run(delete(holding.model).where(*conditions))
        full = [table.c[name] != value for name, value in self.emptied.items()]
        still = full[0] if len(full) == 1 else full[0] | full[1]
        return run(update(holding.model).where(*conditions, still).values(**self.emptied))


@dataclass(frozen=True)
class KeptWhile:
    """Rows are kept as long as something else is: until the account is erased, or for ever."""

    why: str

    def words(self, _settings: Settings) -> str:
        """For how long, in words."""
        return self.why

    def __call__(self, _holding: Holding, _settings: Settings, _now: datetime) -> int:
        """Nothing to do."""
        return 0


@dataclass(frozen=True)
class KeptBy:
    """Rows go by a function of the feature's own."""

    action: Callable[[Settings, datetime], int]
    say: Callable[[Settings], str]

    def words(self, settings: Settings) -> str:
        """For how long, in words."""
        return self.say(settings)

    def __call__(self, _holding: Holding, settings: Settings, now: datetime) -> int:
        """Run it."""
        return self.action(settings, now)


Retain = KeptFor | KeptWhile | KeptBy
WITH_ACCOUNT = KeptWhile("Kept until the account is erased.")


# -- the register ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Register:
    """Every table: those with people in them, and those without, each with the reason."""

    holdings: tuple[Holding, ...]
    without_people: Mapping[str, str]

    def by_table(self) -> Mapping[str, Holding]:
        """The holdings by their tables' names."""
        return {holding.table: holding for holding in self.holdings}

    def children_first(self) -> list[Holding]:
        """In the order in which rows may be deleted."""
        order = {table.name: number for number, table in enumerate(Base.metadata.sorted_tables)}
        return sorted(self.holdings, key=lambda holding: -order[holding.table])


class StillInUse(Exception):
    """Something that is to be cleaned is just being used: the job tries again later."""


Cleaner = Callable[[], object]


def init_app(
    app: Flask, holdings: Sequence[Holding], without_people: Mapping[str, str], cleaners: Sequence[Cleaner] = ()
) -> None:
    """Give the application its register, and what cleans files after an erasure."""
    app.extensions[EXTENSION] = Register(tuple(holdings), dict(without_people))
    app.extensions[CLEANERS] = tuple(cleaners)


def clean() -> None:
    """Take away what rows that are erased have left outside the tables. Raises StillInUse."""
    for cleaner in current_app.extensions[CLEANERS]:
        cleaner()


def register() -> Register:
    """The application's register."""
    found: Register = current_app.extensions[EXTENSION]
    return found


def run(statement: Executable) -> int:
    """Execute a change of rows, and give how many it changed."""
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    return done.rowcount if isinstance(done, CursorResult) else 0


def _whose(holding: Holding, subject: Subject) -> ColumnElement[bool]:
    if holding.whose is None:
        raise TypeError(f"no row of {holding.table} can be found by its person")
    return holding.whose(subject)
