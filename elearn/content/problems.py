"""What is wrong in a content file: where, what, and how to mend it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Parsed = TypeVar("Parsed", bound=BaseModel)


@dataclass(frozen=True, order=True)
class Problem:
    """One fault, as an author reads it."""

    file: str
    line: int
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.fault}. {self.remedy}."


class Damaged(ValueError):
    """A file cannot be used; `problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class YamlText:
    """A YAML document with the lines that its values stand on."""

    file: str
    value: Any
    node: yaml.Node | None
    first_line: int = 1

    def line_of(self, place: Sequence[int | str]) -> int:
        """The line of the value at `place`, or of the nearest thing above it that is written."""
        node, line = self.node, self.first_line
        for step in place:
            node, found = _inside(node, step)
            if found is None:
                break
            line = self.first_line + found
        return line


def _inside(node: yaml.Node | None, step: int | str) -> tuple[yaml.Node | None, int | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line
    return None, None


def line_with(text: str, needle: str) -> int:
    """The first line that holds `needle`, or 1."""
    place = text.find(needle)
    return 1 if place < 0 else 1 + text.count("\n", 0, place)


def read_yaml(path: Path, root: Path, text: str | None = None, first_line: int = 1) -> YamlText:
    """Read a YAML file (or `text` that stands at `first_line` of it). Raises Damaged."""
    file = path.relative_to(root).as_posix()
    try:
        text = path.read_text(encoding="utf-8") if text is None else text
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        document = YamlText(file, yaml.load(text, Loader=yaml.CSafeLoader), node, first_line)
    except UnicodeDecodeError as error:
        raise Damaged([Problem(file, 1, "The file is not UTF-8", "Save it as UTF-8")]) from error
    except FileNotFoundError as error:
        raise Damaged([Problem(file, 1, "The file is missing", "Add it, or take it out of the path")]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        what = getattr(error, "problem", None) or "It cannot be read"
        raise Damaged([Problem(file, line, f"The YAML is broken: {what}", "Mend the line")]) from error
    except ValueError as error:  # such as the date 2026-02-30
        raise Damaged([Problem(file, first_line, f"A value cannot be read: {error}", "Mend the value")]) from error
    if twice := [Problem(file, first_line + line, f"{key} stands twice", "Keep one") for line, key in _twice(node)]:
        raise Damaged(twice)
    return document


def _twice(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """The names that one mapping gives twice: YAML would keep the last, and an item could have two keys."""
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            if key.value in names:
                yield key.start_mark.line, key.value
            names.add(str(key.value))
            inner.append(value)
    elif isinstance(node, yaml.SequenceNode):
        inner = node.value
    for value in inner:
        yield from _twice(value)


def parse(shape: type[Parsed], document: YamlText, place: Sequence[int | str] = ()) -> Parsed:
    """The document (or the part at `place`) as `shape`. Raises Damaged with every fault at once."""
    value = document.value
    for step in place:
        value = value[step]
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise Damaged([_problem(document, place, fault) for fault in error.errors()]) from error


def _problem(document: YamlText, place: Sequence[int | str], fault: Any) -> Problem:
    where = (*place, *fault["loc"])
    field = ".".join(str(step) for step in where) or "the document"
    remedy = {
        "missing": "Add the field",
        "extra_forbidden": "Take the field out, or mend its name",
    }.get(fault["type"], "Mend the value")
    return Problem(document.file, document.line_of(where), f"{field}: {fault['msg']}", remedy)
