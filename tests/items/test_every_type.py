"""What every question type keeps, whatever it asks: a new file in elearn/items is held to it without being named here."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from importlib import import_module
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elearn.items.base import NOT_ANSWERED, BadResponse, Item, Order, Response
from elearn.items.registry import TYPES, parse_item
from tests.items.rendered import asked, reviewed
from tests.page import XHTML, check_page, find_all

every_type = pytest.mark.parametrize("name", sorted(TYPES))
patiently = settings(deadline=None, max_examples=60)


def module_of(name: str) -> str:
    """The file that a type lives in, from which its tests have their name."""
    return TYPES[name].__module__.rpartition(".")[2]


@cache
def item_of(name: str) -> Item:
    """The good example that the type's own tests are about."""
    module = import_module(f"tests.items.test_{module_of(name)}")
    if not isinstance(getattr(module, "RAW", None), dict):
        pytest.fail(f"tests/items/test_{module_of(name)}.py has no RAW: every type shows one good item there")
    return parse_item(deepcopy(module.RAW))


@cache
def order_of(name: str) -> Order:
    return item_of(name).drawn_order(Random(5))


@cache
def others_of(name: str) -> tuple[Item, ...]:
    """The same item with its key moved, in every way that is offered; written keys are taken from the hint."""
    item = item_of(name)
    keys = [alternative.id for alternative in item.alternatives()]
    if not keys:
        keys = [re.findall("“(.+?)”", item.key_hint)[-1]]
        keys += [" ".join(item.natural_order()), " ".join(reversed(item.natural_order()))]
    found = [moved for key in keys for also in (False, True) if (moved := moved_to(item, key, also=also))]
    assert found, f"nothing can become the key of {name}: neither its alternatives nor the example of its hint"
    return tuple(found)


def moved_to(item: Item, key: str, *, also: bool) -> Item | None:
    try:
        moved = item.with_key(key, also=also)
    except ValueError:
        return None
    return moved if moved.digest != item.digest else None


def answered(item: Item, order: Order, *, right: bool) -> Iterator[Response | None]:
    """What stands after each of the forms that earn everything, or nothing."""
    response = None
    for sent in item.forms_for(order, right=right):
        response = item.read(sent, order, response)
        yield response


@cache
def responses_of(name: str) -> tuple[Response | None, ...]:
    item, order = item_of(name), order_of(name)
    return (None, *answered(item, order, right=True), *answered(item, order, right=False))


# -- content ---------------------------------------------------------------------------------------------------------


@every_type
def test_a_type_shows_one_good_item_of_its_own(name: str) -> None:
    assert item_of(name).type == name
    assert type(item_of(name)) is TYPES[name]
    assert item_of(name).template == f"items/{module_of(name)}.html"


@every_type
def test_what_is_stored_is_read_back_as_the_same_version(name: str) -> None:
    for item in (item_of(name), *others_of(name)):
        stored = json.loads(json.dumps(item.model_dump(mode="json"), allow_nan=False))
        assert parse_item(stored).digest == item.digest
        assert parse_item(item.model_dump()).digest == item.digest


@every_type
def test_a_type_refuses_what_it_does_not_know(name: str) -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        parse_item(item_of(name).model_dump(mode="json") | {"hint": "x"})


# -- what tells the key ----------------------------------------------------------------------------------------------


@every_type
def test_no_page_tells_the_key_before_marking(name: str) -> None:
    item, order = item_of(name), order_of(name)
    for other in others_of(name):
        for response in responses_of(name):
            assert item.face(order, response) == other.face(order, response)
            for error in ("", "Choose one answer"):
                ours, theirs = (asked(one.face(order, response), error=error) for one in (item, other))
                assert ours.encode() == theirs.encode()


@every_type
def test_no_order_tells_the_key(name: str) -> None:
    item = item_of(name)
    for other in others_of(name):
        assert other.natural_order() == item.natural_order()
        for seed in range(20):
            assert other.drawn_order(Random(seed)) == item.drawn_order(Random(seed))


