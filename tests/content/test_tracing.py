"""From a fact to all that rests on it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from elearn.cli import main
from elearn.content.tracing import resting_on
from elearn.modules.catalogue import load
from tests.content.small import change, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path)


def found(root: Path, fact: str) -> set[tuple[str, str]]:
    return {(resting.kind, resting.where) for resting in resting_on(load(root), fact)}


def test_a_fact_leads_to_all_that_rests_on_it(root: Path) -> None:
    change(root, "lessons/01-first.md", "## A heading", "## A heading {AA-1}")
    assert found(root, "AA-1") == {
        ("section", "first#a-heading"),
        ("lesson", "second"),  # names the fact, and no section of it does
        ("figure", "drawing"),
        ("item", "ch-first"),
        ("item", "q-one"),
        ("item", "q-two"),
        ("term", "word"),
    }


def test_the_facts_of_a_section_are_not_shown(root: Path) -> None:
    before = load(root).lessons["first"]
    change(root, "lessons/01-first.md", "## A heading", "## A heading {AA-1}")
    after = load(root).lessons["first"]
    assert (after.parts, after.anchors) == (before.parts, before.anchors)
    assert after.section_facts == {"a-heading": ("AA-1",)}


def test_an_unknown_fact_rests_under_nothing(root: Path) -> None:
    assert found(root, "AA-9") == set()


def test_the_command_lists_them() -> None:
    """The draft guideline on adaptive designs is on the volatile list (facts 0.2.1)."""
    result = CliRunner().invoke(main, ["content", "facts", "AD-61"])
    assert result.exit_code == 0
    assert "AD-61 (" in result.output
    assert "how-trials-adapt" in result.output


def test_the_command_refuses_what_is_no_fact() -> None:
    result = CliRunner().invoke(main, ["content", "facts", "ZZ-1"])
    assert (result.exit_code, "No module has the fact ZZ-1" in result.output) == (1, True)
