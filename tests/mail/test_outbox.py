"""The outbox against a real SMTP server that works, is down, refuses, says nothing, or has the wrong certificate."""

import os
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import func, select, text, update

from elearn.accounts.actions import suspend
from elearn.accounts.queries import get_person
from elearn.extensions import db
from elearn.jobs.models import Job
from elearn.jobs.worker import run_now
from elearn.mail import actions, delivery, tasks
from elearn.mail.models import Letter
from elearn.mail.rules import LONGEST_SUBJECT, LetterState, next_try, one_line
from elearn.shared import clock
from elearn.shared.transactions import writing
from tests.faults.doses import Dose
from tests.mail.server import Server, free_port, serving
from tests.page import PageClient
from tests.post import empty_post, messages, text_of_letter
from tests.world import World

LETTERS = Dose(50, 1_000)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WORDS = "Hello Amina\n\nPlease open this page:\n\nhttps://localhost/account/confirm/abc/\n\nThe elearn project\n"


def write(app: Flask, recipient: str = "amina@example.org", subject: str = "Hello", words: str = WORDS) -> None:
    with app.app_context(), writing():
        actions.send(recipient, subject, words)


def letters(app: Flask) -> list[tuple[LetterState, int, str]]:
    with app.app_context():
        return [
            (one.state, one.tries, one.last_error) for one in db.session.scalars(select(Letter).order_by(Letter.id))
        ]


@contextmanager
def by_smtp(app: Flask, url: str) -> Iterator[None]:
    """Let the application hand its letters to this server."""
    before = app.extensions["elearn.settings"]
    app.extensions["elearn.settings"] = before.model_copy(update={"smtp_url": url})
    try:
        yield
    finally:
        app.extensions["elearn.settings"] = before


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    with serving() as found, by_smtp(app, found.url):
        yield found


# -- a server that works ---------------------------------------------------------------------------------------------


def test_a_letter_goes_as_text_and_as_a_page(app: Flask, server: Server) -> None:
    write(app, subject="Confirm your e-mail address")
    assert server.tried == 0, "it was handed over before the worker came"
    run_now(app)
    [message] = server.taken
    assert message["To"] == "amina@example.org"
    assert message["From"] == "The elearn project <support@example.org>"
    assert message["Subject"] == "Confirm your e-mail address"
    assert message["Auto-Submitted"] == "auto-generated"
    assert text_of_letter(message).replace("\r\n", "\n") == WORDS
    html = message.get_body(("html",))
    assert html is not None
    page = str(html.get_content())
    assert '<a href="https://localhost/account/confirm/abc/">https://localhost/account/confirm/abc/</a>' in page
    assert '<html lang="en-GB">' in page
    assert "<img" not in page
    assert letters(app) == [(LetterState.SENT, 1, "")]


def test_nothing_is_sent_of_a_write_that_fails(app: Flask, server: Server) -> None:
    with app.app_context(), pytest.raises(ZeroDivisionError), writing():
        actions.send("amina@example.org", "Hello", WORDS)
        raise ZeroDivisionError
    assert run_now(app) == 0
    assert not letters(app)
    assert not server.tried


def test_many_letters_go_once_each(app: Flask, server: Server) -> None:
    count = LETTERS.now
    with app.app_context(), writing():
        for number in range(count):
            actions.send(f"p{number}@example.org", "Hello", f"Letter {number}")
    while run_now(app):
        pass
    assert sorted(str(message["To"]) for message in server.taken) == sorted(f"p{n}@example.org" for n in range(count))
    assert len({message["Message-ID"] for message in server.taken}) == count


def test_one_key_is_one_letter(app: Flask, server: Server) -> None:
    for _ in range(3):
        with app.app_context(), writing():
            actions.send("amina@example.org", "Your mark", WORDS, key="mark-change-7")
    run_now(app)
    assert [message["Message-ID"] for message in server.taken] == ["<mark-change-7@example.org>"]


@pytest.mark.parametrize("hostile", ["Hello\r\nBcc: eve@example.org", "Hello\nX: y", "a\x00b\x1fc", "é" * 500])
def test_no_header_can_be_smuggled_in(app: Flask, server: Server, hostile: str) -> None:
    write(app, subject=hostile)
    run_now(app)
    [message] = server.taken
    assert message["Bcc"] is None
    assert message["X"] is None
    assert str(message["Subject"]) == one_line(hostile)
    assert len(one_line(hostile)) <= LONGEST_SUBJECT


def test_hostile_words_are_inert_in_the_page(app: Flask) -> None:
    with app.app_context():
        page = delivery.page_of("<script>a</script>", 'Hello <img src=x onerror="a()">\n\nhttps://x.example/"><b>')
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;img src=x" in page


# -- a server that does not ------------------------------------------------------------------------------------------


