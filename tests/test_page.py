"""The client that checks pages: it finds each kind of fault, and says so again when it meets the page once more."""

from pathlib import Path

import pytest

from elearn.shared.access import Access, allow
from tests.fresh import fresh_app
from tests.page import BadPage, new_browser

GOOD = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>A page</title></head>
<body><main><h1>A page</h1>{}</main></body></html>"""
TOKEN = '<form method="post"><input type="hidden" name="csrf_token" value="{}"><button>Send</button></form>'


def page_of(folder: Path, *pages: str) -> list[str]:
    """What the client says of these pages of one address, fetched one after the other."""
    said = []
    with fresh_app(folder) as app:
        waiting = list(pages)

        @app.route("/planted/", methods=["GET", "POST"])
        @allow(Access.PUBLIC)
        def planted() -> str:
            return waiting.pop(0)

        client = new_browser(app)
        for _ in pages:
            try:
                client.get("/planted/")
                said.append("")
            except BadPage as fault:
                said.append(str(fault))
    return said


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("<p>Words", ""),
        (TOKEN.format("of-this-session-1"), ""),
        ("<h1>Again</h1>", "2 h1"),
        ("<h3>Deep</h3>", "heading level 3 after 1"),
        ('<p id="a"></p><p id="a"></p>', "the id a stands twice"),
        ('<p id="of-this-session-1"></p><p id="of-this-session-1"></p>', "of-this-session-1 stands twice"),
        ("<p style='color: red'>Red</p>", "an inline style"),
        ("<script>go()</script>", "an inline script"),
        ("<a href='#nowhere'>There</a>", "a link leads to #nowhere"),
        ("<input name='x' type='text'>", "has no label"),
        ('<form method="post"><button>Send</button></form>', "has 0 tokens"),
        ("<form action='/nowhere/'></form>", "which is no address"),
        ("<p>{{ name }}</p>", "template marks"),
        ("</table>", "parse error"),
    ],
)
def test_each_fault_is_found_each_time(tmp_path: Path, content: str, fault: str) -> None:
    for said in page_of(tmp_path, GOOD.format(content), GOOD.format(content)):
        assert fault in said
        assert bool(said) == bool(fault)


def test_a_page_that_differs_in_more_than_random_words_is_checked_again(tmp_path: Path) -> None:
    first, second = "Ab0-Ab0-Ab0-Ab0-Ab0", "Zz9-Zz9-Zz9-Zz9-Zz9"
    ids = '<p id="{}"></p><p id="{}"></p>'
    good, other, bad = (GOOD.format(ids.format(*two)) for two in ((first, second), (second, first), (first, first)))
    assert [bool(said) for said in page_of(tmp_path, good, other, bad, good)] == [False, False, True, False]
