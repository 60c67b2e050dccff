"""What the right answer to a question on a page is, by the application's own content."""

import re

from playwright.sync_api import Locator, Page

from elearn.content.structure import Module
from elearn.items.single_best_answer import SingleBestAnswer


def _letters(text: str) -> str:
    return "".join(text.split())


def right_radio(page: Page, module: Module) -> Locator:
    """The radio of the best answer to the one question on a quiz's page."""
    shown = _letters(page.locator("main").text_content() or "")
    (item,) = (
        item
        for quiz in module.quizzes.values()
        for item in quiz.items
        if isinstance(item, SingleBestAnswer) and _is_shown(item, shown)
    )
    order = item.natural_order()
    words = item.face(order, None).choices[order.index(item.key)].label.striptags()
    pattern = re.compile(r"^\s*" + r"\s+".join(re.escape(word) for word in words.split()) + r"\s*$")
    return page.locator("main").get_by_label(pattern)


def wrong_radio(page: Page, right: Locator) -> Locator:
    """A radio of another answer."""
    key = right.get_attribute("value")
    return page.locator(f"main input[type=radio]:not([value='{key}'])").first


def check_radio(page: Page, item: SingleBestAnswer, *, right: bool) -> Locator:
    """A radio of a right or a wrong answer to an inline check."""
    places = {option: place for place, option in enumerate(item.natural_order(), start=1)}
    place = places[item.key] if right else next(place for option, place in places.items() if option != item.key)
    return page.locator(f"[id='check-{item.id}-{place}']")


def _is_shown(item: SingleBestAnswer, shown: str) -> bool:
    face = item.face(item.natural_order(), None)
    return all(
        _letters(part.striptags()) in shown for part in (face.stem, face.lead_in, *(c.label for c in face.choices))
    )
