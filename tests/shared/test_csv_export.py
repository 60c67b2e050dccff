"""No cell of ours can be taken for a formula, and every cell comes back as it was (C-S8)."""

import csv
import io
import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elearn.shared.csv_export import csv_lines, safe_cell, unguarded

TRIGGERS = "=+-@\t\r\n\0＝＋－＠﹦﹢﹣﹫−"
BEFORE = st.text(" \u00a0\u2003\u3000\ufeff\u200b\u202e\t\x0b'", max_size=3)
HOSTILE = st.builds(
    lambda before, first, rest: before + first + rest, BEFORE, st.sampled_from(TRIGGERS), st.text(max_size=8)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | HOSTILE


def read(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), strict=True))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula, decided in another way than the code does."""
    if cell.startswith(tuple(TRIGGERS)):
        return True
    visible = [c for c in cell if unicodedata.category(c)[0] not in "ZC"]
    return bool(visible) and unicodedata.normalize("NFKC", visible[0]).startswith(("=", "+", "-", "@", "−"))


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=4))
def test_no_cell_begins_like_a_formula_and_every_text_comes_back(rows: list[list[str]]) -> None:
    found = read(b"".join(csv_lines(["head"], rows)))
    assert not [cell for row in found for cell in row if is_formula(cell)]
    assert [[unguarded(cell) for cell in row] for row in found[1:]] == rows


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20", "'+44 20"),
        ("-3", "'-3"),
        (-3, -3),
        (-0.5, -0.5),
        (float("-inf"), "'-inf"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\0=x", "'\0=x"),
        ("  =x", "'  =x"),
        ("＝x", "'＝x"),
        ("'=x", "''=x"),
        ("'t Hooft", "'t Hooft"),
        ("O'Brien", "O'Brien"),
        ("Canary-Khan", "Canary-Khan"),
        ("", ""),
        (None, ""),
        (True, "True"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 9, 30, tzinfo=UTC), "2026-11-22T09:30:00+00:00"),
    ],
)
def test_cells(value: object, cell: object) -> None:
    assert safe_cell(value) == cell  # type: ignore[arg-type]


def test_the_file_is_rfc_4180_in_utf_8_with_a_mark_for_excel() -> None:
    file = b"".join(csv_lines(["Name", "Points"], [['Zoë "Z", O’Neil', 6], ["two\nlines", None]]))
    assert file == '\ufeffName,Points\r\n"Zoë ""Z"", O’Neil",6\r\n"two\nlines",\r\n'.encode()
