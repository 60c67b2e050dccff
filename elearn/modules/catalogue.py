"""The modules that this application offers, parsed once when it starts."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from flask import Flask, current_app

from elearn.content.checking import check
from elearn.content.loading import read_module
from elearn.content.problems import Damaged, Problem
from elearn.content.shelf import Shelf
from elearn.content.structure import Module
from elearn.items import editorial
from elearn.items.base import Item
from elearn.items.registry import parse_item
from elearn.modules.withdrawing import Withdrawal, without
from elearn.shared.canonical import digest
from elearn.shared.missing import NotFound

OWN_CONTENT = Path(__file__).parent / "content"
Catalogue = Mapping[str, Module]


def folders(extra: Path | None = None) -> Iterator[Path]:
    """The folders that hold a module: our own, then those of `extra`."""
    for root in filter(None, (OWN_CONTENT, extra)):
        yield from sorted(path.parent for path in root.glob("*/module.yaml"))


def check_folder(folder: Path) -> list[Problem]:
    """Everything that is wrong in one module's folder."""
    shelf = Shelf(folder, parse_item)
    try:
        module = read_module(shelf)
        return sorted({*check(shelf, module), *editorial.problems(module, shelf.item_places)})
    except Damaged as damaged:
        return sorted({*shelf.problems, *damaged.problems})


def load(folder: Path) -> Module:
    """The module in a folder. Raises Damaged where its `module.yaml` cannot be used."""
    return _load(folder, _fingerprint(folder))


@cache
def _load(folder: Path, _fingerprint: str) -> Module:
    return read_module(Shelf(folder, parse_item))


def _fingerprint(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest([(path.as_posix(), path.stat().st_mtime_ns, path.stat().st_size) for path in files])


def init_app(app: Flask, modules: Iterable[Module]) -> None:
    """Offer these modules."""
    found: dict[str, Module] = {}
    for module in modules:
        if module.slug in found:
            raise ValueError(f"two modules have the slug {module.slug}: give one another in its module.yaml")
        found[module.slug] = module
    app.extensions["elearn.published"] = app.extensions["elearn.catalogue"] = found
    app.extensions["elearn.epoch"] = 0
    app.extensions["elearn.items"] = {
        item.digest: item for module in found.values() for quiz in module.every_quiz for item in quiz.items
    }


def epoch(app: Flask) -> int:
    """The change of content that the application knows of."""
    found: int = app.extensions["elearn.epoch"]
    return found


def withdraw(app: Flask, withdrawals: Collection[Withdrawal], at_epoch: int) -> None:
    """Offer the published modules without these parts, which is what holds since a change. Items keep their digests."""
    published: Catalogue = app.extensions["elearn.published"]
    app.extensions["elearn.catalogue"] = {slug: without(module, withdrawals) for slug, module in published.items()}
    app.extensions["elearn.epoch"] = at_epoch


def published(slug: str) -> Module:
    """The module as its files have it, with what is withdrawn. Raises NotFound."""
    modules: Catalogue = current_app.extensions["elearn.published"]
    if slug not in modules:
        raise NotFound("module")
    return modules[slug]


def catalogue() -> Catalogue:
    """The modules by slug."""
    found: Catalogue = current_app.extensions["elearn.catalogue"]
    return found


def get_module(slug: str) -> Module:
    """The module with this slug. Raises NotFound."""
    module = catalogue().get(slug)
    if module is None:
        raise NotFound("module")
    return module


def find_item(item_digest: str) -> Item | None:
    """The quiz item whose present content has this digest."""
    items: Mapping[str, Item] = current_app.extensions["elearn.items"]
    return items.get(item_digest)
