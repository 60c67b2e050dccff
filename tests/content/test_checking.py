"""`elearn content check`: every fault has a file, a line and a remedy."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from elearn.cli import main
from elearn.content.problems import Problem
from elearn.modules.catalogue import check_folder, load
from tests.content.small import change, write

LESSON, SECOND, CHECK, QUIZ = "lessons/01-first.md", "lessons/02-second.md", "checks/first.yaml", "quizzes/only.yaml"
SVG, FIGURE, FACTS, SOURCES = "figures/drawing.svg", "figures/drawing.yaml", "facts.yaml", "sources.yaml"
HERE = 0  # the line where the change was made
# file, what is changed, into what, and the fault expected: file, line (HERE + n), words of the fault, words of the remedy
FAULTS = [
    # unknown field, missing field, wrong type
    ("module.yaml", "audience:", "audiance:", "module.yaml", HERE, "audiance: Extra inputs", "mend its name"),
    ("module.yaml", "audience: Testers.\n", "", "module.yaml", "line 1", "audience: Field required", "Add the field"),
    ("module.yaml", "version: 1.0.0", "version: one", "module.yaml", HERE, "version: String should match", "Mend"),
    ("module.yaml", "released: 2026-01-01", "released: soon", "module.yaml", HERE, "released: Input should be", "Mend"),
    ("module.yaml", "released: 2026-01-01", "released: 2026-02-30", "module.yaml", "line 1", "cannot be read", "Mend"),
    ("module.yaml", "attempts: 3", "attempts: 2", "module.yaml", -2, "waiting_hours needs 1", "Mend"),
    (
        "module.yaml",
        "- quiz: only",
        "- quizz: only",
        "module.yaml",
        HERE,
        "LessonStep.quizz: Extra inputs",
        "mend its name",
    ),
    ("module.yaml", "  - lesson: second", "  - lesson: first", "module.yaml", "line 1", "first stands twice", "Mend"),
    (
        "module.yaml",
        "    text: Know one",
        "    text: ''\n    x: Know one",
        "module.yaml",
        HERE,
        "text: String should",
        "Mend",
    ),
    (LESSON, "title: The first", "titel: The first", LESSON, HERE, "titel: Extra inputs", "mend its name"),
    (LESSON, "objectives:\n  - know this", "objectives:\n  - 7", LESSON, 1, "objectives.0: Input should be", "Mend"),
    (LESSON, "summary: What comes first.\n", "", LESSON, "line 2", "summary: Field required", "Add the field"),
    (QUIZ, "draw: 1", "draw: 0", QUIZ, HERE, "draw: Input", "Mend"),
    (FACTS, "confidence: verified", "confidence: sure", FACTS, HERE, "confidence: Input should be", "Mend"),
    (FACTS, "id: AA-1", "id: AA1", FACTS, HERE, "id: String should match", "Mend"),
    (SOURCES, "url: https://example.org/", "url: example.org", SOURCES, HERE, "url: String should match", "Mend"),
    (FIGURE, "alt: A square.\n", "", FIGURE, "line 1", "alt: Field required", "Add the field"),
    (FIGURE, "description: One square.\n", "", FIGURE, "line 1", "description: Field required", "Add the field"),
    ("coverage.yaml", "paragraph: 1", "paragraph: one", "coverage.yaml", HERE, "paragraph: Input should be", "Mend"),
    # items
    (
        CHECK,
        "      rationale: Why not.\n",
        "",
        CHECK,
        "b's line",
        "options.1.rationale: Field required",
        "Mend the item",
    ),
    (CHECK, "rationale: Why not.", "rationale: ''", CHECK, HERE, "options.1.rationale: String should have", "Mend"),
    (CHECK, "key: b", "key: d", CHECK, "line 1", "the key d is not one of the options", "Mend the item"),
    (CHECK, "- id: c\n      text", "- id: b\n      text", CHECK, "line 1", "two options have the same id", "Mend"),
    (CHECK, "level: apply", "level: guess", CHECK, HERE, "level: Input should be", "Mend the item"),
    (CHECK, "type: single-best-answer", "type: essay", CHECK, HERE, "type: Input should be", "Mend the item"),
    (CHECK, "  stem: A vignette.", "  hint: no\n  stem: A vignette.", CHECK, HERE, "hint: Extra inputs", "Mend"),
    (CHECK, "- id: ch-first\n", "- nothing\n- id: ch-first\n", CHECK, HERE, "the item: Input should be", "Mend"),
    (QUIZ, "    key: b", "    key: b\n    key: c", QUIZ, 1, "key stands twice", "Keep one"),
    (QUIZ, "- id: q-two", "- id: q-one", QUIZ, HERE, "The id q-one stands twice", "another id"),
    (QUIZ, "- id: q-two", "- id: ch-first", QUIZ, HERE, "The id ch-first stands twice", "another id"),
    (QUIZ, "  - objective: aim", "  - objective: goal", QUIZ, 6, "Item q-one: no objective aim", "Mend"),
    (QUIZ, "draw: 1", "draw: 3", QUIZ, -4, "draws 3 items and has 2", "draw fewer"),
    # files that cannot be read
    ("module.yaml", "title: A small", "title: 'A small", "module.yaml", None, "The YAML is broken", "Mend the line"),
    (LESSON, "title: The first", "title: 'The first", LESSON, None, "The YAML is broken", "Mend the line"),
    (LESSON, "---\ntitle", "title", LESSON, "line 1", "There is no front matter", "Begin the file with ---"),
    (FACTS, "- id: AA-1", "id: AA-1\nx:\n- id: AA-1", FACTS, "line 1", "The file is not a list", "a dash"),
    # references
    (LESSON, "facts: [AA-1]", "facts: [AA-2]", LESSON, HERE, "The fact AA-2 is not in facts.yaml", "Add it"),
    (LESSON, "sources: [S01]", "sources: [S01, S02]", LESSON, HERE, "The source S02 is cited but not listed", "Add it"),
    (
        LESSON,
        "Words before [S01]",
        "Words before [S02]",
        LESSON,
        HERE,
        "The source S02 is cited but not listed",
        "Add it",
    ),
    (LESSON, "lesson:second#another-heading", "lesson:second#none", LESSON, HERE, "leads to second#none", "Mend it"),
    (LESSON, "lesson:second#another-heading", "lesson:third", LESSON, HERE, "leads to third", "Mend it"),
    (LESSON, "::: figure drawing", "::: figure painting", "figures/painting.yaml", "line 1", "missing", "Add it"),
    (LESSON, "::: check ch-first", "::: check ch-other", LESSON, HERE, "There is no check ch-other", "Write it"),
    (LESSON, "::: check ch-first\n:::\n", "", LESSON, "line 1", "The check ch-first is not placed", "Place it"),
    (LESSON, "::: case A case", "::: casus A case", LESSON, HERE, "There is no box called casus", "Mend its name"),
    (LESSON, "## A heading", "::: do\n- this\n\n## A heading", LESSON, HERE, "A box is not closed", "End it"),
    (LESSON, "outcomes: [one]", "outcomes: [two]", LESSON, HERE, "There is no outcome two", "Mend its name"),
    (LESSON, "::: case A case", "## A heading\n\n::: case A case", LESSON, HERE, "stands twice", "other words"),
    (LESSON, "## A heading", "## Sources", LESSON, HERE, "The heading “Sources” stands twice", "other words"),
    (QUIZ, "    outcome: one", "    outcome: two", QUIZ, HERE, "There is no outcome two", "Mend its name"),
    (CHECK, "outcome: one", "outcome: two", CHECK, "line 1", "Item ch-first: there is no outcome two", "Mend"),
    (
        CHECK,
        "section: first#a-heading",
        "section: first#none",
        CHECK,
        "line 1",
        "there is no section first#none",
        "Name",
    ),
    (CHECK, "facts: [AA-1]", "facts: [AA-9]", CHECK, "line 1", "the fact AA-9 is not in facts.yaml", "Add it"),
    (FACTS, "sources: [S01]", "sources: [S09]", FACTS, -2, "AA-1 names the source S09", "Add it"),
    (FIGURE, "facts: [AA-1]", "facts: [AA-9]", FIGURE, HERE, "The fact AA-9 is not in facts.yaml", "Add it"),
    (FIGURE, "sources: [S01]", "sources: [S09]", FIGURE, HERE, "The source S09 is not in sources.yaml", "Add it"),
    ("coverage.yaml", "first#a-heading", "first#none", "coverage.yaml", HERE, "there is no section first#none", "Name"),
    ("coverage.yaml", "paragraph: 1", "paragraph: 2", "coverage.yaml", "line 1", "not numbered 1, 2, 3", "again"),
    (
        "module.yaml",
        "released: 2026-01-01",
        "released: 2026-03-01",
        "module.yaml",
        HERE,
        "dates are not in order",
        "<=",
    ),
    (
        *("module.yaml", "outcomes:\n", "outcomes:\n  - id: two\n    text: Nobody asks\n", "module.yaml", 1),
        *("The outcome two has no item", "Write one"),
    ),
    (
        *(SOURCES, "- id: S01", "- {id: S01, text: x, checked: 2026-01-01}\n- id: S01", SOURCES, 1),
        *("S01 stands twice", "Keep one"),
    ),
    # drawings
    (SVG, "<rect ", "<script/><rect ", SVG, "line 1", "<script> may not be used", "docs/authoring.md"),
    (SVG, 'fill="none"', 'style="fill:red"', SVG, "line 1", "style='fill:red' may not be used on <rect>", "authoring"),
]


def find(problems: list[Problem], file: str, fault: str, remedy: str) -> Problem:
    found = [p for p in problems if p.file == file and fault in p.fault and remedy in p.remedy]
    assert len(found) == 1, "\n".join(map(str, problems))
    return found[0]


@pytest.mark.parametrize(("name", "old", "new", "file", "line", "fault", "remedy"), FAULTS)
def test_every_fault_has_its_place_and_its_remedy(
    tmp_path: Path, name: str, old: str, new: str, file: str, line: int | str | None, fault: str, remedy: str
) -> None:
    root = write(tmp_path)
    changed = change(root, name, old, new)
    problem = find(check_folder(root), file, fault, remedy)
    match line:
        case int():
            assert problem.line == changed + line
        case "b's line":
            assert problem.line == 12
        case str():
            assert problem.line == int(line.split()[1])
        case None:
            assert problem.line >= changed


def test_a_whole_module_has_no_fault(tmp_path: Path) -> None:
    assert check_folder(write(tmp_path)) == []


@pytest.mark.parametrize("name", ["module.yaml", LESSON, SECOND, QUIZ, SVG, FIGURE, FACTS, SOURCES, "coverage.yaml"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    root = write(tmp_path)
    (root / name).unlink()
    assert any(p.file == name and "missing" in p.fault for p in check_folder(root))


@pytest.mark.parametrize("name", ["module.yaml", LESSON, CHECK, QUIZ, FIGURE, FACTS, SOURCES, "coverage.yaml"])
@pytest.mark.parametrize(
    ("content", "fault"), [(b"\xff\xfe\x00 no text", "not UTF-8"), (b"", ""), (b"just words\n", ""), (b"\x00", "")]
)
def test_a_file_that_is_something_else_is_named(tmp_path: Path, name: str, content: bytes, fault: str) -> None:
    root = write(tmp_path)
    (root / name).write_bytes(content)
    found = [p for p in check_folder(root) if p.file == name]
    if name == CHECK and content == b"":
        found = [Problem(name, 1, fault, "")] if check_folder(root) else []
    assert found
    assert any(fault in problem.fault for problem in found)


def test_every_fault_of_a_module_is_said_at_once(tmp_path: Path) -> None:
    root = write(tmp_path)
    for name, old, new in (
        (LESSON, "[S01].", "[S77]."),
        (QUIZ, "draw: 1", "draw: 9"),
        (FIGURE, "[AA-1]", "[AA-8]"),
        ("coverage.yaml", "first#a-heading", "nowhere#at-all"),
    ):
        change(root, name, old, new)
    files = {problem.file for problem in check_folder(root)}
    assert files >= {LESSON, QUIZ, "coverage.yaml"}


def test_line_ends_of_windows_change_nothing(tmp_path: Path) -> None:
    root = write(tmp_path)
    whole = load(root)
    for path in root.rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check_folder(root) == []
    assert load(root).lessons["first"].parts == whole.lessons["first"].parts
    assert load(root).digest == whole.digest


def test_nothing_in_yaml_runs(tmp_path: Path) -> None:
    root = write(tmp_path)
    change(root, "module.yaml", "title: A small module", "title: !!python/object/apply:os.system ['touch /tmp/pwned']")
    (problem,) = check_folder(root)
    assert problem.line == 2
    assert not Path("/tmp/pwned").exists()


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_passes_the_real_module() -> None:
    result = CliRunner().invoke(main, ["content", "check"])
    assert (result.exit_code, result.output) == (0, "0 problems\n")


def test_the_command_says_file_and_line_and_exits_1(tmp_path: Path) -> None:
    root = write(tmp_path)
    line = change(root, LESSON, "[S01].", "[S77].")
    write(tmp_path, "other")
    result = CliRunner().invoke(main, ["content", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert f"small/{LESSON}:{line}: The source S77 is cited but not listed. Add it" in result.output
    assert "other/" not in result.output
    assert result.output.endswith(" problems\n")
