"""Lists of people from spreadsheets, as they really come: read right, or refused with row and column (F-14, F-15)."""

import pytest

from elearn.accounts.rules import Profession
from elearn.reports.people_csv import LARGEST_FILE, MOST_ROWS, Unreadable, letter_of, read_people

HEAD = "e-mail,given names,family name,profession,registration number,cohort\n"
ZOE = "zoe@example.org,Zoë,Núñez,nurse,NMC 1,Spring\n"
GOOD = HEAD + ZOE


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD.encode(), id="UTF-8"),
        pytest.param(GOOD.encode("utf-8-sig"), id="UTF-8 with its mark"),
        pytest.param(GOOD.encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param(b"\xfe\xff" + GOOD.encode("utf-16-be"), id="UTF-16 the other way round"),
        pytest.param(GOOD.encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(GOOD.encode("utf-16-be"), id="UTF-16 the other way round without a mark"),
        pytest.param(GOOD.encode("cp1252"), id="cp1252"),
        pytest.param(GOOD.replace(",", ";").encode(), id="semicolons"),
        pytest.param(("sep=;\r\n" + GOOD.replace(",", ";")).encode(), id="a hint for Excel"),
        pytest.param(GOOD.replace(",", "\t").encode(), id="tabs"),
        pytest.param(GOOD.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(GOOD.replace("\n", "\r").encode(), id="CR"),
        pytest.param(("\n\n" + GOOD + "\n,,,,,\n\n").encode(), id="empty rows"),
        pytest.param(GOOD.rstrip("\n").encode(), id="no last line end"),
        pytest.param((HEAD + '"zoe@example.org","Zoë","Núñez","Nurse","NMC 1","Spring"\n').encode(), id="quoted"),
        pytest.param((HEAD + " Zoe@Example.ORG , Zoë ,Núñez, NURSE ,NMC 1,Spring\n").encode(), id="spaces, capitals"),
        pytest.param((HEAD + ZOE.replace("NMC 1", "'NMC 1").replace("'", "")).encode(), id="plain number"),
        pytest.param(
            GOOD.replace("e-mail", "E-mail address").replace("family name", "Surname").encode(), id="other headings"
        ),
        pytest.param((HEAD + "zoe@example.org,Zoe\u0308,Nu\u0301n\u0303ez,nurse,NMC 1,Spring\n").encode(), id="NFD"),
        pytest.param((HEAD + 'zoe@example.org,"Zoë","Núñez\n",nurse,NMC 1,Spring\n').encode(), id="line in a cell"),
    ],
)
def test_a_list_is_read_whatever_it_was_saved_as(data: bytes) -> None:
    sheet = read_people(data)
    assert [line.wrong for line in sheet.lines] == [()]
    [line] = sheet.lines
    assert (line.email, line.given_names, line.family_name) == ("zoe@example.org", "Zoë", "Núñez")
    assert (line.profession, line.registration_number, line.cohort) == (Profession.NURSE, "NMC 1", "Spring")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (HEAD.encode(), "nobody below it"),
        (b"PK\x03\x04rest", "This is a workbook"),
        (b"\xd0\xcf\x11\xe0rest", "This is a workbook"),
        ((GOOD + "a\0b,x,y,nurse,,\n").encode(), "Row 3 holds a character that cannot be shown (NUL)"),
        (
            (GOOD + '"open,x,y\nb@example.org,x,y,nurse,,\n').encode(),
            "Row 3 cannot be read: a quotation mark is opened",
        ),
        ((GOOD + '"a"b,x,y,nurse,,\n').encode(), "Row 3 cannot be read: a quotation mark stands in the middle"),
        ((HEAD + '"' + "x" * 140_000 + '",x,y,nurse,,\n').encode(), "one of its cells is far too long"),
        (b"e-mail,given names,family name,profession,E-Mail\n", "columns A and E are both called e-mail"),
        (b"e-mail,name,profession\nx,y,z\n", "Missing: given names, family name"),
        (b"zoe@example.org,Zoe,Nunez,nurse\nb@example.org,B,B,nurse\n", "Row 1 must name the columns"),
        (("x," * 10_000 + "\n").encode() + b"y\n", "Row 1 must name the columns"),
        (b"x" * (LARGEST_FILE + 1), "The file is too large: 150 KB and 1,000 rows at most"),
        ((HEAD + "a@b.org,,B,nurse,,\n" * (MOST_ROWS + 1)).encode(), "The file is too large"),
        (b"e-mail,given names\x81,\xfffamily\n\x8d\x8f", "We cannot tell which letters this file holds"),
        (b"\xff\xfea\x00b", "We cannot tell which letters this file holds"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_people(data)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nobody,Zoë,N,nurse,,", "Row 3, column A (e-mail): write an e-mail address like name@example.org"),
        (",Zoë,N,nurse,,", "Row 3, column A (e-mail)"),
        ("=cmd@example.org|x,Z,N,nurse,,", "Row 3, column A (e-mail)"),
        ("a@example.org,Zoë,,nurse,,", "Row 3, column C (family name): write a family name"),
        (
            "a@example.org,Zoë,N,king,,",
            "Row 3, column D (profession): write one of the professions that the page names",
        ),
        ("a@example.org,Zoë,N,,,", "Row 3, column D (profession)"),
        ("a@example.org," + "x" * 81 + ",N,nurse,,", "Row 3, column B (given names): 80 characters at most"),
        ("a@example.org,Zoë,N,nurse," + "1" * 41 + ",", "Row 3, column E (registration number): 40 characters at most"),
        ("ZOE@example.org,Zoë,N,nurse,,", "Row 3, column A (e-mail): this address stands in row 2 already"),
        ("a@example.org", "Row 3, column C (family name): write a family name"),
        ("a@example.org,Zoë,N,nurse,,,,more", "Row 3 has more cells than row 1 has headings"),
    ],
)
def test_a_wrong_row_names_its_row_and_column_and_spoils_no_other(row: str, words: str) -> None:
    first, second = read_people((GOOD + row + "\n").encode()).lines
    assert first.wrong == ()
    assert any(words in said for said in second.wrong), second.wrong


def test_what_is_wrong_with_a_row_stands_in_the_order_of_its_columns() -> None:
    [_, line] = read_people((GOOD + "nobody,Zoë,,king,,,,more\n").encode()).lines
    assert [words.partition(" (")[0] for words in line.wrong[:3]] == [f"Row 3, column {letter}" for letter in "ACD"]
    assert line.wrong[3].startswith("Row 3 has more cells")
    assert len(line.wrong) == 4


def test_columns_that_are_none_of_ours_are_left_out_and_said() -> None:
    sheet = read_people(b"notes,e-mail,,given names,family name,profession\nx,a@b.org,hidden,A,B,doctor\n")
    assert sheet.notes == ("Column A (“notes”) is none of ours and was left out",)
    assert [(line.email, line.wrong) for line in sheet.lines] == [("a@b.org", ())]


@pytest.mark.parametrize(("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")])
def test_columns_are_called_as_a_spreadsheet_calls_them(place: int, letters: str) -> None:
    assert letter_of(place) == letters
