"""The bill of materials names everything that is locked and runs, and is one by its schema (C-S16)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import bom

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def text() -> str:
    return bom.bill()


@pytest.fixture(scope="module")
def components(text: str) -> dict[str, dict[str, Any]]:
    """All components, by their package addresses."""
    found = json.loads(text)["components"]
    by_address = {component["purl"]: component for component in found}
    assert len(by_address) == len(found)
    return by_address


def locked() -> dict[str, set[str]]:
    """What requirements.txt pins, and the hashes that pip would take."""
    found: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\w)", (ROOT / "requirements.txt").read_text(encoding="utf-8")):
        name, version = re.match(r"([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", block).groups()  # type: ignore[union-attr]
        found[f"pkg:pypi/{name}@{version}"] = set(re.findall(r"--hash=sha256:(\w{64})", block))
    return found


def test_every_locked_component_is_there_with_its_version_and_hashes(components: dict[str, dict[str, Any]]) -> None:
    told = {
        address: {entry["content"] for one in component["externalReferences"] for entry in one.get("hashes", [])}
        for address, component in components.items()
        if address.startswith("pkg:pypi/")
    }
    assert told == locked()
    assert len(told) > 50
    assert all(told.values())


def test_what_is_built_in_from_npm_is_there_and_the_tools_are_apart(components: dict[str, dict[str, Any]]) -> None:
    packages = json.loads((ROOT / "frontend/package-lock.json").read_text(encoding="utf-8"))["packages"]
    pinned = {
        f"pkg:npm/{name.partition('/')[2]}@{one['version']}"
        for name, one in packages.items()
        if name and not one.get("optional")
    }
    told = {address: one for address, one in components.items() if address.startswith("pkg:npm/")}
    assert {address.replace("%40", "@") for address in told} == pinned
    required = [one["name"] for one in told.values() if one["scope"] == "required"]
    assert required == ["fxa-common-password-list", "nhsuk-frontend"]
    sources = [path for kind in ("scss", "js") for path in (ROOT / "frontend" / kind).rglob("*.*")]
    sources.append(ROOT / "frontend/passwords.mjs")
    named = r"""(?:(?:@use|@forward|@import|from|import) "|"node_modules/)([a-z][\w-]*)/"""
    assert {name for path in sources for name in re.findall(named, path.read_text(encoding="utf-8"))} == set(required)
    assert all(len(one["hashes"][0]["content"]) == 128 for one in told.values())


def test_the_same_lock_files_give_the_same_bytes(text: str) -> None:
    assert bom.bill() == text
    assert str(ROOT) not in text


def test_what_is_no_bill_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    good = bom.python_part()
    monkeypatch.setattr(bom, "python_part", lambda: good | {"components": [{"name": "without a type"}]})
    with pytest.raises(bom.NotValid):
        bom.bill()


def test_ci_writes_it_and_git_leaves_it_out() -> None:
    run = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert run.index("make bom") > run.index("make test")
    assert "/bom.json" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
