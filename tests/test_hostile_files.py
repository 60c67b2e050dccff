"""Hostile words in the files that leave the application: the certificate, letters, and every CSV (C-S4, C-S8).

There is no XLSX: the application makes none.
"""

import csv
import io
import re
from dataclasses import replace
from email import message_from_bytes, policy
from xml.etree.ElementTree import Element

import html5lib
import pikepdf
import pytest
from flask import Flask

from elearn.accounts.rules import tidy
from elearn.certificates.document import render
from elearn.mail.delivery import message_of
from elearn.mail.rules import LetterState, ToSend, one_line
from elearn.shared import clock
from tests.certificates.builders import issue
from tests.certificates.test_document import printable
from tests.fresh import only_sqlite
from tests.hostile import PAYLOADS, fill_with_hostile_words
from tests.page import XHTML, new_browser
from tests.shared.test_csv_export import is_formula
from tests.world import MODULE, World

HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "MIME-Version"}
ACTIVE = {"/JS", "/JavaScript", "/OpenAction", "/AA", "/Launch", "/EmbeddedFiles"}
ELEMENTS = {"script", "img", "svg", "iframe", "math", "style", "object", "form"}
RUNS = re.compile(r"^\s*(javascript|data):", re.IGNORECASE)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_certificate_does_nothing_that_a_name_says(payload: str) -> None:
    name = tidy(payload)[:80]
    plain = printable()
    with (
        pikepdf.open(io.BytesIO(render(printable(given=name, family=name)))) as made,
        pikepdf.open(io.BytesIO(render(plain))) as usual,
    ):
        assert links(made) == links(usual)
        keys = {str(key) for thing in made.objects if isinstance(thing, pikepdf.Dictionary) for key in thing}
        assert keys & ACTIVE == set()


def links(document: pikepdf.Pdf) -> set[str]:
    """Every address that a document leads to."""
    found = [thing for thing in document.objects if isinstance(thing, pikepdf.Dictionary)]
    return {str(thing["/URI"]) for thing in found if "/URI" in thing}


@only_sqlite
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_letter_is_words_whatever_they_are(app: Flask, payload: str) -> None:
    settings = app.extensions["elearn.settings"]
    subject = one_line(payload)
    letter = ToSend(1, "<a@b>", None, "a@example.org", subject, "", LetterState.WAITING, clock.now(), 0)
    text = f"Hello {payload}\n\n{payload}\n\nhttps://localhost/ok/\n"
    with app.test_request_context():
        raw = message_of(settings.model_copy(update={"provider_name": payload}), letter, text).as_bytes()
        assert message_of(settings, replace(letter, subject=subject), text)["Subject"] == subject
    message = message_from_bytes(raw, policy=policy.default)
    assert set(message.keys()) == HEADERS
    html = message.get_body(("html",))
    words = message.get_body(("plain",))
    assert html is not None
    assert words is not None
    assert words.get_content_type() == "text/plain"
    root: Element = html5lib.parse(html.get_content())
    for element in root.iter():
        tag = str(element.tag).removeprefix(XHTML)
        assert tag not in ELEMENTS or tag == "style"
        assert [name for name in element.attrib if name.startswith("on")] == []
        assert not RUNS.match(element.get("href") or "")


@only_sqlite
def test_no_cell_of_any_csv_is_a_formula(app: Flask, world: World) -> None:
    world.enrol("learner", *world.steps_before("certificate"))
    issue(app)
    posts = [
        ("educator", f"/reports/cohorts/{world.cohorts['one']}/csv/"),
        ("administrator", "/admin/audit/export/"),
        ("administrator", f"/admin/content/{MODULE}/lesson/how-trials-build-evidence/csv/"),
    ]
    guarded = 0
    for turn in range(len(PAYLOADS)):
        fill_with_hostile_words(app, frozenset(), turn=turn)
        for persona, address in posts:
            browser = new_browser(app)
            world.sign_in(browser, persona)
            response = browser.send(address)
            assert (response.status_code, response.mimetype) == (200, "text/csv"), address
            rows = list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"), newline=""), strict=True))
            cells = [cell for row in rows for cell in row]
            assert [cell for cell in cells if is_formula(cell) and not cell.lstrip("-").isdigit()] == []
            guarded += sum(cell.startswith("'") for cell in cells)
    assert guarded >= 2 * len(PAYLOADS)
