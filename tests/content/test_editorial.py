"""What an editor sends back: missing records, flaws, papers that cannot be compared, pass marks without a ground."""

from pathlib import Path

import pytest

from elearn.modules.catalogue import check_folder, load
from tests.content.small import change, write

QUIZ, CHECK, LESSON, SECOND = "quizzes/only.yaml", "checks/first.yaml", "lessons/01-first.md", "lessons/02-second.md"
HISTORY = "    history:\n      - version: 1.0.0\n        date: 2026-01-01\n        what: Written"
RECORD = f"  record:\n    difficulty: easy\n    facility: 0.75\n{HISTORY}"


def faults(root: Path) -> list[str]:
    return [f"{problem.file}: {problem.fault}" for problem in check_folder(root)]


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        (CHECK, RECORD, "", "checks/first.yaml: Item ch-first has no record"),
        (QUIZ, "      facility: 0.75\n", "", "quizzes/only.yaml: Item q-one has no facility"),
        (QUIZ, "facility: 0.75", "facility: 1.75", "less than 1"),
        (QUIZ, "difficulty: easy", "difficulty: simple", "record.difficulty"),
        (
            CHECK,
            "Which is best?",
            "Which is not best?",
            "Item ch-first: The question asks for what is not so (negative-stem, CP-26)",
        ),
        (
            CHECK,
            "what: Written",
            "what: Written\n    overrules: {negative-stem: It fits}",
            "Item ch-first overrules negative-stem, which it keeps",
        ),
        (
            CHECK,
            "what: Written",
            "what: Written\n    overrules: {too-dull: It fits}",
            "Item ch-first overrules too-dull, which is no rule",
        ),
        (QUIZ, "draw: 1", "draw: 2", "The objective aim has too few items: a retake would share more than half"),
        (QUIZ, "facility: 0.75", "facility: 0.35", "The pass mark is 75 %, and the expected facilities give 55.0 %"),
        (QUIZ, "levels: [apply]", "levels: [recall]", "Item q-one: aim has no items that ask to apply"),
        (QUIZ, "level: apply", "level: guess", "level"),
        (
            "glossary.yaml",
            "also: [words]",
            "also: [words]\n  text: y\n- id: other\n  term: Words",
            "“Words” belongs to word and to other",
        ),
        ("glossary.yaml", "[AA-1]", "[AA-8]", "word: the fact AA-8 is not in facts.yaml"),
        (LESSON, "## A heading", "## A heading {AA-8}", "The fact AA-8 is not among those of the lesson"),
        (SECOND, "last_reviewed: 2026-02-01", "last_reviewed: 2025-02-01", "The dates are not in order"),
        (QUIZ, "next_review: 2027-02-01", "next_review: 2026-01-01", "The dates are not in order"),
    ],
)
def test_what_is_sent_back(tmp_path: Path, name: str, old: str, new: str, fault: str) -> None:
    root = write(tmp_path)
    change(root, name, old, new)
    assert any(fault in found for found in faults(root)), faults(root)


def test_a_flaw_that_is_overruled_with_a_reason_passes(tmp_path: Path) -> None:
    root = write(tmp_path)
    change(root, CHECK, "Which is best?", "Which is not best?")
    change(root, CHECK, "what: Written", "what: Written\n    overrules: {negative-stem: The rule itself is a ban}")
    assert faults(root) == []


def test_items_of_unlike_points_stand_in_cells_of_their_own(tmp_path: Path) -> None:
    root = write(tmp_path)
    cluster = (
        "  - id: q-three\n    type: true-false-cluster\n    outcome: one\n    objective: aim\n    level: apply\n"
        "    stem: A vignette.\n    lead_in: True or false?\n    statements:\n"
        + "".join(f"      - {{id: {i}, text: Word {i}, rationale: x, is_true: true}}\n" for i in "abc")
        + "    section: first#a-heading\n    facts: [AA-1]\n"
        + "".join(f"  {line}\n" for line in RECORD.splitlines())
    )
    path = root / QUIZ
    path.write_text(path.read_text() + cluster)
    assert "quizzes/only.yaml: The items of aim bring different points" in faults(root)


def test_a_record_makes_no_other_version_of_an_item(tmp_path: Path) -> None:
    root = write(tmp_path)
    before = load(root)
    change(root, QUIZ, "difficulty: easy", "difficulty: hard")
    after = load(root)
    assert before.digest == after.digest
    assert before.records["q-one"] != after.records["q-one"]


def test_a_review_s_dates_change_no_digest(tmp_path: Path) -> None:
    root = write(tmp_path)
    before = load(root)
    for name in (LESSON, QUIZ, "module.yaml"):
        change(root, name, "last_reviewed: 2026-02-01", "last_reviewed: 2026-03-01")
    assert load(root).digest == before.digest
