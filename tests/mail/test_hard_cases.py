"""What mail servers and workers do on bad days: no letter is lost, stuck, cut, or sent once more without need."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from flask import Flask
from sqlalchemy import func, select, update

from elearn.accounts.actions import suspend
from elearn.accounts.queries import get_person
from elearn.config import Settings
from elearn.extensions import db
from elearn.jobs.models import Job, JobState
from elearn.jobs.rules import LEASE
from elearn.jobs.worker import run_now
from elearn.mail import actions, delivery, tasks
from elearn.mail.models import Letter
from elearn.mail.rules import LONGEST_ERROR, LetterState
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.mail.server import free_port, serving
from tests.mail.test_outbox import NOW, WORDS, by_smtp, letters, write
from tests.mail.tls import Pair, pair_for
from tests.world import World

SOON = NOW + timedelta(minutes=2)


@pytest.fixture(autouse=True)
def _trust_anew() -> Iterator[None]:
    """What is trusted is read once in each process, and differs from test to test."""
    delivery.trusted.cache_clear()
    yield
    delivery.trusted.cache_clear()


# -- how a server behaves after, before and during a letter ----------------------------------------------------------


@pytest.mark.parametrize("farewell", ["421 Too many connections", "500 What?", ""])
def test_what_a_server_says_to_our_farewell_is_no_matter_of_the_letter(app: Flask, farewell: str) -> None:
    with serving(to_quit=farewell) as server, by_smtp(app, server.url):
        write(app)
        run_now(app)
        assert len(server.taken) == 1
    assert letters(app) == [(LetterState.SENT, 1, "")]


@pytest.mark.parametrize("how", [{"to_hello": "554 We do not talk to you"}, {"to_sender": "553 Not from you"}])
def test_what_is_no_fault_of_the_letter_does_not_end_it(app: Flask, how: dict[str, Any]) -> None:
    with clock.frozen_at(NOW), serving(**how) as server, by_smtp(app, server.url):
        write(app)
        run_now(app)
    [(state, tries, error)] = letters(app)
    assert (state, tries) == (LetterState.WAITING, 1)
    assert next(iter(how.values())) in error
    with clock.frozen_at(SOON), serving() as server, by_smtp(app, server.url):
        run_now(app)
        assert len(server.taken) == 1


def test_a_server_may_think_about_a_letter_for_longer_than_about_a_greeting(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gives up while a server looks for viruses, sends the same letter once more, and once more."""
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    with serving(thinks_for=1.0) as server, by_smtp(app, server.url):
        write(app)
        run_now(app)
        assert len(server.taken) == 1
    assert letters(app) == [(LetterState.SENT, 1, "")]


