"""A trail to seal, and a folder of checkpoints that no other test has filled."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from elearn.audit import actions, tasks
from elearn.shared.transactions import writing


@pytest.fixture
def place(app: Flask) -> Iterator[Path]:
    """The folder of checkpoints, empty."""
    with app.app_context():
        folder = tasks.folder()
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def record(app: Flask, count: int, kind: str = "step done") -> None:
    """So many events more."""
    with app.app_context(), writing():
        for number in range(count):
            actions.record(kind, f"enrolment:{number}", 7, step=f"lesson:{number}", done=True)
