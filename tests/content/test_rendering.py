"""Markdown and drawings: nothing in them runs, and what they mean is kept."""

import re
from pathlib import Path

import pytest
from markupsafe import Markup

from elearn.content.rendering import (
    BadFigure,
    Placed,
    Terms,
    Text,
    anchor_of,
    count_words,
    read_svg,
    render_lesson,
    render_line,
    render_words,
)
from elearn.content.schema import Term

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:alert(1))",
    "[x](http://example.org/)",
    "![x](https://example.org/x.png)",
    '[x](https://example.org/" onmouseover="alert(1))',
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{color:red}</style>",
    "<iframe src=//evil.example></iframe>",
    "<!-- --><b onclick=alert(1)>x</b>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "`<script>alert(1)</script>`",
    '"><script>alert(1)</script>',
    "<form action=//evil.example><input name=csrf_token>",
]


def is_inert(html: str) -> bool:
    tags = re.findall(r"<[^>]+>", html)
    return not any(
        re.search(
            r"(?i)^<(script|img|svg|style|iframe|form|input|b)\b|\son\w+=|javascript:|data:|vbscript:|style=|http:", tag
        )
        for tag in tags
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_html_and_hostile_links_are_inert(words: str) -> None:
    for html in (
        render_words(words),
        render_line(words),
        render_words(f"- {words}\n"),
        render_words(f"| a |\n|--|\n| {words} |"),
    ):
        assert is_inert(html), html


@pytest.mark.parametrize("words", HOSTILE)
def test_so_are_they_in_headings_and_boxes(words: str) -> None:
    for markdown in (f"## {words}\n", f"::: case {words}\nx\n:::\n", f"::: warning {words}\n{words}\n:::\n"):
        for part in render_lesson(markdown, ()).parts:
            assert isinstance(part, Text)
            assert is_inert(part.html), part.html


def test_what_may_stand_stands() -> None:
    html = render_words("Some *words*, **strong**, `code` and a [link](https://example.org/).\n\n1. one\n2. two\n")
    for kept in ("<em>words</em>", "<strong>", "<code>", 'href="https://example.org/"', '<ol class="nhsuk-list'):
        assert kept in html


def test_a_line_has_no_paragraph_around_it() -> None:
    assert render_line("a *b*") == "a <em>b</em>"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Phase I", "phase-i"),
        ("Before people: pre-clinical work", "before-people-pre-clinical-work"),
        ("What's new?", "whats-new"),
        ("  Two   spaces ", "two-spaces"),
        ("A_b-c", "a-b-c"),
        ("100% – done", "100-done"),
    ],
)
def test_headings_have_an_address_of_their_words(heading: str, anchor: str) -> None:
    assert anchor_of(heading) == anchor


def test_a_lesson_is_cut_at_its_figures_and_checks() -> None:
    lesson = render_lesson(
        "One [S01].\n\n## Two\n\n::: figure f\n:::\n\n::: check c\n:::\n\nThree [S02](https://x.org).\n", ["S01"], 10
    )
    assert [part.kind for part in lesson.parts] == ["text", "figure", "check", "text"]
    figure, check = (part for part in lesson.parts if isinstance(part, Placed))
    assert (figure.id, figure.line, check.id, check.line) == ("f", 14, "c", 17)
    assert lesson.anchors == (("two", "Two"),)
    assert lesson.cited == {"S01"}
    first = lesson.parts[0]
    assert isinstance(first, Text)
    assert '<a href="#source-S01" class="app-cite">S01</a>' in first.html.replace(' title=""', "")


def test_links_between_lessons_are_collected_and_lead_there() -> None:
    lesson = render_lesson("[a](lesson:second#part) and [b](lesson:third)", ())
    assert lesson.links == {"second#part", "third"}
    part = lesson.parts[0]
    assert isinstance(part, Text)
    assert 'href="../second/#part"' in part.html
    assert 'href="../third/"' in part.html


def test_unknown_boxes_are_told_with_their_line() -> None:
    lesson = render_lesson("x\n\n::: figure f\n:::\n\n::: casus a\nb\n:::\n\n::: figure Bad_Name\n:::\n", (), 5)
    assert lesson.unknown == ((10, "casus"), (14, "figure"))


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("::: case a\nb\n:::\n", ()),
        (":::: case a\n::: do\n- b\n:::\n::::\n", ()),
        ("x\n::: case a\nb\n", (2,)),
        ("x\n:::\n", (2,)),
        ("::: case a\n::: figure f\n:::\n:::\n", (1, 4)),
        ("::: case a\nb\n:::\n\n::: do\nc\n", (5,)),
        ("::: figure f\n:::\n\n::: check c\n:::\n", ()),
    ],
)
def test_boxes_that_are_not_closed_are_told(markdown: str, lines: tuple[int, ...]) -> None:
    assert render_lesson(markdown, ()).unclosed == lines


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("one two three", 3),
        ("one [S01] two [S02] [B48].", 2),
        ("::: case A heading of a box\ninside it\n:::", 2),
        ("20 to 100 people, 28.9% of them", 7),
        ("don't pre-clinical phase I/II", 5),
        ("- a\n- b\n", 2),
        ("see [the part](lesson:first-lesson#some-part) and [it](https://example.org/a/b)", 5),
        ("", 0),
    ],
)
def test_words_are_counted_as_people_read_them(markdown: str, words: int) -> None:
    assert count_words(markdown) == words


# -- drawings --------------------------------------------------------------------------------------------------------

