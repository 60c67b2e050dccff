"""CSV that a spreadsheet opens as it was meant: RFC 4180, in UTF-8, and no cell that a spreadsheet takes for a formula.

The file begins with a byte order mark: without it Excel reads UTF-8 as the local code page, and "Zoë" arrives as "ZoÃ«".
"""

import csv
import io
import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

BYTE_ORDER_MARK = "\ufeff"
MIMETYPE = "text/csv; charset=utf-8"
# A formula begins with one of these; the minus sign U+2212 is one that people's keyboards and word processors make.
FORMULA = frozenset("=+-@\N{MINUS SIGN}")
CONTROL = frozenset("\t\r\n\0")
Cell = str | int | float | date | datetime | None


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A whole CSV file, one line at a time; `rows` is read as it goes."""
    yield BYTE_ORDER_MARK.encode() + _line(header)
    for row in rows:
        yield _line(row)


def safe_cell(value: Cell) -> str | int | float:
    """What may stand in a cell. Numbers of our own stay numbers; a text that could be a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    text = value.isoformat() if isinstance(value, date) else str(value)
    return f"'{text}" if needs_guard(text) else text


def needs_guard(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula, or for one that we guarded: full-width forms included."""
    rest = text.lstrip("'")
    if rest[:1] in CONTROL and rest:
        return True
    shown = "".join(_skip_invisible(unicodedata.normalize("NFKC", rest)))
    return shown[:1] in FORMULA and bool(shown)


def unguarded(cell: str) -> str:
    """The text behind a cell of ours, for import: the inverse of `safe_cell` for texts."""
    return cell[1:] if cell.startswith("'") and needs_guard(cell[1:]) else cell


def _skip_invisible(text: str) -> Iterator[str]:
    started = False
    for character in text:
        started = started or unicodedata.category(character)[0] not in "ZC"
        if started:
            yield character


def _line(cells: Sequence[Cell]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return text.getvalue().encode()
