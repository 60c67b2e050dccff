"""The module that we publish: its shape, its promises, its numbers."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from random import Random

import html5lib
import pytest
import yaml

from elearn.content.checking import items_of
from elearn.content.rendering import Text
from elearn.content.schema import Level
from elearn.content.structure import Module, StepKind
from elearn.items.base import Item
from elearn.items.registry import TYPES
from elearn.items.standard import cut, pass_percent, passes_by_chance
from elearn.modules.catalogue import OWN_CONTENT, check_folder, load
from elearn.quizzes.paper import draw
from tests.world import MODULE

FOLDER = OWN_CONTENT / MODULE
# The paragraphs of the educational page that the module covers (design.md section 4, issue 2 E).
PARAGRAPHS = 23
LESSONS = [
    "why-rare-disease-research-is-different",
    "how-trials-build-evidence",
    "trials-in-rare-disease",
    "how-trials-adapt",
    "designs-for-very-few-people",
    "regulators-licences-and-funding",
    "early-access-programmes",
    "early-access-compared",
    "supporting-your-patients",
    "key-messages-and-where-to-look-next",
]
QUIZZES = {
    "trial-phases": ["how-trials-build-evidence", "trials-in-rare-disease"],
    "adaptive-designs": ["how-trials-adapt", "designs-for-very-few-people"],
    "early-access-eligibility": ["early-access-programmes", "early-access-compared", "supporting-your-patients"],
}


@pytest.fixture(scope="module")
def module() -> Module:
    return load(FOLDER)


def body_of(lesson: str) -> str:
    (path,) = (FOLDER / "lessons").glob(f"*-{lesson}.md")
    return path.read_text(encoding="utf-8").split("\n---\n", 1)[1]


def opening_of(lesson: str) -> dict[str, str]:
    (path,) = (FOLDER / "lessons").glob(f"*-{lesson}.md")
    front = yaml.safe_load(path.read_text(encoding="utf-8").split("\n---\n", 1)[0].removeprefix("---\n"))
    opening: dict[str, str] = front["opening"]
    return opening


def words_of(lesson: str) -> int:
    """Words as a reader counts them, without the markup; not the way that the application counts."""
    text = re.sub(r"\[[SB]\d+\]", " ", body_of(lesson))
    text = re.sub(r"(?m)^:::.*$", " ", text)
    text = re.sub(r"\]\([^)]*\)", " ", text)
    text = re.sub(r"(?m)^(##+ .+?) \{[A-Z]{2}-[^}]*\}$", r"\1", text)
    text += " ".join(opening_of(lesson).values())
    return sum(1 for word in text.split() if re.search(r"[A-Za-z0-9]", word))


def sentences_of(module: Module, lesson: str) -> list[list[str]]:
    """The words of each sentence of a lesson's paragraphs and lists; citations are no words."""
    texts = [part.html for part in module.lessons[lesson].parts if isinstance(part, Text)]
    elements = (found for text in texts for found in html5lib.parse(text, namespaceHTMLElements=False).iter())
    blocks = (
        re.sub(r"\[[SB]\d+\]", "", "".join(element.itertext()))
        for element in elements
        if element.tag in ("p", "li") and not any(inner.tag in ("p", "ul", "ol") for inner in element)
    )
    sentences = (re.split(r"(?<=[.!?])\s+", block) for block in blocks)
    words = (re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", sentence) for found in sentences for sentence in found)
    return [found for found in words if found]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_reads_easily(module: Module, lesson: str) -> None:
    """By the Automated Readability Index (Smith and Senter, AMRL-TR-66-220, 1967): a year of school in the United States; 9 is the reading of 15-year-olds.

    4.71 characters a word + 0.5 words a sentence - 21.43: it needs no dictionary of syllables.
    """
    sentences = sentences_of(module, lesson)
    words = [word for sentence in sentences for word in sentence]
    assert len(words) > 700
    in_a_sentence = len(words) / len(sentences)
    in_a_word = sum(map(len, words)) / len(words)
    assert in_a_sentence < 18
    assert 4.71 * in_a_word + 0.5 * in_a_sentence - 21.43 < 9


def test_nothing_is_wrong_in_it(module: Module) -> None:
    assert check_folder(FOLDER) == []
    assert module.is_whole


def test_ten_lessons_in_order(module: Module) -> None:
    assert list(module.lessons) == LESSONS
    assert [lesson.number for lesson in module.lessons.values()] == list(range(1, 11))


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
    assert 600 <= words_of(slug) <= 1500
    assert abs(words_of(slug) - lesson.words) <= 0.03 * lesson.words
    assert len(lesson.figures) >= 1
    assert 3 <= len(lesson.checks) <= 5
    assert lesson.opening is not None
    cases = re.findall(r"(?ms)^:::+ case \S.*?^:::+$", body)
    assert len(cases) >= 1
    assert all(re.search(r"(?i)\b(invented|fictional)\b", case) for case in cases)
    assert any("Meena" in case for case in cases), "one family runs through all the lessons"
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
    assert len(quiz.items) >= 30
    assert quiz.length == 8
    assert quiz.rules.pass_percent == 75
    assert quiz.rules.attempts == 3
    assert quiz.rules.waiting_hours == (0, 24)
    for cell in quiz.blueprint:
        pool = [item for item in quiz.items if item.objective == cell.objective]
        assert len(pool) > cell.draw, "a retake would show the same items only"
        assert {item.level for item in pool} <= set(cell.levels)


@pytest.mark.parametrize("slug", QUIZZES)
def test_a_second_attempt_shares_at_most_half_of_its_items(module: Module, slug: str) -> None:
    quiz = module.quizzes[slug]
    for seed in range(200):
        first = {place.item.id for place in draw(quiz, (), Random(seed))}
        second = {place.item.id for place in draw(quiz, first, Random(seed + 1_000))}
        assert 2 * len(first & second) <= quiz.length


@pytest.mark.parametrize("slug", QUIZZES)
def test_every_paper_brings_the_same_points(module: Module, slug: str) -> None:
    papers = [draw(module.quizzes[slug], (), Random(seed)) for seed in range(50)]
    assert len({sum(place.item.possible for place in paper) for paper in papers}) == 1


@pytest.mark.parametrize("slug", QUIZZES)
def test_the_pass_mark_follows_from_facilities_and_guessing_does_not_reach_it(module: Module, slug: str) -> None:
    quiz = module.quizzes[slug]
    share = cut(quiz, module.records)
    assert share is not None
    assert pass_percent(share) == quiz.rules.pass_percent
    assert passes_by_chance(quiz) < 1 / 500


def test_there_are_questions_of_every_kind_and_few_of_recall(module: Module) -> None:
    items = items_of(module)
    assert len({item.id for item in items}) == len(items) >= 120
    assert {item.type for item in items} == set(TYPES)
    assert sum(item.level is Level.RECALL for item in items) <= len(items) / 4
    quizzed = [item for quiz in module.quizzes.values() for item in quiz.items]
    assert {item.type for item in quizzed} == set(TYPES)


def test_every_question_has_its_section_facts_and_record(module: Module) -> None:
    taught = set(module.sections_taught())
    counted = {item.id for quiz in module.every_quiz for item in quiz.items}
    for item in items_of(module):
        assert isinstance(item, Item)
        assert item.section in taught
        assert item.facts
        assert set(item.facts) <= set(module.facts)
        assert len(item.stem.split()) >= 8, item.id
        record, dates = module.records[item.id], module.dates_of(item)
        assert (record.facility is not None) == (item.id in counted), item.id
        assert record.history[-1].version in {change.version for change in module.history}, item.id
        assert dates is not None
        assert dates.released <= dates.last_reviewed < dates.next_review


def rationales(value: object) -> Iterator[str]:
    """Every rationale in an item's content, however deep."""
    if isinstance(value, dict):
        for name, held in value.items():
            if name == "rationale":
                yield str(held)
            else:
                yield from rationales(held)
    elif isinstance(value, list):
        for held in value:
            yield from rationales(held)


def test_every_option_has_a_rationale_of_its_own(module: Module) -> None:
    for item in items_of(module):
        assert isinstance(item, Item)
        found = list(rationales(item.model_dump(mode="json")))
        assert all(len(words.split()) >= 8 for words in found), item.id
        assert len(set(found)) == len(found), item.id
        assert len(found) >= 1


def test_the_pre_test_asks_for_every_outcome_and_shares_nothing(module: Module) -> None:
    assert module.pretest is not None
    assert {cell.outcome for cell in module.pretest.blueprint} == {outcome.id for outcome in module.outcomes}
    quizzed = {item.digest for quiz in module.quizzes.values() for item in quiz.items}
    stems = {item.stem for quiz in module.quizzes.values() for item in quiz.items if isinstance(item, Item)}
    for item in module.pretest.items:
        assert isinstance(item, Item)
        assert item.digest not in quizzed
        assert item.stem not in stems


def test_the_glossary_explains_what_the_lessons_say(module: Module) -> None:
    assert len(module.glossary) >= 80
    used = {term for lesson in module.lessons.values() for term in lesson.terms}
    assert len(used) >= 0.75 * len(module.glossary)
    assert all(lesson.terms for lesson in module.lessons.values())


def test_there_are_figures_enough_each_once(module: Module) -> None:
    figures = [figure for lesson in module.lessons.values() for figure in lesson.figures]
    assert len(figures) == len(set(figures)) >= 16


def test_reading_takes_three_quarters_of_an_hour_to_one_and_a_quarter(module: Module) -> None:
    """The words and figures of the formula in design.md section 11; questions come on top."""
    lessons = module.lessons.values()
    reading = sum(lesson.words for lesson in lessons) / 180 + 0.5 * sum(len(lesson.figures) for lesson in lessons)
    assert 45 <= reading <= 75


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
        for heading in re.findall(r"(?m)^##+ (.+?)(?: \{[A-Z]{2}-[^}]*\})?$", body_of(lesson))
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
        if path.stem in QUIZZES  # a pre-test is no part of what earns hours
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
