"""The certificate as a PDF: made by typst from the frozen record, the same bytes whenever it is made again.

PDF/UA-1 and PDF/A-2a in one file, tagged, titled, in British English. Nothing but the record, the holder and the
template goes in; the time in the file is the date of issue. The fonts are those of the package and of typst itself.
"""

import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import fontpkg_source_sans_3
import segno
import typst
from markupsafe import Markup

from elearn.certificates.holder import Holder
from elearn.certificates.record import Record
from elearn.shared.clock import in_words

FOLDER = Path(__file__).parent / "typst"
STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
MISSING = "□"
_AFTER_LATIN = 0x250
# typst ends a stream with a line feed of its own. Where the last byte of the data is a carriage return, the two read as
# one line end, and checkers say that the stream is a byte too short; it happens to about one document in thirty. A line
# end of two characters cannot be misread.
_AMBIGUOUS_END, _PLAIN_END = b"\r\nendstream", b"\r\r\nendstream"
_XREF_ENTRY = re.compile(rb"(\d{10}) (\d{5}) n")
_XREF_PLACE = re.compile(rb"startxref\n(\d+)")
_UNPRINTED = (
    "The fonts of this document lack some characters of the name; each is shown as " + MISSING + ". "
    "The certificate's own page shows the whole name."
)
_GLYPH_PROBE = b"""#set document(title: "probe")
#set text(lang: "en", font: ("Source Sans 3", "Libertinus Serif", "DejaVu Sans Mono"))
#json(bytes(sys.inputs.data))
"""
_threads = threading.local()


@dataclass(frozen=True)
class Printable:
    """What a document is made of."""

    record: Record
    record_digest: str
    holder: Holder
    salt: str


def render(printable: Printable) -> bytes:
    """The PDF. A character that no font has becomes a box, and the document says so; everything else is as it was typed."""
    data = _data(printable)
    template = f"certificate-{printable.record['template']}.typ"
    moment = datetime.combine(date.fromisoformat(printable.record["issued_on"]), datetime.min.time(), UTC)
    for boxed in (None, _boxed, _boxed_but_latin):
        words = _with_boxes(data, boxed) if boxed else data
        with suppress(typst.TypstError):
            return with_plain_ends(_compile(template, words, int(moment.timestamp())))
    raise ValueError(f"certificate {printable.record['number']} cannot be set")


def with_plain_ends(pdf: bytes) -> bytes:
    """The same document with no stream whose end can be read in two ways; its table of places is moved accordingly."""
    ends = [found.start() for found in re.finditer(re.escape(_AMBIGUOUS_END), pdf)]
    if not ends:
        return pdf
    body, table = pdf[: (start := int(_xref_place(pdf)))], pdf[start:]

    def moved(place: bytes) -> int:
        return int(place) + sum(end < int(place) for end in ends)

    table = _XREF_ENTRY.sub(lambda entry: b"%010d %b n" % (moved(entry[1]), entry[2]), table)
    table = _XREF_PLACE.sub(lambda found: b"startxref\n%d" % moved(found[1]), table)
    return body.replace(_AMBIGUOUS_END, _PLAIN_END) + table


def _xref_place(pdf: bytes) -> bytes:
    found = _XREF_PLACE.search(pdf, len(pdf) - 64)
    if found is None:
        raise ValueError("no startxref at the end of the document")
    return found[1]


def unprintable(words: str) -> list[str]:
    """The characters of `words` that no font of the document has, each once, in order."""
    return [character for character in dict.fromkeys(words) if not _has_glyph(character)]


@lru_cache(maxsize=64)
def qr_svg(address: str) -> Markup:
    """A QR code of an address, as an SVG without classes or styles."""
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(scale=4, border=2, svgclass=None, lineclass=None, omitsize=False))  # noqa: S704 - segno's own drawing


def _data(printable: Printable) -> dict[str, Any]:
    record, holder = printable.record, printable.holder
    issued = date.fromisoformat(record["issued_on"])
    return {
        "title": f"Certificate {record['number']}: {record['module']['title']}",
        "year": issued.year,
        "month": issued.month,
        "day": issued.day,
        "name": holder.name,
        "registration_number": holder.registration_number,
        "module_title": record["module"]["title"],
        "module_version": record["module"]["version"],
        "rows": rows(record),
        "qr": _qr_document(record["address"]),
        "qr_alt": f"QR code that opens {record['address']}",
        "salt": printable.salt,
        "seal": printable.record_digest,
        "unprinted": "",
        **{
            key: record[key]
            for key in ("issuer", "demonstration_note", "statement", "outcomes", "number", "address", "method")
        },
    }


def rows(record: Record) -> list[tuple[str, str]]:
    """The certificate's particulars, as its page and its document both list them."""
    quizzes = "; ".join(f"{quiz['title']} (pass mark {quiz['pass_percent']}\u00a0%)" for quiz in record["quizzes"])
    found = [
        ("Completed on", in_words(date.fromisoformat(record["completed_on"]))),
        ("Issued on", in_words(date.fromisoformat(record["issued_on"]))),
        ("Learning time", f"{record['hours']} hours ({record['minutes']} minutes)"),
        ("Quizzes passed", quizzes),
        ("Issued by", record["issuer"]),
        ("Approval", record["approval"]),
    ]
    if record["expires_on"]:
        found.insert(2, ("Valid until", in_words(date.fromisoformat(record["expires_on"]))))
    return [(name, words) for name, words in found if words]


def _qr_document(address: str) -> str:
    """The QR code as a whole SVG document, which is what typst reads."""
    return str(qr_svg(address)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _with_boxes(data: dict[str, Any], boxed: Callable[[str], str]) -> dict[str, Any]:
    return {**_everywhere(data, boxed), "qr": data["qr"], "unprinted": _UNPRINTED}


def _everywhere(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case dict():
            return {key: _everywhere(inner, change) for key, inner in value.items()}
        case list() | tuple():
            return [_everywhere(inner, change) for inner in value]
        case _:
            return value


def _boxed(words: str) -> str:
    return "".join(character if _has_glyph(character) else MISSING for character in words)


def _boxed_but_latin(words: str) -> str:
    """For what no font has together, such as a mark of one script on a letter of another."""
    return "".join(
        character if character in MISSING or ord(character) < _AFTER_LATIN else MISSING for character in _boxed(words)
    )


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    if character.isascii():
        return True
    try:
        _compile(_GLYPH_PROBE, character, 0)
    except typst.TypstError:
        return False
    return True


def _compile(source: str | bytes, data: object, timestamp: int) -> bytes:
    """Compile a template's file, or the bytes of a source. One compiler for each thread: two in one raise `Already borrowed`."""
    if not hasattr(_threads, "compiler"):
        _threads.compiler = typst.Compiler(root=str(FOLDER), font_paths=_fonts())
    inputs = {"data": json.dumps(data)}
    main = str(FOLDER / source) if isinstance(source, str) else source
    pdf = _threads.compiler.compile(main, sys_inputs=inputs, pdf_standards=STANDARDS, timestamp=timestamp)
    return cast(bytes, pdf)


@cache
def _fonts() -> typst.Fonts:
    files = fontpkg_source_sans_3.ROOT / "files"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(files)])