def test_a_worker_keeps_the_job_for_as_long_as_a_slow_server_may_take(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_to_a_letter = 4  # MAIL, RCPT, DATA, and the end of the data
    assert answers_to_a_letter * delivery.PATIENCE < LEASE.total_seconds()
    leases: list[Any] = []
    connected = delivery.connect

    def late(*arguments: Any) -> Any:
        monkeypatch.setattr(clock, "now", lambda: NOW + LEASE * 0.9)
        return connected(*arguments)

    def look(*_message: Any) -> None:
        leases.append(db.session.scalar(select(Job.leased_until)))

    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(delivery, "connect", late)
    with serving() as server, by_smtp(app, server.url), monkeypatch.context() as looking:
        looking.setattr("smtplib.SMTP.send_message", look)
        write(app)
        run_now(app)
    assert leases == [NOW + LEASE * 1.9]


def test_a_server_that_is_down_is_asked_once_not_for_each_letter(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that waited ten seconds for each of a thousand letters would keep everybody's documents waiting."""
    asked = []
    connected = delivery.connect

    def count(*arguments: Any) -> Any:
        asked.append(clock.now())
        return connected(*arguments)

    monkeypatch.setattr(delivery, "connect", count)
    with clock.frozen_at(NOW):
        for number in range(20):
            write(app, f"p{number}@example.org")
        with by_smtp(app, f"smtp://127.0.0.1:{free_port()}"):
            run_now(app)
            assert len(asked) == 1
            write(app)
            with clock.frozen_at(NOW + tasks.REST):
                run_now(app)
            assert len(asked) == 2, "after a short rest it is asked again"
    assert {(state, tries) for state, tries, _ in letters(app)} == {(LetterState.WAITING, 1)}
    assert all("could not be reached" in error for *_, error in letters(app))
    with clock.frozen_at(NOW + timedelta(minutes=3)), serving() as server, by_smtp(app, server.url):
        run_now(app)
        assert len(server.taken) == 21


def test_words_of_a_server_that_no_database_would_keep(app: Flask) -> None:
    with serving(to_data="554 no\x00 \x1b[31m" + "x" * 300) as server, by_smtp(app, server.url):
        write(app)
        run_now(app)
    [(state, _, error)] = letters(app)
    assert state is LetterState.REFUSED
    assert "554 no" in error
    assert "\x00" not in error
    assert "\x1b" not in error
    assert len(error) <= LONGEST_ERROR


# -- addresses -------------------------------------------------------------------------------------------------------


def test_a_long_address_is_not_cut(app: Flask) -> None:
    address = "a" * 64 + "@" + ".".join(["b" * 46] * 4)
    with serving() as server, by_smtp(app, server.url):
        write(app, address)
        run_now(app)
        assert server.addresses == [address]


@pytest.mark.parametrize("address", ["nobody", "@example.org", "", "é@example.org", "a@" + "ü" * 64])
def test_an_address_that_cannot_be_written_to_ends_the_letter_in_words(app: Flask, address: str) -> None:
    with serving() as server, by_smtp(app, server.url):
        write(app, address)
        run_now(app)
        assert not server.taken
    [(state, _, error)] = letters(app)
    assert state is LetterState.REFUSED
    assert "address" in error


def test_an_address_in_another_script_is_written_to_as_servers_know_it(app: Flask) -> None:
    with serving() as server, by_smtp(app, server.url):
        write(app, "amina@bücher.example")
        run_now(app)
        assert server.addresses == ["amina@xn--bcher-kva.example"]


# -- workers ---------------------------------------------------------------------------------------------------------


def test_a_letter_whose_job_was_given_up_is_taken_up_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies, or a fault of ours, five times in half an hour is no reason to lose a letter."""
    with clock.frozen_at(NOW):
        write(app)
        with app.app_context(), writing():
            db.session.execute(update(Job).values(state=JobState.FAILED, tries=5, last_error="ZeroDivisionError: x"))
    with clock.frozen_at(NOW + timedelta(hours=1)), app.app_context():
        tasks.take_up_again()
        tasks.take_up_again()
    [(state, tries, error)] = letters(app)
    assert (state, tries) == (LetterState.WAITING, 1)
    assert "ZeroDivisionError" in error
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Job.state == JobState.WAITING)) == 1
    with clock.frozen_at(NOW + timedelta(hours=2)), serving() as server, by_smtp(app, server.url):
        run_now(app)
        assert len(server.taken) == 1
    monkeypatch.setattr(actions, "record_failed_try", lambda *_: pytest.fail("it has gone"))
    with app.app_context():
        tasks.take_up_again()


@pytest.mark.parametrize("late", [LetterState.WITHHELD, LetterState.REFUSED, None])
def test_what_a_slower_worker_says_does_not_undo_that_a_letter_went(app: Flask, late: LetterState | None) -> None:
    write(app)
    with app.app_context():
        key = db.session.scalars(select(Letter.id)).one()
        with writing():
            actions.record_sent(key)
        with clock.frozen_at(clock.now() + timedelta(days=4)), writing():
            if late:
                actions.record_ended(key, late, "too late")
            else:
                actions.record_failed_try(key, "too late")
        assert db.session.scalar(select(func.count(Job.id))) == 1
    assert letters(app) == [(LetterState.SENT, 1, "")]


def test_a_letter_about_somebody_suspended_goes_to_no_address_of_theirs(app: Flask, world: World) -> None:
    """Their old address is nobody's any more: the letter knows whom it is about."""
    with app.app_context(), writing():
        actions.send("old@example.org", "Your address was changed", WORDS, person_id=world.people["learner"])
    with app.app_context(), writing():
        suspend(world.viewer("administrator"), get_person(world.people["learner"]).public_id)
    with serving() as server, by_smtp(app, server.url):
        run_now(app)
        assert not server.tried
    assert [state for state, *_ in letters(app)] == [LetterState.WITHHELD]


# -- encryption, and signing in to a server --------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """A certificate for 127.0.0.1 that this process trusts, as it would one that the system trusts."""
    made = pair_for("127.0.0.1", tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def only(name: bytes, password: bytes) -> Any:
    def judge(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (name, password), handled=False)

    return judge


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_over_a_trusted_connection_a_name_and_a_password_are_given(app: Flask, pair: Pair, scheme: str) -> None:
    tls = {"ssl_context" if scheme == "smtps" else "tls_context": pair.context}
    judge = only(b"post@example.org", b"p@ss:w/rd%")
    # aiosmtpd does not count what is encrypted from the start as TLS
    with serving(authenticator=judge, auth_require_tls=scheme == "smtp", **tls) as server:
        with by_smtp(app, f"{scheme}://post%40example.org:p%40ss%3Aw%2Frd%25@127.0.0.1:{server.port}"):
            write(app)
            run_now(app)
        assert len(server.taken) == 1
        assert server.encrypted
        assert server.signed_in
    assert letters(app) == [(LetterState.SENT, 1, "")]


def test_a_server_that_refuses_the_password_is_tried_again(app: Flask, pair: Pair) -> None:
    with serving(authenticator=only(b"a", b"b"), auth_required=True, tls_context=pair.context) as server:
        with by_smtp(app, f"smtp://post:hidden@127.0.0.1:{server.port}"):
            write(app)
            run_now(app)
        assert not server.tried
    [(state, _, error)] = letters(app)
    assert state is LetterState.WAITING
    assert "535" in error
    assert "hidden" not in error


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_for_another_host_is_refused(
    app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    other = pair_for("127.0.0.9", tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.file))
    with serving(**{"ssl_context" if scheme == "smtps" else "tls_context": other.context}) as server:
        with by_smtp(app, f"{scheme}://127.0.0.1:{server.port}"):
            write(app)
            run_now(app)
        assert not server.tried
    [(state, _, error)] = letters(app)
    assert state is LetterState.WAITING
    assert "mismatch" in error


@pytest.mark.parametrize(
    "address", ["smtp.example.org:587", "http://smtp.example.org", "smtp://", "smtp://host:port", "mail"]
)
def test_an_address_of_a_server_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="ELEARN_SMTP_URL"):
        Settings(smtp_url=address)


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_leaves_nothing_behind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    folder = app.extensions["elearn.settings"].instance_path / "mail"
    before = set(folder.glob("*"))
    write(app)
    with monkeypatch.context() as broken:
        broken.setattr("elearn.mail.delivery.os", SimpleNamespace(fsync=full))
        run_now(app)
    assert set(folder.glob("*")) == before
    [(state, _, error)] = letters(app)
    assert state is LetterState.WAITING
    assert "No space left" in error
