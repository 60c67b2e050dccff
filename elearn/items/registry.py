"""The question types by name: each file of this folder that holds one is found here, so a new one is named nowhere."""

from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from elearn.items.base import Item
from elearn.items.single_best_answer import SingleBestAnswer


def _find() -> dict[str, type[Item]]:
    for file in sorted(Path(__file__).parent.glob("*.py")):
        import_module(f"{__package__}.{file.stem}" if file.stem != "__init__" else str(__package__))
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in Item.__subclasses__()}


TYPES: dict[str, type[Item]] = _find()


def parse_item(raw: Any) -> Item:
    """The item that a file describes. Raises pydantic's ValidationError."""
    described = TypeAdapter(dict[str, Any]).validate_python(raw)
    known = TypeAdapter(dict[str, str]).validate_python({"type": described.get("type", "")})["type"]
    return TYPES.get(known, SingleBestAnswer).model_validate(described)
