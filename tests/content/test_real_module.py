"""The module that we publish: its shape, its promises, its numbers."""

import re
from fractions import Fraction
from pathlib import Path

import html5lib
import pytest
import yaml

from elearn.content.checking import items_of
from elearn.content.rendering import Text
from elearn.content.structure import Module, StepKind
from elearn.items.single_best_answer import SingleBestAnswer
from elearn.modules.catalogue import OWN_CONTENT, check_folder, load
from tests.world import MODULE

FOLDER = OWN_CONTENT / MODULE
# The paragraphs of the educational page that the module covers (design.md section 4, issue 2 E).
PARAGRAPHS = 23
LESSONS = [
    "why-rare-disease-research-is-different",
    "how-trials-build-evidence",
    "trials-in-rare-disease",
    "adaptive-and-small-population-designs",
    "regulators-licences-and-funding",
    "early-access-programmes",
    "supporting-your-patients",
    "key-messages-and-where-to-look-next",
]
QUIZZES = {
    "trial-phases": ["how-trials-build-evidence", "trials-in-rare-disease"],
    "adaptive-designs": ["adaptive-and-small-population-designs"],
    "early-access-eligibility": ["early-access-programmes"],
}


@pytest.fixture(scope="module")
def module() -> Module:
    return load(FOLDER)


def body_of(lesson: str) -> str:
    (path,) = (FOLDER / "lessons").glob(f"*-{lesson}.md")
    return path.read_text(encoding="utf-8").split("\n---\n", 1)[1]


def words_of(lesson: str) -> int:
    """Words as a reader counts them, without the markup; not the way that the application counts."""
    text = re.sub(r"\[[SB]\d+\]", " ", body_of(lesson))
    text = re.sub(r"(?m)^:::.*$", " ", text)
    text = re.sub(r"\]\([^)]*\)", " ", text)
    return sum(1 for word in text.split() if re.search(r"[A-Za-z0-9]", word))


def test_nothing_is_wrong_in_it(module: Module) -> None:
    assert check_folder(FOLDER) == []
    assert module.is_whole


def test_eight_lessons_in_order(module: Module) -> None:
    assert list(module.lessons) == LESSONS
    assert [lesson.number for lesson in module.lessons.values()] == list(range(1, 9))


def test_each_quiz_comes_after_the_lessons_that_it_tests(module: Module) -> None:
    ids = [step.id for step in module.path]
    assert list(module.quizzes) == list(QUIZZES)
    for quiz in module.quizzes.values():
        place = ids.index(f"quiz:{quiz.slug}")
        sections = {item.section.partition("#")[0] for item in quiz.items}
        assert set(QUIZZES[quiz.slug]) <= sections
        assert all(ids.index(f"lesson:{lesson}") < place for lesson in sections), quiz.slug
    assert [step.kind for step in module.path[-3:]] == [StepKind.REFLECTION, StepKind.EVALUATION, StepKind.CERTIFICATE]


@pytest.mark.parametrize("slug", LESSONS)
def test_a_lesson_has_all_its_parts(module: Module, slug: str) -> None:
    lesson, body = module.lessons[slug], body_of(slug)
    assert 600 <= words_of(slug) <= 1200
    assert abs(words_of(slug) - lesson.words) <= 0.03 * lesson.words
    assert len(lesson.figures) >= 1
    assert len(lesson.checks) >= 1
    assert len(re.findall(r"(?m)^:::+ case \S", body)) >= 1
    assert len(re.findall(r"(?m)^:::+ key-points$", body)) == 1
    assert 2 <= len(lesson.objectives) <= 6
    assert lesson.sources
    assert lesson.facts
    assert all(source.checked.year >= 2026 for source in lesson.sources)
    assert round(lesson.minutes) >= 5
    assert lesson.summary


@pytest.mark.parametrize("slug", LESSONS)
def test_every_box_of_a_lesson_is_closed(module: Module, slug: str) -> None:
    for part in module.lessons[slug].parts:
        if isinstance(part, Text):
            assert ":::" not in part.html
            parser = html5lib.HTMLParser(strict=False)
            parser.parseFragment(str(part.html))
            assert parser.errors == []


@pytest.mark.parametrize("slug", LESSONS)
def test_figures_say_in_words_what_they_show(module: Module, slug: str) -> None:
    for figure in module.lessons[slug].figures.values():
        words = re.sub(r"<[^>]+>", " ", figure.description).split()
        assert len(words) >= 25, figure.id
        assert len(figure.alt) >= 30
        assert figure.svg.startswith("<svg ")
        assert f'aria-label="{figure.alt}"' in str(figure.svg).replace("&quot;", '"')