NS = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"'
BAD = [
    (f"<svg {NS}><script>alert(1)</script></svg>", "<script>"),
    (f"<svg {NS}><style>*{{}}</style></svg>", "<style>"),
    (f"<svg {NS}><rect style='fill:red'/></svg>", "style="),
    (f"<svg {NS} onload='alert(1)'/>", "onload="),
    (f"<svg {NS}><a href='https://example.org'/></svg>", "<a>"),
    (f"<svg {NS}><rect href='#x'/></svg>", "href="),
    (f"<svg {NS} xmlns:xlink='http://www.w3.org/1999/xlink'><rect xlink:href='#x'/></svg>", "href="),
    (f"<svg {NS}><image width='1'/></svg>", "<image>"),
    (f"<svg {NS}><use x='1'/></svg>", "<use>"),
    (f"<svg {NS}><foreignObject/></svg>", "<foreignObject>"),
    (f"<svg {NS}><animate/></svg>", "<animate>"),
    (f"<svg {NS}><rect fill='url(https://evil.example/)'/></svg>", "fill="),
    (f"<svg {NS}><rect fill='URL(#x)'/></svg>", "fill="),
    (f"<svg {NS}><rect fill='\\75rl(#x)'/></svg>", "fill="),
    (f"<svg {NS}><rect id='x'/></svg>", "id="),
    (f"<svg {NS}><html xmlns='http://www.w3.org/1999/xhtml'/></svg>", "html"),
    (f"<!DOCTYPE svg><svg {NS}/>", "not well-formed"),
    (
        f'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg {NS}><text>&b;</text></svg>',
        "not well-formed",
    ),
    (f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg {NS}><text>&x;</text></svg>', "not well-formed"),
    (f"<svg {NS}><rect></svg>", "not well-formed"),
    ("", "not well-formed"),
    ("words", "not well-formed"),
    (f"<?xml version='1.0' encoding='gb2312'?><svg {NS}/>", "not well-formed"),
    (f"<?xml version='1.0' encoding='nothing'?><svg {NS}/>", "not well-formed"),
    ('<svg xmlns="http://www.w3.org/2000/svg"/>', "no viewBox"),
    ('<g xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', "no <svg>"),
]


@pytest.mark.parametrize(("svg", "reason"), BAD)
def test_a_drawing_holds_nothing_that_acts_or_fetches(tmp_path: Path, svg: str, reason: str) -> None:
    path = tmp_path / "x.svg"
    path.write_text(svg)
    with pytest.raises(BadFigure, match=re.escape(reason)):
        read_svg(path, {})


def test_a_drawing_is_inlined_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    path.write_text(f"<?xml version='1.0'?><!-- x --><svg {NS} width='9' height='9'><text x='1'>a &lt; b</text></svg>")
    svg = read_svg(path, {"role": "img", "aria-label": '"A" < b'})
    assert svg == (
        '<svg viewBox="0 0 9 9" role="img" aria-label="&quot;A&quot; &lt; b"><text x="1">a &lt; b</text></svg>'
    )


# -- the glossary ----------------------------------------------------------------------------------------------------

GLOSSARY = [
    Term(id="platform-trial", term="platform trial", also=("platform trials",), text="x"),
    Term(id="trial", term="trial", also=("trials",), text="x"),
    Term(id="eams", term="early access to medicines scheme", also=("EAMS",), text="x"),
    Term(id="n-of-1", term="n-of-1 trial", text="x"),
]
LINK = re.compile(r'<a href="../../glossary/#term-([a-z0-9-]+)" class="app-term">([^<]*)</a>')


def explained(markdown: str) -> list[tuple[str, str]]:
    parts = render_lesson(markdown, ["S01"], terms=Terms(GLOSSARY)).parts
    return [found for part in parts if isinstance(part, Text) for found in LINK.findall(part.html)]


@pytest.mark.parametrize(
    ("markdown", "links"),
    [
        ("A trial, then a trial.", [("trial", "trial")]),  # the first use alone
        ("Platform trials last.", [("platform-trial", "Platform trials")]),  # the longest form wins; a capital is read
        ("A platform trial is a trial.", [("platform-trial", "platform trial"), ("trial", "trial")]),
        ("EAMS is one. Eams and eams are none.", [("eams", "EAMS")]),
        ("Retrials and trial-like things and trial2.", []),
        ("An n-of-1 trial.", [("n-of-1", "n-of-1 trial")]),
        ("## A trial\n\nWords.", []),  # not in headings
        ("[a trial](lesson:other)", []),  # nor inside of links
        ("`trial`", []),
        ("**A trial**", [("trial", "trial")]),
        ("| a |\n| - |\n| trial |", [("trial", "trial")]),
        ("::: case One\nA trial.\n:::", [("trial", "trial")]),
        ("- a trial\n- a trial", [("trial", "trial")]),
        ("A trial [S01] of EAMS [S01].", [("trial", "trial"), ("eams", "EAMS")]),
        ("A trial.\n\n::: figure one\n:::\n\nA trial.", [("trial", "trial")]),  # once in the whole lesson
    ],
)
def test_the_first_use_of_a_term_is_linked(markdown: str, links: list[tuple[str, str]]) -> None:
    assert explained(markdown) == links


def test_links_to_terms_change_no_word() -> None:
    markdown = "A trial & a **platform trial** <b> [S01], of EAMS."
    plain, linked = (
        Markup("").join(
            part.html for part in render_lesson(markdown, ["S01"], terms=terms).parts if isinstance(part, Text)
        )
        for terms in (None, Terms(GLOSSARY))
    )
    assert plain.striptags() == linked.striptags()
    assert plain != linked


def test_a_lesson_tells_its_terms() -> None:
    assert render_lesson("A trial of EAMS.", [], terms=Terms(GLOSSARY)).terms == {"trial", "eams"}
