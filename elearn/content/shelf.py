"""What has been read of a module's folder so far, and how its lists and items are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from elearn.content.problems import Damaged, Parsed, Problem, YamlText, parse, read_yaml
from elearn.content.rendering import Placed, Text
from elearn.content.schema import Fact, ItemRecord, Source, Term
from elearn.content.structure import AnyItem

ItemParser = Callable[[Any], AnyItem]
"""Makes an item of what a file says; raises pydantic's ValidationError."""


@dataclass
class Shelf:
    """One reading of one folder: what was found wrong gathers in `problems`."""

    folder: Path
    parse_item: ItemParser
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    glossary: dict[str, Term] = field(default_factory=dict)
    records: dict[str, ItemRecord] = field(default_factory=dict)
    item_places: dict[str, tuple[str, int]] = field(default_factory=dict)

    def note(self, file: str, line: int, fault: str, remedy: str) -> None:
        """Remember a problem."""
        self.problems.append(Problem(file, line, fault, remedy))

    def entries(self, shape: type[Parsed], name: str) -> Iterator[tuple[int, Parsed]]:
        """Every entry of a list that can be used, with its line."""
        try:
            document = read_yaml(self.folder / name, self.folder)
        except Damaged as damaged:
            self.problems += damaged.problems
            return
        if not isinstance(document.value, list):
            self.note(name, 1, "The file is not a list", "Begin each entry with a dash")
            return
        for index in range(len(document.value)):
            try:
                yield document.line_of((index,)), parse(shape, document, (index,))
            except Damaged as damaged:
                self.problems += damaged.problems

    def by_id(self, shape: Any, name: str) -> dict[str, Any]:
        """The entries of a list by their ids, each of which stands once."""
        found: dict[str, Any] = {}
        for line, entry in self.entries(shape, name):
            if entry.id in found:
                self.note(name, line, f"{entry.id} stands twice", "Keep one of the two")
            found[entry.id] = entry
        return found

    def items(self, document: YamlText, raw: Any, place: tuple[str, ...]) -> list[AnyItem]:
        """The items that stand at this place of a file. Raises Damaged with all that is wrong with any of them."""
        if not isinstance(raw, list | tuple):
            raise Damaged([Problem(document.file, 1, "The file is not a list of items", "Begin each item with a dash")])
        items, problems = [], []
        for index, value in enumerate(raw):
            try:
                item = self.parse_item(self._without_record(document, value, (*place, index)))
            except ValidationError as error:
                name = value.get("id", index + 1) if isinstance(value, dict) else index + 1
                for fault in error.errors():
                    field_name = ".".join(str(step) for step in fault["loc"]) or "the item"
                    where = (*place, index, *fault["loc"])
                    message = f"Item {name}, {field_name}: {fault['msg']}"
                    problems.append(Problem(document.file, document.line_of(where), message, "Mend the item"))
                continue
            line = document.line_of((*place, index))
            if item.id in self.item_places:
                problems.append(Problem(document.file, line, f"The id {item.id} stands twice", "Give one another id"))
            self.item_places[item.id] = (document.file, line)
            problems += [
                Problem(document.file, line, f"Item {item.id}: the fact {key} is not in facts.yaml", "Add it")
                for key in item.facts
                if key not in self.facts
            ]
            items.append(item)
        if problems:
            raise Damaged(problems)
        return items

    def _without_record(self, document: YamlText, value: Any, place: tuple[str | int, ...]) -> Any:
        """What the item itself says. Its record is kept apart: a review of it makes no other version. Raises Damaged."""
        if not isinstance(value, dict) or "record" not in value:
            return value
        self.records[str(value.get("id"))] = parse(ItemRecord, document, (*place, "record"))
        return {name: said for name, said in value.items() if name != "record"}

    def is_withdrawn(self, item: AnyItem | Text | Placed) -> bool:
        """Whether an item, or the check that stands somewhere, has been withdrawn by the dates of its record."""
        record = None if isinstance(item, Text) else self.records.get(item.id)
        return bool(record and record.dates and record.dates.withdrawn)
