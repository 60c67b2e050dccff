"""Links that lead out tell nobody where from, give no hold on our page, and nothing comes from elsewhere (ASVS 3, 14.2.3, 15.2)."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
import pytest

from elearn.shared.responses import HEADERS
from tests.page import XHTML
from tests.test_access import MATRIX, Things, browser_of, things
from tests.test_parameters import entries, persona_of

__all__ = ["things"]
SOURCES = ("src", "srcset", "data", "poster", "background", "action", "formaction", "manifest", "ping", "xlink:href")
LOADED = (
    "link",
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "source",
    "video",
    "audio",
    "image",
    "use",
    "form",
    "base",
)


@pytest.fixture
def pages(things: Things) -> dict[str, list[Element]]:
    """The elements of every page that anybody sees."""
    browsers = {
        persona: browser_of(things.world, persona) for persona in ("learner", "educator", "administrator", "anonymous")
    }
    found = {}
    for entry, endpoint in entries("GET"):
        with browsers[persona_of(entry)].get(things.address(things.world.app, endpoint)) as response:
            if response.mimetype == "text/html" and response.status_code == 200:
                assert response.headers["Referrer-Policy"] == HEADERS["Referrer-Policy"] == "same-origin"
                found[entry] = list(html5lib.parse(response.get_data(as_text=True)).iter())
    return found


def leads_out(address: str) -> bool:
    return bool(urlsplit(address).netloc) and urlsplit(address).hostname != "localhost"


def outward(pages: dict[str, list[Element]]) -> Iterator[tuple[str, Element, str]]:
    for entry, elements in pages.items():
        for element in elements:
            if element.tag in (XHTML + "a", XHTML + "area") and leads_out(element.get("href") or ""):
                yield entry, element, element.get("href") or ""


@pytest.mark.only_sqlite
def test_links_that_lead_out_are_safe_and_nothing_is_loaded_from_elsewhere(pages: dict[str, list[Element]]) -> None:
    assert len(pages) > 60
    links = list(outward(pages))
    assert len(links) > 20
    # Our header keeps the address of the page from other sites; a link must not take that back, nor hand over the window.
    for entry, element, address in links:
        assert urlsplit(address).scheme == "https", (entry, address)
        assert element.get("referrerpolicy") is None, (entry, address)
        assert element.get("ping") is None, (entry, address)
    for entry, elements in pages.items():
        for element in elements:
            tag = str(element.tag).removeprefix(XHTML)
            assert element.get("target") is None, (entry, tag)
            assert "opener" not in (element.get("rel") or "").split(), (entry, tag)
            if tag == "meta":  # a page may only say less than its header: that of verification says nothing to anybody
                assert element.get("http-equiv") is None, entry
                assert element.get("name") != "referrer" or element.get("content") == "no-referrer", entry
            names = (*SOURCES, *(("href",) if tag in LOADED else ()))
            from_elsewhere = [name for name in names if leads_out(element.get(name) or "")]
            assert from_elsewhere == [], (entry, tag)


def test_every_page_is_among_them() -> None:
    assert len(entries("GET")) == len([entry for entry in MATRIX if entry.startswith("GET") and MATRIX[entry]])
