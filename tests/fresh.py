"""An application of one test's own: to add routes to, to start with other settings, to read the log of."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from flask import Flask

from elearn import create_app
from elearn.extensions import db
from tests.conftest import settings_for
from tests.page import PageClient
from tests.plain import with_plain_quizzes

# Marks a test that is about SQLite alone, without leaving it out on PostgreSQL by a skip.
only_sqlite = pytest.mark.only_sqlite


@contextmanager
def fresh_app(folder: Path, url: str = "", **settings: object) -> Iterator[Flask]:
    """A new application, on a SQLite file in `folder` unless `url` names a database. Logging is put back at the end."""
    logging = structlog.get_config()
    app = with_plain_quizzes(
        create_app(settings_for(url or f"sqlite:///{folder / 'fresh.sqlite3'}", folder, **settings))
    )
    app.test_client_class = PageClient
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        structlog.configure(**logging)
