"""Reading a list of people that somebody has saved from a spreadsheet, whatever it was saved as (trust.md F-14, F-15).

Every problem names its row and its column as the spreadsheet shows them. No database here: what is known of the people
is asked by `people_import`.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from elearn.accounts.rules import LONGEST_NAME, LONGEST_REGISTRATION, Profession, tidy
from elearn.cohorts.rules import BadAddress, read_address
from elearn.shared.csv_export import unguarded

LARGEST_FILE = 150_000  # bytes as UTF-8: the checked list is sent once more to be applied, in a form of 256 KB at most
MOST_ROWS = 1000
FILE_NAMES = (".csv", ".txt")  # Excel calls its "Unicode text" .txt
SEPARATORS = ",;\t"
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
TOO_LARGE = (
    f"The file is too large: {LARGEST_FILE // 1000} KB and {MOST_ROWS:,} rows at most. Split it into several files"
)
# What a column may be called; compared in small letters, without hyphens, full stops and brackets.
NAMES = {
    "email": ("email", "email address", "mail"),
    "given_names": ("given names", "given name", "first name", "first names", "forename", "forenames"),
    "family_name": ("family name", "last name", "surname"),
    "profession": ("profession", "role", "job"),
    "registration_number": ("registration number", "registration", "gmc number", "nmc number"),
    "cohort": ("cohort", "group", "join code"),
}
TITLES = {
    "email": "e-mail",
    "given_names": "given names",
    "family_name": "family name",
    "profession": "profession",
    "registration_number": "registration number",
    "cohort": "cohort",
}
NEEDED = ("email", "given_names", "family_name", "profession")


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says why, and what to do."""


@dataclass(frozen=True)
class Line:
    """One row of the file. `wrong` says in words what is the matter with it; empty where nothing is."""

    row: int
    email: str
    given_names: str
    family_name: str
    profession: Profession | None
    registration_number: str
    cohort: str
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A whole file that could be read, and what was left out of it."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _Row:
    """The cells of one row by the column's name, with the column's letter, while they are judged."""

    number: int
    cells: dict[str, tuple[str, str]]
    wrong: list[tuple[int, str, str]] = field(default_factory=list)

    def text(self, name: str) -> str:
        return tidy(unguarded(self.cells.get(name, ("", ""))[1].strip()))

    def complain(self, name: str, words: str) -> None:
        letter = self.cells.get(name, ("?", ""))[0]
        self.wrong.append((len(letter), letter, f"Row {self.number}, column {letter} ({TITLES[name]}): {words}"))

    def complaints(self) -> tuple[str, ...]:
        """What is wrong, in the order of the columns."""
        return tuple(words for _, _, words in sorted(self.wrong))

    def limited(self, name: str, longest: int) -> str:
        text = self.text(name)
        if len(text) > longest:
            self.complain(name, f"{longest} characters at most")
        return text[:longest]


def decoded(data: bytes) -> str:
    """The text of a file, by its mark or else by what it can be. Raises Unreadable."""
    if data.startswith(WORKBOOKS):
        raise Unreadable("This is a workbook, not a CSV file. In the spreadsheet choose Save as, then CSV UTF-8")
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "") or _unmarked(data)
    for attempt in (encoding, "cp1252"):
        try:
            return data.decode(attempt)
        except UnicodeDecodeError:
            if attempt.startswith("utf-16"):
                break
    raise Unreadable("We cannot tell which letters this file holds. In the spreadsheet choose Save as, then CSV UTF-8")


def _unmarked(data: bytes) -> str:
    """UTF-16 without its mark shows by a NUL in every second byte of what is mostly plain letters."""
    if len(data) > 4 and len(data) % 2 == 0:
        if data[1::2].count(0) * 2 > len(data) // 2:
            return "utf-16-le"
        if data[0::2].count(0) * 2 > len(data) // 2:
            return "utf-16-be"
    return "utf-8"


