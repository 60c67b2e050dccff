"""The commands of auditors and operators, and the role that may only add to the trail (C-S14)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import click.testing
import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from elearn import cli
from elearn.audit import checkpoints, tasks
from elearn.extensions import db
from elearn.schema import grants
from elearn.shared.transactions import writing
from tests.audit.conftest import record
from tests.audit.test_sealing import behind_our_back, order
from tests.fresh import fresh_app
from tests.page import PageClient
from tests.world import World

Run = Callable[..., click.testing.Result]


@pytest.fixture
def run(app: Flask, place: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, on the database of the test."""
    monkeypatch.setattr(cli, "create_app", lambda: app)
    return lambda *words: click.testing.CliRunner().invoke(cli.main, list(words))


def test_an_auditor_is_told_how_things_stand(app: Flask, run: Run) -> None:
    record(app, 3)
    before = run("audit", "verify")
    assert (before.exit_code, before.stdout) == (
        0,
        "0 events are sealed; 3 are not sealed yet\nThere is no checkpoint.\n0 faults\n",
    )
    made = run("audit", "checkpoint")
    assert (made.exit_code, made.stdout) == (0, "3 events sealed now; checkpoint 1 is at seal 3.\n")
    record(app, 1)
    after = run("audit", "verify")
    assert after.exit_code == 0
    assert "3 events are sealed; 1 are not sealed yet\n1 checkpoints, the last at seal 3, " in after.stdout
    assert after.stdout.endswith("\n0 faults\n")


def test_a_change_is_told_with_its_place_and_exit_code_1(app: Flask, run: Run) -> None:
    record(app, 5)
    run("audit", "checkpoint")
    behind_our_back(app, f"UPDATE audit_events SET actor_id = 8 WHERE id = {order(app)[1]}")
    found = run("audit", "verify")
    assert found.exit_code == 1
    assert f"seal 2: event {order(app)[1]} or its seal was changed\n" in found.stdout
    assert found.stdout.endswith("\n1 faults\n")


def test_a_trail_rewritten_with_its_checkpoints_shows_against_copies_kept_elsewhere(
    app: Flask, run: Run, place: Path, tmp_path: Path
) -> None:
    record(app, 4)
    run("audit", "checkpoint")
    copies = tmp_path / "copies.jsonl", tmp_path / "copy.pem"
    copies[0].write_bytes((place / checkpoints.FILE).read_bytes())
    copies[1].write_text(run("audit", "key").stdout)
    elsewhere = ("audit", "verify", "--checkpoints", str(copies[0]), "--public-key", str(copies[1]))
    assert run(*elsewhere).exit_code == 0
    # Somebody with the run of the machine: another event, all seals anew, new keys, a new file.
    behind_our_back(app, "UPDATE audit_events SET actor_id = 8", "DELETE FROM audit_seals")
    for file in (checkpoints.FILE, checkpoints.SIGNING_KEY, checkpoints.PUBLIC_KEY):
        (place / file).unlink()
    assert run("audit", "checkpoint").exit_code == 0
    assert run("audit", "verify").exit_code == 0, "here everything agrees"
    found = run(*elsewhere)
    assert found.exit_code == 1
    assert "the chain is another one than at the checkpoint made here" in found.stdout


def test_without_the_public_key_nothing_is_believed(app: Flask, run: Run, place: Path) -> None:
    record(app, 1)
    run("audit", "checkpoint")
    (place / checkpoints.PUBLIC_KEY).unlink()
    found = run("audit", "verify")
    assert found.exit_code == 1
    assert "no checkpoint can be believed" in found.stdout


def test_a_chain_that_was_cut_is_not_signed_again(app: Flask, run: Run) -> None:
    record(app, 3)
    run("audit", "checkpoint")
    last = order(app)[-1]
    behind_our_back(app, "DELETE FROM audit_seals WHERE sequence = 3")
    assert run("audit", "checkpoint").exit_code == 0, "an event whose seal alone is gone is sealed again as it was"
    behind_our_back(app, "DELETE FROM audit_seals WHERE sequence = 3", f"DELETE FROM audit_events WHERE id = {last}")
    refused = run("audit", "checkpoint")
    assert refused.exit_code == 1
    assert "run elearn audit verify" in refused.output


def test_a_demonstration_keeps_its_checkpoints_apart(tmp_path: Path) -> None:
    with fresh_app(tmp_path, demonstration=True) as app, app.app_context():
        assert tasks.folder() == tmp_path / "audit-demonstration"


# -- the role of the application -----------------------------------------------------------------------------------------

# Roles belong to the whole server, which the processes of a test run share.
ROLE = f'elearn "app" {os.environ.get("PYTEST_XDIST_WORKER", "main")}'
QUOTED = '"{}"'.format(ROLE.replace('"', '""'))


@pytest.fixture
def limited(postgresql_app: Flask, postgresql_url: str) -> Iterator[Engine]:
    """A connection as a role that has only what `elearn db grants` prints."""
    owner = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {QUOTED} LOGIN")
        for statement in grants(ROLE):
            connection.exec_driver_sql(statement)
    engine = create_engine(owner.url.set(username=ROLE), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()
    with owner.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {QUOTED}")
        connection.exec_driver_sql(f"DROP ROLE {QUOTED}")
    owner.dispose()


@pytest.mark.parametrize("table", ["audit_events", "audit_seals"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = 'x'",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TABLE {table}",
        "DROP TRIGGER refuse_update_{table} ON {table}",
    ],
)
def test_the_role_may_not_change_the_trail_nor_its_guards(limited: Engine, table: str, statement: str) -> None:
    column = "kind" if table == "audit_events" else "hash"
    with limited.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(statement.format(table=table, column=column)))


def test_the_application_runs_as_that_role(
    limited: Engine, postgresql_app: Flask, postgresql_url: str, tmp_path: Path
) -> None:
    with postgresql_app.app_context():
        before = db.session.scalar(text("SELECT count(*) FROM audit_events"))
        db.session.remove()
    assert before is not None
    address = limited.url.render_as_string(hide_password=False)
    with fresh_app(tmp_path, address) as app:
        world = World(app)
        with app.app_context(), writing():
            world.people["someone"] = world.add_person("someone", "Some", "One").id
        browser = app.test_client()
        assert isinstance(browser, PageClient)
        world.sign_in(browser, "someone")
        assert browser.get("/learning/").status_code == 200
        assert browser.send("/modules/clinical-trials-rare-disease/start/").status_code == 303
        with app.app_context():
            assert tasks.seal_waiting() >= 3
            assert tasks.make_checkpoint() is not None
            assert db.session.scalar(text("SELECT current_user")) == ROLE


def test_the_command_prints_the_sql(run: Run) -> None:
    told = run("db", "grants", "elearn_app").stdout.splitlines()
    assert told[0] == "BEGIN;"
    assert 'GRANT SELECT, INSERT ON audit_events, audit_seals TO "elearn_app";' in told
    assert told[-1] == "COMMIT;"
