"""The commands about personal data: the register, erasing again after a restore, and whom a breach concerns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from flask import Flask

from elearn import cli
from elearn.accounts.erasing_rules import ERASED_NAME
from elearn.accounts.own_data import list_affected
from elearn.accounts.queries import get_person
from elearn.audit import actions as audit
from elearn.mail import actions as mail
from elearn.schema import bring_up_to_date
from elearn.shared import clock
from elearn.shared.register_table import BEGIN, END, in_document
from elearn.shared.transactions import writing
from tests.fresh import fresh_app
from tests.world import World


@pytest.fixture
def own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world that the commands find by the environment."""
    with fresh_app(tmp_path) as app:
        bring_up_to_date(app)
        monkeypatch.setattr(cli, "create_app", lambda: app)
        yield World.make(app)


def test_the_register_is_written_between_the_marks(tmp_path: Path, own_world: World) -> None:
    file = tmp_path / "privacy.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    printed = CliRunner().invoke(cli.main, ["privacy", "register"])
    assert CliRunner().invoke(cli.main, ["privacy", "register", "--write", str(file)]).exit_code == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert in_document(text) == printed.output.strip("\n")
    assert "### `people`: your account" in text


def test_whom_a_restore_brought_back_is_erased_again(tmp_path: Path, own_world: World) -> None:
    learner = own_world.viewer("learner")
    file = tmp_path / "list.txt"
    file.write_text(f"{learner.public_id} 2026-11-20\nsomebody-else 2026-11-21\n\n", encoding="utf-8")
    done = CliRunner().invoke(cli.main, ["privacy", "erase-again", str(file)])
    assert (done.exit_code, done.output) == (0, "1 accounts erased again.\n")
    with own_world.app.app_context():
        assert get_person(learner.id).family_name == ERASED_NAME
    again = CliRunner().invoke(cli.main, ["privacy", "erase-again", str(file)])
    assert again.output == "0 accounts erased again.\n"


def test_whom_a_breach_concerns_is_listed(app: Flask, world: World) -> None:
    day = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with clock.frozen_at(day), app.app_context(), writing():
        audit.record("signed in", f"person:{world.people['learner']}", world.people["learner"])
        audit.record("person suspended", f"person:{world.people['suspended']}", world.people["administrator"])
    with clock.frozen_at(day - timedelta(hours=19)), app.app_context(), writing():
        audit.record(
            "signed in", f"person:{world.people['educator']}", world.people["educator"]
        )  # and still there that day
    with clock.frozen_at(day), app.app_context(), writing():
        other = world.viewer("other_learner")
        mail.send(other.email, "Hello", "Hello", person_id=other.id)
    with app.test_request_context():
        found = list_affected(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC))
        names = [person.email.partition("@")[0] for person in found]
        assert sorted(names) == ["administrator", "educator", "learner", "other_learner", "suspended"]
        assert found[names.index("learner")].rows["Cohorts you learn in"] == 1
        assert list_affected(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)) == []


def test_the_command_lists_them(own_world: World) -> None:
    today = f"{clock.today():%Y-%m-%d}"
    done = CliRunner().invoke(cli.main, ["privacy", "affected", "--since", today, "--until", today])
    assert done.exit_code == 0, done.output
    assert "learner@example.org" in done.output
    assert "7 people" in done.output


def test_the_copy_of_whoever_asks_by_letter_is_a_file(tmp_path: Path, own_world: World) -> None:
    file = tmp_path / "copy.zip"
    done = CliRunner().invoke(cli.main, ["privacy", "copy", "--email", "learner@example.org", "--to", str(file)])
    assert done.exit_code == 0, done.output
    with ZipFile(file) as archive:
        assert "Canary-Khan" in archive.read("your-data.html").decode()
    unknown = CliRunner().invoke(cli.main, ["privacy", "copy", "--email", "x@example.org", "--to", str(file)])
    assert (unknown.exit_code, "no person" in unknown.output) == (1, True)
