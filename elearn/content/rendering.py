"""Markdown to clean HTML, with the few directives that lessons use.

HTML in the text is off, what comes out is cleaned by nh3 all the same, and figures are checked against a list of
elements and attributes before they are inlined, so that no page ever needs an inline style or script.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, tostring

import nh3
from defusedxml.ElementTree import fromstring
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.container import container_plugin

from elearn.content.schema import Term

PLACED = re.compile(r"^::: (figure|check) ([a-z0-9-]+)\n:::$", re.MULTILINE)
OPENED = re.compile(r"^:::+ *([^\s:]\S*)", re.MULTILINE)
CITED = re.compile(r"\[([SB]\d{2,3})\](?!\()")
LINKED = re.compile(r"\]\([^)]*\)")
WORD = re.compile(r"[^\W_][\w'’.,-]*")
BOXES = ("case", "key-points", "do", "dont", "warning")
INTERNAL = "lesson:"

TAGS = {
    "p",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "a",
    "code",
    "blockquote",
    "br",
    "sup",
    "sub",
    "div",
    "section",
}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "span"}
ATTRIBUTES = {
    "*": {"id", "class"},
    "a": {"href"},
    "ol": {"start"},
    "th": {"scope"},
    "div": {"role", "tabindex", "aria-label"},
    "section": {"aria-labelledby"},
}

SVG = "http://www.w3.org/2000/svg"
SVG_TAGS = {"svg", "g", "rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "text", "tspan"}
SVG_ATTRIBUTES = {
    *("viewBox", "class", "transform", "x", "y", "dx", "dy", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry"),
    *("width", "height", "points", "d", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray"),
    *("stroke-linecap", "stroke-linejoin", "stroke-opacity", "opacity", "font-size", "font-weight", "font-style"),
    *("text-anchor", "dominant-baseline", "letter-spacing"),
}


@dataclass(frozen=True)
class Text:
    """A stretch of a lesson that is ready to be sent."""

    html: Markup
    kind: str = "text"


@dataclass(frozen=True)
class Placed:
    """Where a figure or an inline check stands in a lesson."""

    kind: str
    id: str
    line: int


@dataclass(frozen=True)
class Rendered:
    """A lesson's body, and what was found while rendering it."""

    parts: tuple[Text | Placed, ...]
    anchors: tuple[tuple[str, str], ...]
    cited: frozenset[str]
    links: frozenset[str]
    unknown: tuple[tuple[int, str], ...]
    unclosed: tuple[int, ...]
    terms: frozenset[str]
    words: int


class Terms:
    """The words of a glossary, to be found in a text."""

    def __init__(self, glossary: Iterable[Term]) -> None:
        self._ids: dict[str, str] = {}
        forms: list[str] = []
        for entry in glossary:
            for form in (entry.term, *entry.also):
                exact = form.isupper() or not form.islower()  # EAMS and Yellow Card, not eams
                self._ids[form if exact else form.lower()] = entry.id
                forms.append(re.escape(form) if exact else f"(?i:{re.escape(form)})")
        longest_first = sorted(forms, key=len, reverse=True)
        self._forms = re.compile(rf"(?<![\w-])(?:{'|'.join(longest_first)})(?![\w-])") if forms else None

    def first(self, text: str, known: Collection[str]) -> tuple[str, int, int] | None:
        """The first term in `text` that is not `known` yet: its id, and from where to where it stands."""
        for match in self._forms.finditer(text) if self._forms else ():
            term = self._ids.get(match[0]) or self._ids[match[0].lower()]
            if term not in known:
                return term, match.start(), match.end()
        return None


def anchor_of(heading: str) -> str:
    """The address of a heading: its words in lower case, joined by hyphens, punctuation dropped."""
    plain = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"[\s_-]+", "-", plain).strip("-")


def count_words(markdown: str) -> int:
    """The words that a learner reads: directive lines, citations and the addresses of links do not count."""
    read = LINKED.sub("]", CITED.sub("", re.sub(r"^:::.*$", "", markdown, flags=re.MULTILINE)))
    return len(WORD.findall(read))


