"""The PDF: PDF/UA-1 and PDF/A-2a whatever the name, and the same bytes whenever it is made."""

import io
import random
import re
import unicodedata
from datetime import date
from threading import get_ident
from typing import Any

import page as page_validation
import pikepdf
import pytest
import segno

from elearn.accounts.rules import tidy
from elearn.certificates import document
from elearn.certificates.document import Printable, qr_svg, render, rows, unprintable
from elearn.certificates.holder import Holder
from elearn.certificates.record import DEMONSTRATION, Facts, make_record
from elearn.config import Settings
from elearn.modules import catalogue
from elearn.shared.canonical import digest
from tests.racing import at_once

LETTERS = "abcdefghijklmnopqrstuvwxyzŁØÅÄ "
SMALL = b"""#set document(title:"x")
#set text(lang:"en", font: ("Source Sans 3","Libertinus Serif","DejaVu Sans Mono"))
#title()
#json(bytes(sys.inputs.data))
"""
NUMBER = "0123456789ABCDEFG"
SALT = "00112233445566778899aabbccddeeff"
NAMES = [
    ("Amina", "Khan"),
    ("", "Madonna"),
    ("Zoë Ægir", "Nguyễn-Łukaszewicz"),
    ("Łukasz", "Łukasz"),
    ("Seán", "O’Brien"),
    ("D'Arcy", "O'Neill"),
    ("מרים", "כהן"),
    ("محمد", "عبد الله"),
    ("Amina محمد", "כהן-Khan"),
    ("伟", "张"),
    ("さくら", "김"),
    ("Олена", "Шевченко"),
    ("Ελένη", "Παπαδοπούλου"),
    ("अमित", "शर्मा"),
    ("#strong[x] $x$ *b* _i_", '@ref <label> `raw` \\u{41} // /* ~ --- "q" #'),
    ("W" * 80, "M" * 80),
    ("İ" * 80, "ﷺ" * 80),
    ("ab\u202ecd", "ef\u2066g\u200dh\u200fi"),
    ("e\u0301\u0323\u0330", "\u0301x"),
    ("😀", "👩‍⚕️"),
    ("Jean-Luc " * 8, "van der Berg " * 6),
]


def printable(
    given: str = "Amina", family: str = "Khan", registration: str = "GMC 1234567", **changes: Any
) -> Printable:
    module = next(catalogue.load(folder) for folder in catalogue.folders())
    settings = Settings(base_url="https://learn.example.org", **changes)
    day = date(2026, 11, 23)
    record = make_record(module, settings, Facts(NUMBER, 1, day, day, None, {}))
    return Printable(record, digest(record), Holder(tidy(given), tidy(family), registration), SALT)


def is_whole(pdf: bytes) -> list[str]:
    faults = []
    for profile in ("ua1", "2a"):
        report = page_validation.validate_pdf_bytes(pdf, profile=profile)
        faults += [f"{profile} {failure.rule_id} {failure.message}" for failure in report.failures]
        assert report.is_compliant is not bool(report.failures)
    return faults


def tags_of(element: Any) -> list[str]:
    if isinstance(element, pikepdf.Array):
        return [tag for child in element for tag in tags_of(child)]
    if not isinstance(element, pikepdf.Dictionary):
        return []
    found = [str(element.S)] if "/S" in element else []
    return found + (tags_of(element.K) if "/K" in element else [])


def text_of(pdf: bytes) -> str:
    """The characters that the fonts' ToUnicode tables name: enough to see whether a letter is in the file at all."""
    found = []
    with pikepdf.open(io.BytesIO(pdf)) as file:
        for item in file.objects:
            if isinstance(item, pikepdf.Stream) and b"beginbfchar" in item.read_bytes():
                found += re.findall(rb"<[0-9A-Fa-f]+> <([0-9A-Fa-f]+)>", item.read_bytes())
    return "".join(bytes.fromhex(code.decode()).decode("utf-16-be", "replace") for code in found)