@pytest.mark.parametrize("slug", QUIZZES)
def test_a_quiz_has_enough_good_items(module: Module, slug: str) -> None:
    quiz = module.quizzes[slug]
    assert len(quiz.items) >= 12
    assert 3 <= len(quiz.blueprint) <= 4
    assert quiz.length == 8
    assert quiz.rules.pass_percent == 75
    assert quiz.rules.attempts == 3
    assert quiz.rules.waiting_hours == (0, 24)
    for cell in quiz.blueprint:
        pool = [item for item in quiz.items if item.objective == cell.objective]
        assert len(pool) > cell.draw, "a retake would show the same items only"


def test_every_item_has_a_rationale_for_every_option_and_a_section_to_reread(module: Module) -> None:
    taught = set(module.sections_taught())
    items = items_of(module)
    assert len({item.id for item in items}) == len(items) >= 36 + 8
    for item in items:
        assert isinstance(item, SingleBestAnswer)
        assert 3 <= len(item.options) <= 5
        assert all(len(option.rationale.split()) >= 4 for option in item.options), item.id
        assert len({option.text for option in item.options}) == len(item.options)
        assert len({option.rationale for option in item.options}) == len(item.options)
        assert item.section in taught
        assert item.facts
        assert set(item.facts) <= set(module.facts)
        assert len(item.stem.split()) >= 8, item.id


def test_the_place_of_the_key_tells_nothing(module: Module) -> None:
    """No letter holds much more than its share of the keys; papers shuffle the options besides."""
    for quiz in module.quizzes.values():
        keys = [item.key for item in quiz.items if isinstance(item, SingleBestAnswer)]
        assert max(keys.count(letter) for letter in "abcde") <= len(keys) / 2


def test_every_outcome_is_tested(module: Module) -> None:
    outcomes = {outcome.id for outcome in module.outcomes}
    assert {item.outcome for item in items_of(module)} == outcomes
    assert {name for lesson in module.lessons.values() for name in lesson.outcomes} == outcomes


def test_every_paragraph_of_the_source_is_covered_and_every_section_exists(module: Module) -> None:
    entries = yaml.safe_load((FOLDER / "coverage.yaml").read_text(encoding="utf-8"))
    assert [entry["paragraph"] for entry in entries] == list(range(1, PARAGRAPHS + 1))
    headings = {
        f"{lesson}#{re.sub(r'[ _-]+', '-', re.sub(r'[^a-z0-9 _-]', '', heading.lower())).strip('-')}"
        for lesson in LESSONS
        for heading in re.findall(r"(?m)^##+ (.+)$", body_of(lesson))
    }
    for entry in entries:
        assert entry["sections"], entry["paragraph"]
        assert set(entry["sections"]) <= headings, entry["paragraph"]
    covered = {section.partition("#")[0] for entry in entries for section in entry["sections"]}
    assert covered == set(LESSONS)


def test_the_minutes_are_those_of_the_formula(module: Module) -> None:
    """words / 180 + 1.5 per item + 0.5 per figure, the total rounded down to 15 (design.md section 11)."""

    def files(folder: str, pattern: str) -> list[Path]:
        return sorted((FOLDER / folder).glob(pattern))

    items = sum(len(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in files("checks", "*.yaml"))
    items += sum(
        cell["draw"]
        for path in files("quizzes", "*.yaml")
        for cell in yaml.safe_load(path.read_text(encoding="utf-8"))["blueprint"]
    )
    figures = sum(len(re.findall(r"(?m)^::: figure ", body_of(lesson))) for lesson in LESSONS)
    words = sum(lesson.words for lesson in module.lessons.values())
    exact = Fraction(words, 180) + Fraction(3, 2) * items + Fraction(1, 2) * figures
    assert module.minutes == exact // 15 * 15
    assert module.hours == f"{float(module.minutes / Fraction(60)):g}"
    # And the independent count of words, which differs a little, comes to the same quarter of an hour.
    counted = sum(words_of(lesson) for lesson in LESSONS)
    assert (Fraction(counted, 180) + Fraction(3, 2) * items + Fraction(1, 2) * figures) // 15 * 15 == module.minutes


def test_every_source_and_fact_that_is_kept_is_dated(module: Module) -> None:
    dates = [source.checked for source in module.sources.values()] + [fact.checked for fact in module.facts.values()]
    assert max(dates) <= module.last_reviewed
    assert any(fact.volatile for fact in module.facts.values())


def test_it_claims_no_approval_and_names_its_source(module: Module) -> None:
    assert "our own words" in module.provenance
    told = f"{module.summary} {module.audience} {module.method} {module.provenance} {module.funding}"
    assert not re.search(r"(?i)\b(accredited|approved by|endorsed)\b", told)
    assert module.released <= module.last_reviewed < module.next_review