def render_lesson(markdown: str, sources: Iterable[str], first_line: int = 1, terms: Terms | None = None) -> Rendered:
    """Render a lesson's body; `sources` are the ids that a citation may name, `terms` are linked where they first stand."""
    parts: list[Text | Placed] = []
    anchors: list[tuple[str, str]] = []
    links: set[str] = set()
    linked: set[str] = set()
    env: dict[str, object] = {
        "references": {key: {"href": f"#source-{key}", "title": ""} for key in sources},
        "anchors": anchors,
        "links": links,
        "terms": terms or Terms(()),
        "linked": linked,
    }
    end = 0
    for match in PLACED.finditer(markdown):
        parts.append(_text(markdown[end : match.start()], env))
        line = first_line + markdown.count("\n", 0, match.start())
        parts.append(Placed(kind=match[1], id=match[2], line=line))
        end = match.end()
    parts.append(_text(markdown[end:], env))
    others = PLACED.sub(lambda m: "\n" * m[0].count("\n"), markdown)
    unknown = tuple(
        (first_line + others.count("\n", 0, match.start()), match[1])
        for match in OPENED.finditer(others)
        if match[1] not in BOXES
    )
    return Rendered(
        parts=tuple(part for part in parts if not (isinstance(part, Text) and not part.html.strip())),
        anchors=tuple(anchors),
        cited=frozenset(CITED.findall(markdown)),
        links=frozenset(links),
        unknown=unknown,
        unclosed=tuple(first_line + line for line in _unclosed(markdown)),
        terms=frozenset(linked),
        words=count_words(markdown),
    )


def _unclosed(markdown: str) -> list[int]:
    """The lines of boxes that nothing closes, and of ends that close nothing; a figure or check stands outside of boxes."""
    faults: list[int] = []
    opened: list[int] = []
    for number, line in enumerate(PLACED.sub(lambda m: "::: placed" + "\n" * m[0].count("\n"), markdown).split("\n")):
        if line == "::: placed":
            faults += opened
            opened = []
        elif OPENED.match(line):
            opened.append(number)
        elif line.startswith(":::"):
            faults += [] if opened else [number]
            opened = opened[:-1]
    return sorted(faults + opened)


def render_words(markdown: str) -> Markup:
    """Short text of an item or a description: paragraphs, emphasis, lists."""
    return _text(markdown, {}).html


def render_line(markdown: str) -> Markup:
    """One line of text without a paragraph around it: an option, a caption."""
    return _clean(str(_PARSER.renderInline(markdown)))


def _text(markdown: str, env: dict[str, object]) -> Text:
    return Text(_clean(str(_PARSER.render(markdown, env))))


def _clean(html: str) -> Markup:
    cleaned = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None, url_schemes={"https"})
    return Markup(cleaned)  # noqa: S704 - nh3 has just cleaned it


# -- the parser ------------------------------------------------------------------------------------------------------


def _headings_and_links(state: StateCore) -> None:
    """Give headings their addresses and the house's classes; point `lesson:` links at lesson pages."""
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            anchor = anchor_of(_plain(state.tokens[index + 1]))
            token.attrs |= {"id": anchor, "class": "nhsuk-heading-l" if token.tag == "h2" else "nhsuk-heading-m"}
            found = state.env.get("anchors")
            if isinstance(found, list):
                found.append((anchor, _plain(state.tokens[index + 1])))
        elif token.type in CLASSES:
            token.attrSet("class", CLASSES[token.type])
            if token.type == "th_open":
                token.attrSet("scope", "col")
        for child in token.children or ():
            if child.type == "link_open":
                _point(child, state.env)


def _explain(state: StateCore) -> None:
    """Link the first use of each term of the glossary, in the text of paragraphs, lists, boxes and tables."""
    terms, linked = state.env.get("terms"), state.env.get("linked")
    if not isinstance(terms, Terms) or not isinstance(linked, set):
        return
    for before, token in zip([None, *state.tokens], state.tokens, strict=False):
        if token.type == "inline" and token.children and not (before and before.type == "heading_open"):
            token.children = list(_explained(token.children, terms, linked))


def _explained(children: Iterable[Token], terms: Terms, linked: set[str]) -> Iterator[Token]:
    inside = 0
    for child in children:
        inside += (child.type == "link_open") - (child.type == "link_close")
        while child.type == "text" and not inside and (found := terms.first(child.content, linked)):
            term, start, end = found
            linked.add(term)
            yield _worded(child.content[:start])
            address = {"href": f"../../glossary/#term-{term}", "class": "app-term"}
            yield Token("link_open", "a", 1, attrs=dict(address))
            yield _worded(child.content[start:end])
            yield Token("link_close", "a", -1)
            child = _worded(child.content[end:])  # noqa: PLW2901 - what is left of it is looked through again
        yield child


def _worded(text: str) -> Token:
    return Token("text", "", 0, content=text)


