"""A small module as files, to be damaged in one place at a time."""

from pathlib import Path

MODULE = """slug: small
title: A small module
version: 1.0.0
summary: For tests.
audience: Testers.
outcomes:
  - id: one
    text: Know one thing
path:
  - lesson: first
  - lesson: second
  - quiz: only
  - reflection
  - evaluation
  - certificate
quiz_rules:
  pass_percent: 75
  attempts: 3
  waiting_hours: [0, 24]
released: 2026-01-01
last_reviewed: 2026-02-01
next_review: 2027-02-01
authors:
  - name: Somebody
    role: author
    interests: none
funding: None.
method: Invented.
provenance: Invented.
"""
LESSON = """---
title: The first lesson
summary: What comes first.
outcomes: [one]
objectives:
  - know this
  - know that
facts: [AA-1]
sources: [S01]
opening: {question: What do you know?, answer: This.}
dates: {released: 2026-01-01, last_reviewed: 2026-02-01, next_review: 2027-02-01}
---

Words before [S01].

## A heading

More words, and [a link](lesson:second#another-heading).

::: figure drawing
:::

::: check ch-first
:::

::: case A case
Somebody invented.
:::
"""
SECOND = """---
title: The second lesson
summary: What comes next.
outcomes: [one]
objectives: [know this, know that]
facts: [AA-1]
sources: [S01]
opening: {question: What do you know?, answer: This.}
dates: {released: 2026-01-01, last_reviewed: 2026-02-01, next_review: 2027-02-01}
---

## Another heading

Words.
"""
ITEM = """- id: {id}
  type: single-best-answer
  outcome: one
  objective: {objective}
  level: apply
  stem: A vignette.
  lead_in: Which is best?
  options:
    - id: a
      text: First
      rationale: Because.
    - id: b
      text: Second
      rationale: Why not.
    - id: c
      text: Third
      rationale: Why neither.
  key: b
  section: first#a-heading
  facts: [AA-1]
  record:
    difficulty: easy
    facility: 0.75
    history:
      - version: 1.0.0
        date: 2026-01-01
        what: Written
"""
QUIZ = """title: The only quiz
summary: Two items.
dates: {released: 2026-01-01, last_reviewed: 2026-02-01, next_review: 2027-02-01}
blueprint:
  - objective: aim
    text: The aim
    outcome: one
    levels: [apply]
    draw: 1
items:
"""
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">
  <rect x="1" y="1" width="8" height="8" fill="none"/>
</svg>
"""
FIGURE = """title: A drawing
alt: A square.
description: One square.
facts: [AA-1]
sources: [S01]
"""
FACTS = """- id: AA-1
  text: A fact.
  sources: [S01]
  confidence: verified
  jurisdiction: UK
  checked: 2026-01-01
"""
SOURCES = """- id: S01
  text: A source.
  url: https://example.org/
  checked: 2026-01-01
"""
GLOSSARY = """- id: word
  term: word
  also: [words]
  text: What a sentence is made of.
  facts: [AA-1]
"""
COVERAGE = """- paragraph: 1
  about: Everything
  sections:
    - first#a-heading
"""


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


FILES = {
    "module.yaml": MODULE,
    "lessons/01-first.md": LESSON,
    "lessons/02-second.md": SECOND,
    "checks/first.yaml": ITEM.format(id="ch-first", objective="null"),
    "quizzes/only.yaml": QUIZ
    + indented(ITEM.format(id="q-one", objective="aim"))
    + indented(ITEM.format(id="q-two", objective="aim")),
    "figures/drawing.svg": SVG,
    "figures/drawing.yaml": FIGURE,
    "facts.yaml": FACTS,
    "sources.yaml": SOURCES,
    "glossary.yaml": GLOSSARY,
    "coverage.yaml": COVERAGE,
}


def write(folder: Path, slug: str = "small") -> Path:
    """The module's folder, whole."""
    root = folder / slug
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("slug: small", f"slug: {slug}"), encoding="utf-8")
    return root


def change(root: Path, name: str, old: str, new: str) -> int:
    """Put `new` for the first `old` in one file; gives the line where it stands."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text, (name, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return 1 + text.count("\n", 0, text.index(old))