def test_while_the_server_is_down_letters_wait_and_then_go(app: Flask) -> None:
    with clock.frozen_at(NOW):
        write(app)
        with by_smtp(app, f"smtp://127.0.0.1:{free_port()}"):
            run_now(app)
    [(state, tries, error)] = letters(app)
    assert (state, tries) == (LetterState.WAITING, 1)
    assert "ConnectionRefusedError" in error
    with serving() as server, by_smtp(app, server.url):
        with clock.frozen_at(NOW + timedelta(minutes=1, seconds=59)):
            assert run_now(app) == 0
        with clock.frozen_at(NOW + timedelta(minutes=2)):
            run_now(app)
        assert len(server.taken) == 1
    assert letters(app) == [(LetterState.SENT, 2, "")]


def test_a_letter_is_tried_for_three_days_and_then_given_up(app: Flask) -> None:
    now, tried = NOW, 0
    with clock.frozen_at(now):
        write(app)
    with by_smtp(app, f"smtp://127.0.0.1:{free_port()}"):
        while letters(app)[0][0] is LetterState.WAITING:
            with app.app_context():
                due = db.session.scalar(select(func.max(Job.due_at)).where(Job.state == "waiting"))
            assert due is not None
            now = due
            with clock.frozen_at(now):
                tried += run_now(app)
    assert 70 <= tried <= 90
    assert timedelta(hours=71) <= now - NOW <= timedelta(hours=72)
    assert letters(app)[0][:2] == (LetterState.REFUSED, tried)


@pytest.mark.parametrize(
    ("how", "state"),
    [
        ({"to_recipient": "450 Mailbox busy"}, LetterState.WAITING),
        ({"to_recipient": "550 No such person"}, LetterState.REFUSED),
        ({"to_data": "451 Try later"}, LetterState.WAITING),
        ({"to_data": "554 Not wanted"}, LetterState.REFUSED),
    ],
)
def test_what_the_server_answers_decides(app: Flask, how: dict[str, Any], state: LetterState) -> None:
    with clock.frozen_at(NOW), serving(**how) as server, by_smtp(app, server.url):
        write(app)
        run_now(app)
        assert run_now(app) == 0
        assert server.tried == 1
    [(found, tries, error)] = letters(app)
    assert (found, tries) == (state, 1)
    assert next(iter(how.values())).partition(" ")[2] in error


def test_a_server_that_takes_the_letter_and_says_nothing_gets_it_again_under_the_same_id(app: Flask) -> None:
    with serving(drops=True) as server, by_smtp(app, server.url):
        with clock.frozen_at(NOW):
            write(app)
            run_now(app)
        assert letters(app)[0][0] is LetterState.WAITING
        server.drops = False
        with clock.frozen_at(NOW + timedelta(hours=1)):
            run_now(app)
        assert len(server.taken) == 2
        assert len({message["Message-ID"] for message in server.taken}) == 1
    assert letters(app)[0][:2] == (LetterState.SENT, 2)


def test_a_server_that_is_silent_is_left(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.2)
    write(app)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        by_smtp(app, f"smtp://127.0.0.1:{silent.getsockname()[1]}"),
    ):
        run_now(app)
    [(state, _, error)] = letters(app)
    assert state is LetterState.WAITING
    assert "timed out" in error.lower()


def test_a_worker_that_dies_before_it_notes_the_hand_over_sends_at_most_one_more(
    app: Flask, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_letter_id: int) -> None:
        raise SystemExit

    with clock.frozen_at(NOW):
        write(app)
        with monkeypatch.context() as dying, pytest.raises(SystemExit):
            dying.setattr(actions, "record_sent", die)
            run_now(app)
        assert run_now(app) == 0, "the lease of the dead worker is not over"
    with clock.frozen_at(NOW + timedelta(minutes=2)):
        run_now(app)
        assert run_now(app) == 0
    assert len(server.taken) == 2
    assert len({message["Message-ID"] for message in server.taken}) == 1
    assert letters(app)[0][0] is LetterState.SENT


def test_a_job_that_is_run_again_does_nothing_twice(app: Flask, server: Server) -> None:
    write(app)
    run_now(app)
    with app.app_context(), writing():
        db.session.execute(update(Job).values(state="waiting", tries=0, leased_until=None))
    run_now(app)
    assert len(server.taken) == 1


# -- encryption ------------------------------------------------------------------------------------------------------