CLASSES = {
    "bullet_list_open": "nhsuk-list nhsuk-list--bullet",
    "ordered_list_open": "nhsuk-list nhsuk-list--number",
    "table_open": "nhsuk-table",
    "thead_open": "nhsuk-table__head",
    "tbody_open": "nhsuk-table__body",
    "tr_open": "nhsuk-table__row",
    "th_open": "nhsuk-table__header",
    "td_open": "nhsuk-table__cell",
}


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def _point(link: Token, env: EnvType) -> None:
    href = str(link.attrs.get("href", ""))
    if href.startswith(INTERNAL):
        target = href.removeprefix(INTERNAL)
        found = env.get("links")
        if isinstance(found, set):
            found.add(target)
        lesson, _, anchor = target.partition("#")
        link.attrs["href"] = f"../{lesson}/" + (f"#{anchor}" if anchor else "")
    elif href.startswith("#source-"):
        link.attrs["class"] = "app-cite"


def _box(name: str) -> MarkdownIt:
    """Register one `::: name Heading` box, drawn as the style sheet expects it."""

    def render(_self: RendererHTML, tokens: list[Token], index: int, _o: OptionsDict, _env: EnvType) -> str:
        token = tokens[index]
        if token.nesting == -1:
            return "</div></div>\n" if name in ("do", "dont", "warning") else "</section>\n"
        return str(_OPENINGS[name].format(heading=escape(token.info.strip().removeprefix(name).strip()), **_ids(token)))

    return _PARSER.use(container_plugin, name=name, render=render)


def _ids(token: Token) -> dict[str, str]:
    heading = anchor_of(token.info)
    return {"id": heading or "box"}


_CARD = Markup(
    '<div class="nhsuk-card nhsuk-card--{kind}"><div class="nhsuk-card__content">'
    '<h3 class="nhsuk-card__heading nhsuk-heading-m">'
)
_OPENINGS = {
    "case": Markup(
        '<section class="app-case" aria-labelledby="{id}"><h3 class="nhsuk-heading-s app-case__heading" id="{id}">'
        '{heading}</h3><p class="app-case__label">Invented case</p>'
    ),
    "key-points": Markup(
        '<section class="app-key-points" aria-labelledby="key-points">'
        '<h2 class="nhsuk-heading-m app-key-points__heading" id="key-points">Key points</h2>'
    ),
    "do": _CARD.format(kind="feature") + Markup("Do</h3>"),
    "dont": _CARD.format(kind="feature") + Markup("Do not</h3>"),
    "warning": _CARD.format(kind="warning")
    + Markup('<span class="nhsuk-u-visually-hidden">Important: </span>{heading}</h3>'),
}
_SCROLL = '<div class="app-table-scroll" role="group" aria-label="Table" tabindex="0">'

_PARSER = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
_PARSER.core.ruler.push("headings_and_links", _headings_and_links)
_PARSER.core.ruler.push("glossary", _explain)
for _name in BOXES:
    _box(_name)
_PARSER.add_render_rule(
    "table_open", lambda self, tokens, index, options, env: _SCROLL + self.renderToken(tokens, index, options, env)
)
_PARSER.add_render_rule(
    "table_close", lambda self, tokens, index, options, env: self.renderToken(tokens, index, options, env) + "</div>"
)


# -- figures ---------------------------------------------------------------------------------------------------------


class BadFigure(ValueError):
    """A drawing holds something that may not be inlined."""


def read_svg(path: Path, attributes: Mapping[str, str]) -> Markup:
    """The drawing as inline SVG, with `attributes` set on its root. Raises BadFigure, OSError."""
    try:
        root = fromstring(path.read_bytes(), forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:  # a forbidden DOCTYPE, or an encoding that is not read
        raise BadFigure(f"the drawing is not well-formed: {error}") from error
    if root.tag.removeprefix(f"{{{SVG}}}") != "svg":
        raise BadFigure(f"the drawing is no <svg> but <{root.tag}>")
    for element in root.iter():
        _check_svg(element)
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    if "viewBox" not in root.attrib:
        raise BadFigure("the drawing has no viewBox")
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib.update(attributes)
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704 - every element and attribute was checked above


def _check_svg(element: Element) -> None:
    tag = element.tag.removeprefix(f"{{{SVG}}}")
    if tag not in SVG_TAGS:
        raise BadFigure(f"<{tag}> may not be used in a drawing")
    for name, value in element.attrib.items():
        # CSS reads URL( and \75rl( as url( too.
        if name not in SVG_ATTRIBUTES or "url(" in value.lower() or "\\" in value:
            raise BadFigure(f"{name}={value!r} may not be used on <{tag}>")
