"""Fixtures about people."""

import pytest
from flask import Flask

from tests.post import PostBox, empty_post


@pytest.fixture(autouse=True)
def mail(app: Flask) -> PostBox:
    """The folder of letters, empty."""
    return empty_post(app)
