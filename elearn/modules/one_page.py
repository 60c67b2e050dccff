"""A whole module as one page: the lessons' own HTML with the headings one step lower, and ids and links made to fit.

What is changed was made by our own renderer and cleaned (content/rendering.py), so its attributes have one form.
"""

import re

from markupsafe import Markup

ID = re.compile(r'\b(id|aria-labelledby|aria-describedby|for)="([^"]+)"')
LINK = re.compile(r'href="([^"]*)"')
HEADING = re.compile(r"<(/?)h([2-5])\b")
NAMED_SECTION = re.compile(r'<section( [^>]*?)? aria-labelledby="[^"]*">')
SHARED = "source-"
"""Sources stand once, at the end of the page, and keep their ids."""


def fit(html: Markup, lesson: str) -> Markup:
    """The HTML of one lesson, to stand on the page of all of them below a heading of level 2."""
    # A hundred sections with names such as "Key points" are no landmarks that help anybody.
    html = Markup(NAMED_SECTION.sub("<section\\1>", str(html)))  # noqa: S704 - our own, see above
    lowered = HEADING.sub(lambda match: f"<{match[1]}h{int(match[2]) + 1}", str(html))
    named = ID.sub(lambda match: f'{match[1]}="{_names(match[2], lesson)}"', lowered)
    return Markup(LINK.sub(lambda match: f'href="{_leads(match[1], lesson)}"', named))  # noqa: S704 - our own, see above


def place(lesson: str, anchor: str = "") -> str:
    """The id of a lesson, or of a heading in it, on the page."""
    return f"{lesson}--{anchor}" if anchor else lesson


def _names(ids: str, lesson: str) -> str:
    return " ".join(one if one.startswith(SHARED) else place(lesson, one) for one in ids.split())


def _leads(address: str, lesson: str) -> str:
    """Where a link of a lesson's page leads from the page of all: below /modules/<module>/, one step less deep."""
    if address.startswith("#"):
        return f"#{_names(address[1:], lesson)}"
    if address.startswith("../../"):
        return address.removeprefix("../")
    if address.startswith("../"):
        other, _, anchor = address.removeprefix("../").partition("/")
        return f"#{place(other, anchor.removeprefix('#'))}"
    return address
