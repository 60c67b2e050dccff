"""The rules of item writing that can be checked by machine.

The flaws are those that item-writing guides name: they help whoever knows tests instead of the subject, or make a
question hard for another reason than its subject (facts CP-24 to CP-29 and CP-39; NBME, *Constructing Written Test
Questions*; Haladyna, Downing and Rodriguez 2002). A rule that does not fit an item is overruled in the item's `record`,
with the reason. What no machine sees, such as whether a question can be answered with its options covered (CP-25), is for a
reader.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from elearn.items.asking import Choosing, Put
from elearn.items.base import Item

MUCH_LONGER, CLEARLY_LONGER = 1.25, 12
"""A key gives itself away from a quarter, and a dozen letters, more than the next longest option."""
UNEVEN, FAR_APART = 2.5, 40
LARGEST_SHARE, FEWEST_ITEMS = 0.4, 8
ROOT = 5
"""Letters that two words share at their beginning to be taken for the same: "random", "randomised"."""
COMMON = frozenset(
    [
        "about",
        "after",
        "again",
        "against",
        "among",
        "before",
        "being",
        "between",
        "could",
        "during",
        "every",
        "first",
        "following",
        "given",
        "other",
        "should",
        "since",
        "still",
        "their",
        "there",
        "these",
        "thing",
        "think",
        "those",
        "three",
        "through",
        "under",
        "until",
        "where",
        "which",
        "while",
        "whose",
        "would",
        "years",
        "month",
        "months",
        "weeks",
        "people",
        "person",
        "patient",
        "patients",
        "treatment",
        "medicine",
        "trial",
        "trials",
        "study",
        "early",
        "access",
    ]
)

ABSOLUTE = re.compile(
    r"\b(always|never|only|all|none|every|everybody|everyone|nobody|must|cannot|can't|impossible|certainly|guarantees?|"
    r"guaranteed|completely|entirely|proves?|proven)\b",
    re.IGNORECASE,
)
VAGUE = re.compile(
    r"\b(usually|often|may|might|sometimes|frequently|generally|commonly|occasionally|rarely|probably|perhaps|possibly|"
    r"mostly|typically|likely|tends?|many|several|various)\b",
    re.IGNORECASE,
)
NEGATIVE = re.compile(
    r"\b(not|except|least|incorrect|wrong|false|untrue|inappropriate|cannot|isn't|doesn't|never)\b", re.IGNORECASE
)
ALL_OR_NONE = re.compile(
    r"\b(all|none|any|both|neither|some) of (the|these|those)\b.*\b(above|below|options|answers|others)\b"
    r"|\b(all|none|both|neither) of (these|them)\b|\bboth [a-e] and [a-e]\b|\b(a|b|c) and (b|c|d)\b$",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(?<![\w-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w-])")
WORD = re.compile(r"[^\W\d_]{5,}")
MORE = re.compile(r"\b(more|over|above|at least)\b", re.IGNORECASE)
LESS = re.compile(r"\b(less|fewer|under|below|at most|up to)\b", re.IGNORECASE)
WITH_IT = re.compile(r"\b(or more|at least|or less|or fewer|at most|up to)\b", re.IGNORECASE)
BESIDE_NUMBERS = re.compile(
    r"\b(about|between|and|to|in|of|per|cent|than|more|over|above|at least|less|fewer|under|below|at most|up to|"
    r"people|participants|patients|years?|months?|weeks?|days?)\b",
    re.IGNORECASE,
)
VOWELS = "aeiou"
EDGE = 1e-9


@dataclass(frozen=True)
class Rule:
    """One rule: its name, which an overrule gives, its words, and the fact that it rests on."""

    name: str
    words: str
    source: str
    broken_by: Callable[[Put], bool]


@dataclass(frozen=True)
class Flaw:
    """A rule that an item breaks; `part` names the question where the item puts several."""

    rule: str
    words: str
    source: str
    part: str = ""


# -- the rules -------------------------------------------------------------------------------------------------------


def _longest_key(put: Put) -> bool:
    if put.choosing is not Choosing.ONE or len(put.options) < 2:
        return False
    key = max(len(put.options[key]) for key in put.keys)
    longest = max(len(words) for option, words in put.options.items() if option not in put.keys)
    return key > longest * MUCH_LONGER and key - longest > CLEARLY_LONGER


def _some_but_not_all(pattern: re.Pattern[str]) -> Callable[[Put], bool]:
    def broken(put: Put) -> bool:
        if put.choosing in (Choosing.SHARED, Choosing.LISTED):
            return False
        having = [pattern.search(words) is not None for words in put.options.values()]
        return any(having) and not all(having)

    return broken


def _negative_stem(put: Put) -> bool:
    return NEGATIVE.search(put.question) is not None and put.choosing in (Choosing.ONE, Choosing.SEVERAL)


def _all_or_none(put: Put) -> bool:
    return any(ALL_OR_NONE.search(words) for words in put.options.values())


def _grammatical_cue(put: Put) -> bool:
    """An article before the options that does not fit each of them, or a number that only the key agrees with."""
    if put.choosing is not Choosing.ONE:
        return False
    article = re.search(r"\b(an?)[:…. ]*$", put.question)
    if article:
        vowel = article[1] == "an"
        return any((words[:1].lower() in VOWELS) is not vowel for words in put.options.values())
    if re.search(r"\bwhich (two|three|are|were)\b", put.question, re.IGNORECASE):
        plural = {option: _is_plural(words) for option, words in put.options.items()}
        return any(plural.values()) and {option for option, many in plural.items() if many} <= put.keys
    return False


def _is_plural(words: str) -> bool:
    return bool(re.search(r"\band\b", words)) or bool(re.match(r"^\S*[^s\W]s\b", words))


def _repeated_word(put: Put) -> bool:
    """A word of weight that question and key share, and no other option has."""
    if put.choosing not in (Choosing.ONE, Choosing.SHARED) or not put.options:
        return False
    others = set().union(*(_roots(words) for option, words in put.options.items() if option not in put.keys))
    key = set().union(*(_roots(put.options[option]) for option in put.keys))
    return bool((_roots(f"{put.stem} {put.question}") & key) - others)


def _roots(text: str) -> set[str]:
    return {word[:ROOT] for word in WORD.findall(text.lower()) if word not in COMMON}


def _overlapping_numbers(put: Put) -> bool:
    """Options that are numbers or spans of numbers, where two share a value, or where they stand in no order."""
    spans = [_span(words) for words in put.options.values()]
    found = [span for span in spans if span is not None]
    if len(found) < 2 or len(found) < len(spans) or put.choosing is not Choosing.ONE:
        return False
    ordered = sorted(found)
    meet = any(before[1] >= after[0] for before, after in pairwise(ordered))
    return meet or found not in (ordered, ordered[::-1])


def _span(words: str) -> tuple[float, float] | None:
    """The span of an option that is little else than one or two numbers."""
    numbers = [float(number.replace(",", "")) for number in NUMBER.findall(words)]
    rest = BESIDE_NUMBERS.sub("", words)
    if not 1 <= len(numbers) <= 2 or len(re.findall(r"[^\W\d_]{3,}", rest)) > 1:
        return None
    more, less = MORE.search(words), LESS.search(words)
    low, high = min(numbers), max(numbers)
    # "Fewer than 10" and "10 to 19" do not meet; "10 or fewer" and "10 to 19" do.
    beside = 0.0 if WITH_IT.search(words) else EDGE
    return (float("-inf") if less else low + beside * bool(more), float("inf") if more else high - beside * bool(less))


def _uneven_length(put: Put) -> bool:
    lengths = [len(words) for words in put.options.values()]
    if put.choosing not in (Choosing.ONE, Choosing.SEVERAL) or not lengths:
        return False
    return max(lengths) > UNEVEN * min(lengths) and max(lengths) - min(lengths) > FAR_APART


def _uneven_kind(put: Put) -> bool:
    """Sentences among phrases, or numbers among words."""
    if put.choosing not in (Choosing.ONE, Choosing.SEVERAL):
        return False
    kinds = {(words.rstrip().endswith((".", "?", "!")), _span(words) is not None) for words in put.options.values()}
    return len(kinds) > 1


def _two_questions(put: Put) -> bool:
    return put.question.count("?") > 1


RULES: Sequence[Rule] = (
    Rule("longest-key", "The key is clearly the longest option", "CP-27", _longest_key),
    Rule(
        "absolute-term",
        "An absolute word stands in some options and not in others",
        "CP-27",
        _some_but_not_all(ABSOLUTE),
    ),
    Rule("vague-term", "A vague word stands in some options and not in others", "CP-26", _some_but_not_all(VAGUE)),
    Rule("negative-stem", "The question asks for what is not so", "CP-26", _negative_stem),
    Rule("all-or-none", "An option speaks of the other options", "CP-26", _all_or_none),
    Rule("grammatical-cue", "The grammar of the question fits some options only", "CP-27", _grammatical_cue),
    Rule("repeated-word", "A word of the question stands in the key and in no other option", "CP-27", _repeated_word),
    Rule("overlapping-numbers", "Numbers of the options overlap, or stand in no order", "CP-26", _overlapping_numbers),
    Rule("uneven-length", "One option is far longer than another", "CP-24", _uneven_length),
    Rule(
        "uneven-kind",
        "The options are not of one kind: sentences and phrases, or numbers and words",
        "CP-24",
        _uneven_kind,
    ),
    Rule("two-questions", "The item asks two questions at once", "CP-39", _two_questions),
)
NAMES = frozenset(rule.name for rule in RULES)


def flaws(item: Item) -> list[Flaw]:
    """The rules that an item breaks, each once for each of its questions."""
    return [
        Flaw(rule.name, rule.words, rule.source, put.part)
        for put in item.puts()
        for rule in RULES
        if rule.broken_by(put)
    ]


# -- of many items together ------------------------------------------------------------------------------------------


def key_positions(items: Iterable[Item]) -> Mapping[int, int]:
    """How many keys stand at each place, from 1, as the author wrote the options."""
    return Counter(
        1 + list(put.options).index(key)
        for item in items
        for put in item.puts()
        if put.choosing is Choosing.ONE
        for key in put.keys
    )


def out_of_balance(items: Sequence[Item]) -> Iterator[str]:
    """What is wrong with items that learners meet together: one place, or the longest option, has the key too often."""
    positions = key_positions(items)
    count = sum(positions.values())
    if count < FEWEST_ITEMS:
        return
    place, most = max(positions.items(), key=lambda pair: pair[1])
    if most > LARGEST_SHARE * count:
        yield f"The key stands at place {place} in {most} of {count} questions"
    longest = sum(_is_longest(put) for item in items for put in item.puts())
    if longest > LARGEST_SHARE * count:
        yield f"The key is the longest option in {longest} of {count} questions"


def _is_longest(put: Put) -> bool:
    if put.choosing is not Choosing.ONE or len(put.options) < 2:
        return False
    others = [len(words) for option, words in put.options.items() if option not in put.keys]
    return max(len(put.options[key]) for key in put.keys) > max(others)
