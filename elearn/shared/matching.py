"""Looking for what people type: the same on SQLite and PostgreSQL, with no wildcards."""

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute


def contains(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    """Whether a column holds a word, whatever its capitals; `%` and `_` stand for themselves.

    SQLite knows the capitals of ASCII only: the other ways of writing the word find "Émile" by "émile" as well.
    """
    ways = {word, word.lower(), word.upper(), word.title()}
    return or_(*(column.icontains(way, autoescape=True) for way in sorted(ways)))


def contain(columns: tuple[InstrumentedAttribute[str], ...], words: str) -> list[ColumnElement[bool]]:
    """That each of the words is in one of the columns."""
    return [or_(*(contains(column, word) for column in columns)) for word in words.split()]