@pytest.fixture
def wrong_certificate(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that nobody whom we trust has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_server_with_the_wrong_certificate_gets_nothing(app: Flask, wrong_certificate: ssl.SSLContext) -> None:
    with serving(tls_context=wrong_certificate) as server:
        with by_smtp(app, server.url):
            write(app)
            run_now(app)
        assert not server.tried
    [(state, _, error)] = letters(app)
    assert state is LetterState.WAITING
    assert "SSLCertVerificationError" in error


def test_a_password_is_sent_to_no_server_without_encryption(app: Flask) -> None:
    with serving() as server:
        with by_smtp(app, f"smtp://elearn:secret@127.0.0.1:{server.port}"):
            write(app)
            run_now(app)
        assert not server.tried
    [(state, _, error)] = letters(app)
    assert state is LetterState.WAITING
    assert "offers no encryption" in error
    assert "secret" not in error


def test_no_letter_goes_to_another_machine_without_encryption(app: Flask) -> None:
    """0.0.0.0 reaches this machine, and is no name of it."""
    with serving() as server:
        with by_smtp(app, f"smtp://0.0.0.0:{server.port}"):
            write(app)
            run_now(app)
        assert not server.tried
    [(state, _, error)] = letters(app)
    assert state is LetterState.WAITING
    assert "offers no encryption" in error


# -- whom, and what is kept ------------------------------------------------------------------------------------------


def test_whoever_is_suspended_gets_no_letter(app: Flask, world: World, server: Server) -> None:
    for persona in ("learner", "suspended"):
        write(app, f"{persona}@example.org")
    with app.app_context(), writing():
        suspend(world.viewer("administrator"), get_person(world.people["learner"]).public_id)
    run_now(app)
    assert not server.tried
    assert [state for state, *_ in letters(app)] == [LetterState.WITHHELD] * 2


def test_the_words_are_sealed_and_go_after_a_week(app: Flask, server: Server) -> None:
    with clock.frozen_at(NOW):
        write(app)
        run_now(app)
    for days, kept in ((6.99, True), (7.01, False)):
        with clock.frozen_at(NOW + timedelta(days=days)), app.app_context():
            tasks.forget_words()
            sealed = db.session.scalars(text("SELECT sealed_text FROM letters")).one()
            assert bool(sealed) is kept
            assert "confirm" not in sealed
    assert len(server.taken) == 1


def test_files_go_with_the_words_and_what_was_half_written_goes_too(app: Flask) -> None:
    box = empty_post(app)
    folder = Path(app.instance_path) / "mail"
    with clock.frozen_at(NOW):
        write(app)
        run_now(app)
    assert len(messages(box)) == 1
    halves = [folder / f"{delivery.HALF}{name}" for name in ("old", "new")]
    for half in halves:
        half.write_text("Hello Amina")
    os.utime(halves[0], (time.time() - 2 * delivery.A_HOUR,) * 2)
    for days, kept in ((6.99, 1), (7.01, 0)):
        with clock.frozen_at(NOW + timedelta(days=days)), app.app_context():
            tasks.forget_words()
            tasks.sweep_files()
        assert len(list(folder.glob("*.eml"))) == kept
    assert [half.exists() for half in halves] == [False, True]
    halves[1].unlink()


def test_without_a_server_a_letter_is_a_whole_file(app: Flask) -> None:
    box = empty_post(app)
    write(app)
    [message] = messages(box)
    assert text_of_letter(message) == WORDS
    assert not [file for file in box.folder.iterdir() if file.suffix != ".eml"]


@pytest.mark.parametrize(
    ("tries", "age", "given_up", "wait"),
    [
        (1, timedelta(0), False, timedelta(minutes=2)),
        (2, timedelta(minutes=2), False, timedelta(minutes=4)),
        (5, timedelta(minutes=30), False, timedelta(minutes=32)),
        (6, timedelta(hours=1), False, timedelta(hours=1)),
        (60, timedelta(hours=71), False, timedelta(hours=1)),
        (61, timedelta(hours=71, seconds=1), True, timedelta(hours=1)),
        (10_000, timedelta(hours=73), True, timedelta(hours=1)),
    ],
)
def test_when_a_letter_is_tried_again(tries: int, age: timedelta, given_up: bool, wait: timedelta) -> None:
    then = next_try(tries, NOW - age, NOW)
    assert (then.given_up, then.at - NOW) == (given_up, wait)


# -- the administrator's page ----------------------------------------------------------------------------------------


def test_an_administrator_finds_a_letter_and_sends_it_again(
    client: PageClient, app: Flask, world: World, server: Server
) -> None:
    write(app, subject="First")
    write(app, "bram@example.org", "Second")
    run_now(app)
    world.sign_in(client, "administrator")
    page = client.get("/admin/mail/?q=bram&state=sent").get_data(as_text=True)
    assert "1 letter</h2>" in page
    assert "Second" in page
    assert "amina@example.org" not in page
    [address] = re.findall(r'action="(/admin/mail/[^/"]+/again/)"', page)
    assert client.send(address).status_code == 303
    assert "on its way to bram@example.org once more" in client.get("/admin/mail/").get_data(as_text=True)
    run_now(app)
    assert [str(message["To"]) for message in server.taken].count("bram@example.org") == 2
    assert len({message["Message-ID"] for message in server.taken}) == 3
    for words in ("", "unreadable"):
        with app.app_context(), writing():
            db.session.execute(update(Letter).values(sealed_text=words))
        client.send(address)
        assert "cannot be sent again" in client.get("/admin/mail/").get_data(as_text=True)
    assert client.send("/admin/mail/none/again/").status_code == 404
    assert client.get("/admin/mail/?state=burnt").status_code == 422