@every_type
def test_an_order_of_a_paper_has_the_same_things_in_it_and_is_drawn_once(name: str) -> None:
    item = item_of(name)
    orders = [item.drawn_order(Random(seed)) for seed in range(40)]
    assert all(sorted(order) == sorted(item.natural_order()) for order in orders)
    assert orders == [item.drawn_order(Random(seed)) for seed in range(40)]
    assert len(item.natural_order()) < 2 or len(set(orders)) > 1


@every_type
def test_nothing_is_told_of_an_item_that_was_not_answered(name: str) -> None:
    item, order = item_of(name), order_of(name)
    ours = item.review(order, None, everything=False)
    assert (ours.points, ours.answered, ours.verdict) == (0, False, NOT_ANSWERED)
    for other in others_of(name):
        theirs = other.review(order, None, everything=False)
        # The points that can be had may move with the key; they are in no review of an item without an answer.
        assert ours == replace(theirs, possible=ours.possible)
        assert reviewed(ours).encode() == reviewed(theirs).encode()


def rationales(content: Any) -> Iterator[str]:
    """Everything that an item's content gives as a reason, at any depth."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        if key == "rationale" and isinstance(value, str):
            yield re.sub(r"\W+", " ", value).strip()
        elif isinstance(value, dict | list):
            yield from rationales(value)


@every_type
def test_reasons_are_shown_only_with_everything(name: str) -> None:
    item, order = item_of(name), order_of(name)

    def words(html: str) -> str:
        return re.sub(r"\W+", " ", re.sub(r"<[^>]*>|&[a-z]+;", "", html))

    reasons = set(rationales(item.model_dump(mode="json")))
    assert reasons
    before = [asked(item.face(order, response)) for response in responses_of(name)]
    for html in [*before, reviewed(item.review(order, None, everything=False))]:
        assert not [reason for reason in reasons if reason in words(html)]
    assert [r for r in reasons if r in words(reviewed(item.review(order, None, everything=True)))]


# -- marking ---------------------------------------------------------------------------------------------------------


@every_type
def test_forms_earn_everything_or_nothing(name: str) -> None:
    for item in (item_of(name), *others_of(name)):
        for order in (item.natural_order(), item.drawn_order(Random(3)), item.drawn_order(Random(4))):
            *_, best = answered(item, order, right=True)
            assert (item.points(best), item.left(best), item.goes_on(best)) == (item.possible, 0, False)
            assert item.review(order, best, everything=False).verdict == "Right"
            worst = [None, *answered(item, order, right=False)][-1]
            assert item.points(worst) == 0
    *_, worst = answered(item_of(name), order_of(name), right=False)
    assert item_of(name).left(worst) == 0


def pieces(value: Any) -> Iterator[Any]:
    """The names and values that stand anywhere in a response."""
    if isinstance(value, dict):
        yield from value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield one
        yield from pieces(one)


@cache
def anything(name: str) -> st.SearchStrategy[Any]:
    """Any JSON, often with the very names and values of a good response, in their places or others."""
    known = [piece for response in responses_of(name) for piece in pieces(response)]
    names = st.sampled_from(sorted({piece for piece in known if isinstance(piece, str)}) or ["x"])
    odd = st.sampled_from([2**63, -1, 0, 1, 2, 5, 10**30, float("nan"), float("inf"), "NaN", "1e400", "\x00", "\ud800"])
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | odd | names | st.sampled_from(known)
    nested = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=3), inner, max_size=4),
        max_leaves=12,
    )
    good = st.sampled_from([response for response in responses_of(name) if response])
    return nested | st.builds(lambda one, more: one | more, good, st.dictionaries(names, nested, max_size=3))


@every_type
def test_no_response_whatever_its_shape_breaks_anything(name: str) -> None:
    item, order = item_of(name), order_of(name)

    @patiently
    @given(anything(name))
    def check(response: Any) -> None:
        points, left = item.points(response), item.left(response)
        assert type(points) is int
        assert 0 <= points <= item.possible
        assert type(left) is int
        assert left >= 0
        assert isinstance(item.wording(response), str)
        assert type(item.goes_on(response)) is bool
        asked(item.face(order, response))
        for everything in (False, True):
            review = item.review(order, response, everything=everything)
            assert (review.points, review.possible) == (points, item.possible)
            reviewed(review)

    check()


# -- reading ---------------------------------------------------------------------------------------------------------

FIELDS = st.sampled_from(["answer", "stage", "go-on", "unit", "csrf_token", *(f"answer-{n}" for n in range(10))])
PLACES = st.sampled_from([*map(str, range(12)), "", "-1", "01", "１", "1e0", "NaN", str(2**63), "\x00", "9" * 5000])
FORMS = st.dictionaries(FIELDS | st.text(max_size=8), st.lists(PLACES | st.text(max_size=12), max_size=3), max_size=10)


@every_type
def test_any_form_is_read_or_refused_in_words(name: str) -> None:
    item, order = item_of(name), order_of(name)

    @patiently
    @given(st.sampled_from(responses_of(name)), st.lists(FORMS, min_size=1, max_size=4))
    def check(response: Response | None, forms: list[dict[str, list[str]]]) -> None:
        for sent in forms:
            stood, form = deepcopy(response), deepcopy(sent)
            found, refused = read_or_refused(item, sent, order, response)
            assert (response, sent) == (stood, form)
            if refused:
                assert f'id="q{refused.control}"' in asked(item.face(order, response), "q", str(refused))
                assert str(refused)
            else:
                keeps(item, order, found)
                assert item.read(sent, order, response) == found
                response = found

    check()


def read_or_refused(
    item: Item, sent: dict[str, list[str]], order: Order, before: Response | None
) -> tuple[Response | None, BadResponse | None]:
    try:
        return item.read(sent, order, before), None
    except BadResponse as refused:
        return None, refused


def keeps(item: Item, order: Order, response: Response | None) -> None:
    """A response that was read is the same after it was stored."""
    stored = json.loads(json.dumps(response, allow_nan=False))
    assert stored == response
    assert item.points(stored) == item.points(response)
    assert item.wording(stored) == item.wording(response)
    assert item.face(order, stored) == item.face(order, response)


@every_type
def test_what_stood_before_may_have_any_shape(name: str) -> None:
    item, order = item_of(name), order_of(name)

    @patiently
    @given(anything(name).filter(lambda one: one is None or isinstance(one, dict)), FORMS)
    def check(before: Any, sent: dict[str, list[str]]) -> None:
        found, _ = read_or_refused(item, sent, order, before)
        keeps(item, order, found)

    check()


@every_type
def test_an_empty_form_is_no_answer(name: str) -> None:
    assert item_of(name).read({}, order_of(name)) is None
    assert item_of(name).read({"csrf_token": ["x"]}, order_of(name)) is None
    assert item_of(name).wording(None) == NOT_ANSWERED
    assert item_of(name).left(None) > 0


# -- pages -----------------------------------------------------------------------------------------------------------


def page(body: str) -> Any:
    """The tree of a whole page around it: well formed, ids once, controls with labels, nothing inline, or BadPage."""
    html = f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Question</title></head><body><main>\
<h1>Question</h1><h2>Part</h2>{body}</main></body></html>'
    return check_page(html, "/question/")


@every_type
@pytest.mark.parametrize("error", ["", "Choose < one & only answer"])
def test_a_page_may_hold_several_questions_and_their_reviews(name: str, error: str) -> None:
    item, order = item_of(name), order_of(name)
    for response in responses_of(name):
        face = item.face(order, response)
        body = ""
        for prefix in ("one", "two"):
            body += f'<form method="post" data-no-token>{asked(face, prefix, error, "m")}</form>'
        for everything in (False, True):
            body += reviewed(item.review(order, response, everything=everything))
        root = page(body)
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert [one for one in ids if not one.startswith(("one-", "two-"))] == []
        assert "one-1" in ids
        assert ("one-error" in ids) is bool(error)
        for fieldset in find_all(root, "fieldset"):
            assert [child.tag for child in fieldset].count(f"{XHTML}legend") == 1
            assert fieldset[0].tag == f"{XHTML}legend"


@every_type
def test_the_page_says_the_rule_where_parts_earn_points(name: str) -> None:
    item, order = item_of(name), order_of(name)
    face = item.face(order, None)
    html = asked(face, "q")
    assert str(face.lead_in) in html
    if face.rule:
        assert 'id="q-hint"' in html
        assert re.search(r'aria-describedby="[^"]*\bq-hint\b', html)
    assert face.rule or item.possible == 1