def read_people(data: bytes) -> Sheet:
    """Everybody in a file, right and wrong rows. Raises Unreadable where the file as a whole is no list of people."""
    if len(data) > LARGEST_FILE:
        raise Unreadable(TOO_LARGE)
    text = decoded(data).lstrip("\ufeff")
    if len(text.encode()) > LARGEST_FILE:
        raise Unreadable(TOO_LARGE)
    rows = _rows(text)
    if not rows:
        raise Unreadable("The file is empty")
    (first, header), rest = rows[0], rows[1:]
    columns, notes = _columns(first, header)
    if not rest:
        raise Unreadable("The file has a row of headings and nobody below it")
    if len(rest) > MOST_ROWS:
        raise Unreadable(TOO_LARGE)
    return Sheet(_judged([_row(number, cells, columns, len(header)) for number, cells in rest]), notes)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, with the numbers that the spreadsheet shows. Raises Unreadable."""
    before = 0
    if re.match(r"sep=.\r?\n", text):  # a hint that Excel reads, and counts as a row
        text, before = text.partition("\n")[2], 1
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1 + before
        raise Unreadable(f"Row {row} holds a character that cannot be shown (NUL). Save the file again as CSV UTF-8")
    top = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=lambda character: (top.count(character), -SEPARATORS.index(character)))
    found: list[tuple[int, list[str]]] = []
    number = before
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            number += 1
            if any(cell.strip() for cell in cells):
                found.append((number, cells))
    except csv.Error as error:
        raise Unreadable(f"Row {number + 1} cannot be read: {_in_words(str(error))}") from None
    return found


def _in_words(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quotation mark is opened there and never closed"
    if "expected after" in error:
        return "a quotation mark stands in the middle of a cell. Write two of them for one"
    if "field larger" in error:
        return "one of its cells is far too long. Often a quotation mark is not closed"
    return "a line ends in the middle of a cell. Save the file again as CSV UTF-8"


def letter_of(place: int) -> str:
    """The letters by which a spreadsheet calls a column, from 0: A, B ... Z, AA, AB."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _columns(row: int, header: Sequence[str]) -> tuple[dict[int, str], tuple[str, ...]]:
    """Which column holds what, and which are left out. Raises Unreadable."""
    columns: dict[int, str] = {}
    notes: list[str] = []
    for place, cell in enumerate(header):
        plain = " ".join(re.sub(r"\(.*?\)|[-.*:_]", lambda m: " " if m[0] == "_" else "", tidy(cell).lower()).split())
        name = next((known for known, names in NAMES.items() if plain in names), "")
        if name and name in columns.values():
            first = next(known for known, there in columns.items() if there == name)
            raise Unreadable(
                f"Row {row}: columns {letter_of(first)} and {letter_of(place)} are both called {TITLES[name]}. "
                "Keep one of them"
            )
        if name:
            columns[place] = name
        elif plain:
            shown = tidy(cell)[:LONGEST_NAME]
            notes.append(f"Column {letter_of(place)} (“{shown}”) is none of ours and was left out")
    missing = [TITLES[name] for name in NEEDED if name not in columns.values()]
    if missing:
        raise Unreadable(f"Row {row} must name the columns. Missing: {', '.join(missing)}")
    return columns, tuple(notes[:10])


def _row(number: int, cells: Sequence[str], columns: dict[int, str], width: int) -> _Row:
    row = _Row(number, {name: (letter_of(place), "") for place, name in columns.items()})
    for place, name in columns.items():
        if place < len(cells):
            row.cells[name] = (letter_of(place), cells[place])
    if any(cell.strip() for cell in cells[width:]):
        words = f"Row {number} has more cells than row 1 has headings. A separator may stand inside a cell"
        row.wrong.append((MOST_ROWS, "", words))
    return row


def _judged(rows: Sequence[_Row]) -> tuple[Line, ...]:
    lines: list[Line] = []
    first_seen: dict[str, int] = {}
    for row in rows:
        email = _email(row)
        if email and email in first_seen:
            row.complain("email", f"this address stands in row {first_seen[email]} already")
        first_seen.setdefault(email, row.number)
        profession = _profession(row)
        family_name = row.limited("family_name", LONGEST_NAME)
        if not family_name:
            row.complain("family_name", "write a family name")
        given_names = row.limited("given_names", LONGEST_NAME)
        number = row.limited("registration_number", LONGEST_REGISTRATION)
        cohort = row.text("cohort")
        lines.append(Line(row.number, email, given_names, family_name, profession, number, cohort, row.complaints()))
    return tuple(lines)


def _email(row: _Row) -> str:
    text = row.text("email")
    try:
        return read_address(text)
    except BadAddress:
        row.complain("email", "write an e-mail address like name@example.org")
        return text[:255]


def _profession(row: _Row) -> Profession | None:
    text = row.text("profession").lower()
    try:
        return Profession(text)
    except ValueError:
        row.complain("profession", "write one of the professions that the page names")
        return None
