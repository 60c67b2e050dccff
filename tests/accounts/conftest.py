"""Fixtures about people."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask


@pytest.fixture(autouse=True)
def mail(app: Flask) -> Path:
    """The folder of outgoing mail, empty."""
    folder: Path = app.extensions["elearn.settings"].instance_path / "mail"
    for message in folder.glob("*.eml"):
        message.unlink()
    return folder


@pytest.fixture
def demand(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Say of whom a second factor is demanded."""

    def say(policy: str) -> None:
        settings = app.extensions["elearn.settings"].model_copy(update={"require_second_factor": policy})
        monkeypatch.setitem(app.extensions, "elearn.settings", settings)

    return say


@pytest.fixture
def of_staff(demand: Callable[[str], None]) -> None:
    """A second factor is demanded of educators and administrators, as by default."""
    demand("staff")
