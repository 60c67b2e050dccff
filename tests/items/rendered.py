"""The HTML that an item's template makes, without an application around it."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from elearn.items.base import Face, Review

TEMPLATES = Path(__file__).parents[2] / "elearn/templates"


@cache
def macros(template: str) -> Any:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).module


def asked(face: Face, prefix: str = "answer", error: str = "", legend: str = "s") -> str:
    return str(face.stem + macros(face.template).asked(face, prefix, error, legend))


def reviewed(review: Review) -> str:
    return str(review.stem + macros(review.template).reviewed(review))