@pytest.mark.parametrize(("given", "family"), NAMES)
def test_every_name_gives_a_document_for_everyone_and_for_ever(given: str, family: str) -> None:
    pdf = render(printable(given, family))
    assert is_whole(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert len(file.pages) == 1
        assert str(file.Root.Lang) == "en-GB"
        assert str(file.docinfo["/Title"]).startswith("Certificate 0123-4567-89AB-CDEF-G: ")
        assert bool(file.Root.ViewerPreferences.DisplayDocTitle)
        tags = tags_of(file.Root.StructTreeRoot)
        assert {"/Title", "/H1", "/P", "/L", "/LI", "/Figure", "/Link"} <= set(tags)
        assert tags.count("/Figure") == 1


def test_a_thousand_random_names_are_cut_to_a_sample() -> None:
    """`make faults` is the place for the full dose; these few are drawn from every script, by a fixed seed."""
    randomness = random.Random(20261123)
    letters = [chr(code) for code in range(0x20, 0x2FFFF) if unicodedata.category(chr(code))[0] in "LMNPSZ"]
    latin = [letter for letter in letters if ord(letter) < 0x250]
    for turn in range(40):
        pool = letters if turn % 10 == 0 else latin
        given, family = ("".join(randomness.choices(pool, k=randomness.randint(1, 80))) for _ in range(2))
        assert is_whole(render(printable(given, family))) == [], (given, family)


def test_the_validator_finds_faults() -> None:
    """A validator that says yes to all would make the tests above worthless."""
    pdf = render(printable())
    assert is_whole(pdf.replace(b"/Marked true", b"/Marked null")) != []
    assert is_whole(pdf.replace(b"/Lang(en-GB)", b"/Long(en-GB)")) != []


def test_the_same_bytes_whenever_it_is_made() -> None:
    pdf = render(printable())
    assert pdf == render(printable())
    assert pdf != render(printable(family="Khann"))
    threads: set[int] = set()

    def work() -> bytes:
        threads.add(get_ident())
        return render(printable())

    assert set(at_once([work] * 4)) == {pdf}
    assert len(threads) == 4


def test_no_stream_ends_so_that_readers_differ_about_its_length() -> None:
    """Readers take a carriage return before the line feed as part of the line end; the documents below were such ones."""
    randomness = random.Random(1)
    names = ["Łukasz"] + ["".join(randomness.choices(LETTERS, k=12)) for _ in range(300)]
    raw = [document._compile(SMALL, name, 1) for name in names]
    faulty = [pdf for pdf in raw if re.search(rb"(?<!\r)\r\nendstream", pdf)]
    assert faulty, "typst does it no more: take the mending out"
    for pdf in faulty:
        assert is_whole(pdf) != []
        mended = document.with_plain_ends(pdf)
        assert is_whole(mended) == []
        with pikepdf.open(io.BytesIO(pdf)) as before, pikepdf.open(io.BytesIO(mended)) as after:
            assert after.check_pdf_syntax() == []
            for one, other in zip(before.objects, after.objects, strict=True):
                assert repr(one) == repr(other)
                if isinstance(one, pikepdf.Stream):
                    assert one.read_raw_bytes() == other.read_raw_bytes()
    whole = next(pdf for pdf in raw if pdf not in faulty)
    assert document.with_plain_ends(whole) == whole


def test_its_date_is_the_day_of_issue() -> None:
    with pikepdf.open(io.BytesIO(render(printable()))) as file:
        assert {str(file.docinfo[key]) for key in ("/CreationDate", "/ModDate")} == {"D:20261123000000Z"}
        xmp = file.Root.Metadata.read_bytes()
        assert set(re.findall(rb"Date>([^<]+)<", xmp)) == {b"2026-11-23T00:00:00Z"}
        assert str(file.docinfo["/Author"]) == "The elearn project"


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("Amina Khan #$*_@<`\\", []),
        ("Zoë Łukasz O’Brien Nguyễn", []),
        ("מרים محمد Олена Ελένη अमित", []),
        ("张伟 张", ["张", "伟"]),
        ("A😀", ["😀"]),
    ],
)
def test_characters_that_no_font_has(words: str, missing: list[str]) -> None:
    assert unprintable(words) == missing
    assert unprintable(document.MISSING) == []


def test_a_missing_character_becomes_a_box_and_the_document_says_so() -> None:
    pdf = render(printable("伟", "Zhang"))
    assert document.MISSING in text_of(pdf)
    assert document.MISSING not in text_of(render(printable("Wei", "Zhang")))
    data = document._with_boxes(document._data(printable("伟", "Zhang", "伟1")), document._boxed)
    assert (data["name"], data["registration_number"]) == ("□ Zhang", "□1")
    assert "lack some characters" in data["unprinted"]
    assert data["qr"].startswith("<svg")


def test_what_it_says_comes_from_the_record_and_the_holder() -> None:
    data = document._data(printable(demonstration=True))
    assert data["name"] == "Amina Khan"
    assert data["registration_number"] == "GMC 1234567"
    assert data["demonstration_note"] == DEMONSTRATION
    assert data["address"] == "https://learn.example.org/verify/0123-4567-89AB-CDEF-G/"
    assert "not endorsed by a Royal College" in data["statement"]
    assert dict(data["rows"])["Issued on"] == "23 November 2026"
    assert data["salt"] == SALT
    assert data["seal"] == printable(demonstration=True).record_digest
    template = (document.FOLDER / "certificate-1.typ").read_text()
    used = set(re.findall(r"\bd\.([a-z_]+)", template))
    assert used == set(data), "the template and its data have drifted apart"


def test_an_expiry_and_an_approval_have_rows_where_there_are_any() -> None:
    assert not {"Valid until", "Approval"} & set(dict(rows(printable().record)))
    record = {**printable(approval_reference="RCX 1").record, "expires_on": "2029-11-23"}
    assert dict(rows(record))["Valid until"] == "23 November 2029"
    assert dict(rows(record))["Approval"] == "RCX 1"


def test_the_qr_code_is_the_address() -> None:
    """What the picture's squares say, against another drawing of the same address; and it tells addresses apart."""
    address = printable().record["address"]
    drawn = str(qr_svg(address))
    assert drawn == segno.make(address, error="m", micro=False).svg_inline(
        scale=4, border=2, svgclass=None, lineclass=None
    )
    assert drawn != qr_svg(address.replace("G/", "H/"))
    assert "style" not in drawn
    assert "class" not in drawn


def test_a_template_that_is_in_use_is_there() -> None:
    assert (document.FOLDER / f"certificate-{printable().record['template']}.typ").is_file()
