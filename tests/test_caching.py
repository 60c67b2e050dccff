"""No page that shows anything of anybody is kept by a browser or a cache on the way (C-S15; ASVS 14.2.2, 14.3.2)."""

import pytest

from tests.test_access import MATRIX, Things, browser_of, things
from tests.test_parameters import entries

__all__ = ["things"]


@pytest.mark.only_sqlite
def test_no_page_and_no_file_of_a_person_is_kept(things: Things) -> None:
    browsers = {persona: browser_of(things.world, persona) for persona in ("learner", "educator", "administrator")}
    seen = set()
    for entry, endpoint in entries("GET"):
        for persona in browsers.keys() & MATRIX[entry]:
            with browsers[persona].get(things.address(things.world.app, endpoint)) as response:
                assert response.headers["Cache-Control"] == "no-store", entry
                assert "ETag" not in response.headers, entry
                assert "Last-Modified" not in response.headers, entry
                seen |= {response.mimetype}
    assert {"text/html", "application/pdf"} <= seen


@pytest.mark.only_sqlite
def test_neither_is_what_is_taken_away_as_a_file(things: Things) -> None:
    browser = browser_of(things.world, "administrator")
    for address in ("/admin/certificates/export/", "/admin/audit/export/", "/account/data/copy/"):
        with browser.send(address) as response:
            assert response.headers["Cache-Control"] == "no-store", address
            assert response.status_code < 400, address
