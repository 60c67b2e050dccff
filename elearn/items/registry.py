"""The question types by name: a new one is a file, its template, its tests, and a line here."""

from typing import Any

from pydantic import TypeAdapter

from elearn.items.base import Item
from elearn.items.single_best_answer import SingleBestAnswer

TYPES: dict[str, type[Item]] = {"single-best-answer": SingleBestAnswer}


def parse_item(raw: Any) -> Item:
    """The item that a file describes. Raises pydantic's ValidationError."""
    described = TypeAdapter(dict[str, Any]).validate_python(raw)
    known = TypeAdapter(dict[str, str]).validate_python({"type": described.get("type", "")})["type"]
    return TYPES.get(known, SingleBestAnswer).model_validate(described)
