"""The rules of item writing: each kind of flaw is caught, in an item that has no other, and good items are left alone."""

from typing import Any

import pytest

from elearn.items.item_writing import NAMES, flaws, key_positions, out_of_balance
from elearn.items.registry import parse_item
from tests.items.test_every_type import every_type, item_of

STEM = "Amir, 34, has Condition K. His doctor reads the protocol of a study of product X with him."
GOOD = ("Ask the sponsor for its policy", "Ask the registry for its data", "Ask the regulator for advice")


def item(*options: str, key: str = "b", lead_in: str = "What is the best next step?", stem: str = STEM) -> Any:
    return parse_item(
        {
            "id": "flawed",
            "type": "single-best-answer",
            "outcome": "one",
            "level": "apply",
            "stem": stem,
            "lead_in": lead_in,
            "options": [
                {"id": letter, "text": words, "rationale": "Because."}
                for letter, words in zip("abcde", options or GOOD, strict=False)
            ],
            "key": key,
            "section": "first#a-heading",
        }
    )


# the rule, and items that break it and no other
FLAWED = [
    ("longest-key", item("Wait a month", "Ask the sponsor and the specialist centre", "Stop the drug at once")),
    ("absolute-term", item("Always ask the sponsor", "Ask the registry first", "Ask the regulator first")),
    ("absolute-term", item("Ask the sponsor first", "Ask the registry first", "Ask nobody but the family")),
    ("absolute-term", item("It cannot be given", "It is given at home", "It is given on the ward")),
    (
        "absolute-term",
        item("It proves that product X works", "It suggests a dose for later", "It shows how people tolerate it"),
    ),
    ("vague-term", item("The dose is usually halved", "The dose is raised once more", "The dose is kept as it is")),
    ("vague-term", item("It may slow the decline", "It stops the decline", "It speeds the decline")),
    ("negative-stem", item(lead_in="Which of these is NOT a reason to ask?")),
    ("negative-stem", item(lead_in="All of these are sound except which?")),
    ("negative-stem", item(lead_in="Which step is least appropriate?")),
    ("all-or-none", item("Phone the sponsor today", "Phone the centre today", "Either of these, or both of them")),
    (
        "grammatical-cue",
        item("Interim analysis", "Blinded review", "Final report", key="a", lead_in="The committee calls this an"),
    ),
    (
        "grammatical-cue",
        item("Blinded review", "Interim analysis", "Final report", key="a", lead_in="The committee calls this a"),
    ),
    (
        "grammatical-cue",
        item("A dose", "Doses and intervals", "A visit", lead_in="Which are fixed by the protocol?"),
    ),
    ("repeated-word", item("Phone the sponsor", "Read the protocol", "Write to the centre")),
    (
        "repeated-word",
        item(
            "Extend the follow-up", "Randomise once more", "Start open label", lead_in="How should randomisation go on?"
        ),
    ),
    ("overlapping-numbers", item("10 to 20 people", "20 to 30 people", "30 to 40 people")),
    ("overlapping-numbers", item("Fewer than 50", "40 to 60", "More than 70")),
    ("overlapping-numbers", item("Fewer than 10", "10 to 20", "20 or more")),
    ("overlapping-numbers", item("0.05", "0.142", "0.107")),
    (
        "uneven-length",
        item(
            "Wait",
            "Ask the centre for its registry data",
            "Order the drug from abroad, free of charge and at your own risk",
        ),
    ),
    ("uneven-kind", item("Ask the sponsor.", "Ask the registry", "Ask the regulator")),
    ("uneven-kind", item("12 people", "Those with a relapse", "Those on the drug")),
    ("two-questions", item(lead_in="Which phase is it? And what does it show?")),
]


@pytest.mark.parametrize(("rule", "flawed"), FLAWED, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(FLAWED)])
def test_each_kind_of_flaw_is_caught(rule: str, flawed: Any) -> None:
    found = {flaw.rule for flaw in flaws(flawed)}
    assert rule in found
    assert found == {rule} or rule in ("all-or-none", "longest-key")  # those two bring words of other rules with them


def test_every_rule_has_an_item_that_breaks_it() -> None:
    assert {rule for rule, _ in FLAWED} | {"all-or-none"} == NAMES


@pytest.mark.parametrize(
    "words",
    ["All of the above", "None of the above", "None of these", "Both of them", "Both a and b", "All of these options"],
)
def test_options_that_speak_of_others(words: str) -> None:
    assert "all-or-none" in {flaw.rule for flaw in flaws(item("Ask the sponsor", "Ask the centre", words))}


GOODS = [
    item(),
    item("0.05", "0.107", "0.142"),
    item("0.142", "0.107", "0.05"),
    item("Fewer than 10", "10 to 19", "20 or more"),
    item("Phase I", "Phase II", "Phase III", lead_in="Which phase is this study?"),
    item("The drug is always given", "The drug is always withheld", "The drug is always changed"),
    item("Its trials were short", "Its trials were small", "Its trials were open", lead_in="Which fault matters most?"),
    item("A crossover", "An n-of-1 series", "A platform", lead_in="Which design fits best?"),
    item(
        lead_in="What should she say to the family?", stem="He does not walk. Nobody knows why; it may never be known."
    ),
]


@pytest.mark.parametrize("good", GOODS, ids=range(len(GOODS)))
def test_good_items_are_left_alone(good: Any) -> None:
    assert flaws(good) == []


@every_type
def test_every_type_is_looked_at(name: str) -> None:
    """Each type shows its questions and options, and keys that are among them."""
    puts = item_of(name).puts()
    assert puts
    for put in puts:
        assert put.question
        assert put.keys <= set(put.options)
        assert name == "numeric" or len(put.options) >= 3


def test_keys_are_counted_by_place() -> None:
    assert key_positions([item(key="a"), item(key="b"), item(key="b")]) == {1: 1, 2: 2}


def test_keys_that_stand_at_one_place_too_often() -> None:
    balanced = [item(key=key) for key in "aaabbbccc"]
    assert list(out_of_balance(balanced)) == []
    assert list(out_of_balance([item(key=key) for key in "aabbbbbcc"])) == [
        "The key stands at place 2 in 5 of 9 questions"
    ]
    assert list(out_of_balance([item(key="b")] * 7)) == []  # too few to tell


def test_keys_that_are_the_longest_too_often() -> None:
    longest = {
        key: item(*(words + (" today" if n == place else "") for n, words in enumerate(GOOD)), key=key)
        for place, key in enumerate("abc")
    }
    assert "The key is the longest option in 9 of 9 questions" in list(
        out_of_balance([longest[key] for key in "aaabbbccc"])
    )
