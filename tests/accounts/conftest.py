"""Fixtures about people."""

from collections.abc import Callable
from dataclasses import dataclass

import flask_security.utils
import pytest
from argon2 import PasswordHasher
from flask import Flask

from tests.post import PostBox, empty_post


@pytest.fixture(autouse=True)
def mail(app: Flask) -> PostBox:
    """The folder of letters, empty."""
    return empty_post(app)


@dataclass(frozen=True)
class Letter:
    """What somebody was written."""

    recipient: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """The path of the first link in it."""
        [line, *_] = [line for line in self.text.splitlines() if line.startswith("https://")]
        return line.removeprefix("https://localhost")


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> list[Letter]:
    """The letters about passwords and addresses, as they are handed to the mail."""
    sent: list[Letter] = []
    monkeypatch.setattr("elearn.mail.actions.send", lambda *letter, **_more: sent.append(Letter(*letter)))
    return sent


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count what the hasher is asked for, and let it make weak hashes: its strength is not what these tests are about."""
    asked: list[str] = []
    context = vars(flask_security.utils)["_pwd_context"]
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

    class Counting:
        def hash(self, secret: str, **_options: object) -> str:
            asked.append("hash")
            return weak.hash(secret)

        def verify(self, secret: str, hashed: str) -> bool:
            asked.append("verify")
            return bool(context.verify(secret, hashed))

        def verify_and_update(self, secret: str, hashed: str) -> tuple[bool, None]:
            return self.verify(secret, hashed), None

        def __getattr__(self, name: str) -> object:
            return getattr(context, name)

    monkeypatch.setattr(flask_security.utils, "_pwd_context", Counting())
    return asked


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
