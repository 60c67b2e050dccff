"""Fixtures about people."""

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
