"""Which algorithms are used, and that nothing is believed that was changed: seals, cookies, links, passwords (ASVS V11)."""

import ast
import base64
import hashlib
import hmac
import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask
from flask_security.utils import hash_password
from itsdangerous import Signer
from pydantic import SecretStr
from sqlalchemy import select

from elearn.accounts import links
from elearn.accounts.queries import get_person
from elearn.accounts.security import confirmation_address
from elearn.extensions import db
from elearn.mail import actions as mail
from elearn.mail.models import Letter
from elearn.shared import clock
from elearn.shared.columns import unguessable_id
from elearn.shared.sealing import NotOurs, seal, unseal
from elearn.shared.transactions import writing
from tests.conftest import NOON
from tests.page import PageClient
from tests.test_house import ROOT, SOURCES, name_of
from tests.world import PASSWORD, World

KEY = "a secret that only tests use, long enough"
WORDS = "Grüße an Amina"
SHA256_SIGNATURE = 43
"""Characters of 32 bytes in base64 without padding; of SHA-1's 20 bytes there are 27."""


def opened(use: str, sealed: str, seconds: int | None = None) -> str | None:
    try:
        return unseal(use, sealed, seconds)
    except NotOurs:
        return None


# -- seals -----------------------------------------------------------------------------------------------------------


def test_a_seal_is_aes_256_gcm_under_a_key_of_its_use(sqlite_app: Flask) -> None:
    """Opened here by hand, from the words of docs/operations.md alone."""
    with sqlite_app.app_context(), clock.frozen_at(NOON):
        raw = base64.urlsafe_b64decode(seal("letter", WORDS))
    key = HKDF(SHA256(), length=32, salt=None, info=b"elearn sealing: letter").derive(KEY.encode())
    form, made, nonce, hidden = raw[:1], raw[1:9], raw[9:21], raw[21:]
    assert form == b"\x01"
    assert int.from_bytes(made) == int(NOON.timestamp())
    assert AESGCM(key).decrypt(nonce, hidden, form + made + b"letter").decode() == WORDS


def test_every_byte_of_a_seal_counts(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        sealed = seal("letter", WORDS)
        raw = base64.urlsafe_b64decode(sealed)
        assert opened("letter", sealed) == WORDS
        changed = [raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :] for at in range(len(raw)) for bit in range(8)]
        cut = [raw[:length] for length in range(len(raw))] + [raw + b"\0", raw[1:], b"\0" + raw]
        assert len(changed) > 400
        for other in changed + cut:
            assert opened("letter", base64.urlsafe_b64encode(other).decode()) is None


def test_every_letter_of_a_seal_counts(sqlite_app: Flask) -> None:
    """No second spelling: neither other padding, nor blanks, nor bits that base64 would forgive."""
    with sqlite_app.app_context():
        for length in range(4):
            sealed = seal("letter", "x" * length)
            for at in range(len(sealed)):
                for letter in "AB_-=+/ \n\0é":
                    other = sealed[:at] + letter + sealed[at + 1 :]
                    assert other == sealed or opened("letter", other) is None
            for other in (sealed + "=", sealed.rstrip("="), f" {sealed}", sealed + "\n", sealed + "AAAA"):
                assert other == sealed or opened("letter", other) is None


@pytest.mark.parametrize("rubbish", ["", "A", "====", "é", "\0", "gAAAAABnot-fernet-any-more", "A" * 10_000])
def test_rubbish_is_not_ours_and_no_error(sqlite_app: Flask, rubbish: str) -> None:
    with sqlite_app.app_context():
        assert opened("letter", rubbish) is None


def test_a_seal_is_good_for_its_use_alone(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        sealed = seal("authenticator secret", WORDS)
        assert opened("letter", sealed) is None
        assert opened("authenticator", sealed) is None
        assert opened("authenticator secret", sealed) == WORDS


def test_no_two_seals_share_a_nonce(sqlite_app: Flask) -> None:
    with sqlite_app.app_context(), clock.frozen_at(NOON):
        seals = [base64.urlsafe_b64decode(seal("letter", WORDS)) for _ in range(2000)]
    assert len({raw[9:21] for raw in seals}) == 2000


@pytest.mark.parametrize(("after", "opens"), [(0, True), (60, True), (61, False), (-60, True), (-61, False)])
def test_a_seal_is_too_old_to_the_second(sqlite_app: Flask, after: int, opens: bool) -> None:
    with sqlite_app.app_context():
        with clock.frozen_at(NOON):
            sealed = seal("letter", WORDS)
        with clock.frozen_at(NOON + timedelta(seconds=after)):
            assert (opened("letter", sealed, 60) == WORDS) is opens
            assert opened("letter", sealed) == WORDS


def test_what_an_earlier_key_sealed_is_opened_and_a_strangers_is_not(
    sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = sqlite_app.extensions["elearn.settings"]
    with sqlite_app.app_context():
        sealed = seal("letter", WORDS)
        stranger = SecretStr("nobody's key")
        for old, opens in (([settings.secret_key], True), ([stranger, settings.secret_key], True), ([stranger], False)):
            new = {"secret_key": SecretStr("another secret, long enough too"), "old_secret_keys": old}
            monkeypatch.setitem(sqlite_app.extensions, "elearn.settings", settings.model_copy(update=new))
            assert (opened("letter", sealed) == WORDS) is opens
            assert opened("letter", seal("letter", WORDS)) == WORDS


def test_what_a_letter_says_lies_sealed_in_the_database(app: Flask) -> None:
    with app.app_context():
        with writing():
            mail.send("amina@example.org", "Hello", WORDS)
        kept = db.session.scalars(select(Letter.sealed_text)).one()
        assert "Amina" not in kept
        assert unseal("letter", kept) == WORDS


# -- signatures ------------------------------------------------------------------------------------------------------


def signatures(world: World, client: PageClient) -> dict[str, str]:
    """One of everything that is signed and handed out, as the outside sees it."""
    page = client.get("/account/sign-in/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token, page
    client.send("/account/sign-in/", {"email": "learner@example.org", "password": PASSWORD})
    cookies = {name: client.get_cookie(name) for name in ("__Host-elearn", "__Host-elearn-device")}
    with world.app.test_request_context(base_url="https://localhost"):
        person = get_person(world.people["learner"])
        return {
            "csrf token": token[1],
            "confirmation": confirmation_address(person).rstrip("/").rpartition("/")[2],
            "reset": links.make(person, links.RESET),
            "new address": links.make(person, links.EMAIL, "new@example.org"),
            **{name: cookie.value for name, cookie in cookies.items() if cookie is not None},
        }


def test_everything_is_signed_by_sha_256_and_no_letter_of_it_may_change(
    app: Flask, world: World, client: PageClient
) -> None:
    found = signatures(world, client)
    assert len(found) == 6
    assert {name: len(value.rpartition(".")[2]) for name, value in found.items()} == dict.fromkeys(
        found, SHA256_SIGNATURE
    )
    assert Signer.default_digest_method is hashlib.sha256
    with app.test_request_context(base_url="https://localhost"):
        link = found["reset"]
        assert links.find(link, links.RESET) is not None
        assert links.find(link, links.EMAIL) is None
        for at in range(len(link) - 1):  # of the last letter, two bits say nothing
            assert links.find(link[:at] + ("A" if link[at] != "A" else "B") + link[at + 1 :], links.RESET) is None


def test_a_cookie_that_was_changed_signs_nobody_in(app: Flask, world: World, client: PageClient) -> None:
    world.sign_in(client, "learner")
    cookie = client.get_cookie("__Host-elearn")
    assert cookie is not None
    assert client.get("/learning/").status_code == 200
    payload, _, signature = cookie.value.rpartition(".")
    weaker = base64.urlsafe_b64encode(hmac.new(KEY.encode(), payload.encode(), hashlib.sha1).digest()).decode()
    changed = [cookie.value[:at] + "~" + cookie.value[at + 1 :] for at in range(0, len(cookie.value), 3)]
    for forged in (*changed, payload, f"{payload}.", f"{payload}.{weaker.rstrip('=')}", f".{signature}"):
        client.set_cookie("__Host-elearn", forged, secure=True, httponly=True, samesite="Lax")
        assert client.get("/learning/").status_code == 303, forged


# -- passwords and random values ---------------------------------------------------------------------------------------


def test_passwords_are_kept_by_argon2id_as_strong_as_advised(sqlite_app: Flask) -> None:
    """At least 19 MiB and two rounds, or as much: OWASP's Password Storage Cheat Sheet."""
    with sqlite_app.app_context():
        one, two = hash_password(PASSWORD), hash_password(PASSWORD)
    _, kind, version, cost, salt, digest = one.split("$")
    memory, rounds, _lanes = (int(part.partition("=")[2]) for part in cost.split(","))
    assert (kind, version) == ("argon2id", "v=19")
    assert memory >= 19 * 1024
    assert rounds >= 2
    assert len(base64.b64decode(salt + "==")) >= 16
    assert len(base64.b64decode(digest + "=")) >= 32
    assert one != two


def test_ids_in_addresses_are_128_random_bits() -> None:
    found = {unguessable_id() for _ in range(1000)}
    assert len(found) == 1000
    assert {len(base64.urlsafe_b64decode(one + "==")) for one in found} == {16}


# -- the inventory -----------------------------------------------------------------------------------------------------

LIBRARIES = {
    *("argon2", "cryptography", "hashlib", "hmac", "itsdangerous", "joserfc", "jwt", "passlib", "random", "secrets"),
    *("ssl", "uuid", "webauthn", "Crypto", "nacl"),
}
# The order of questions and invented people: drawn from a `Random` that production gives as `SystemRandom`.
DRAWN = {
    *("elearn/demonstration.py", "elearn/items/base.py", "elearn/items/unfolding_case.py"),
    *("elearn/quizzes/actions.py", "elearn/quizzes/paper.py"),
}
WEAK = re.compile(r"\b(md5|sha1|SHA1|MD5|ECB|DES|TripleDES|ARC4|Blowfish|PKCS1v15|uuid1|uuid4)\b")


def libraries_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found |= {name.partition(".")[0] for name in names} & LIBRARIES
    return found


def test_every_use_of_cryptography_is_in_the_inventory() -> None:
    """`docs/operations.md` names each file that imports such a library, and no other."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = text.partition("\n## Keys and cryptography\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(elearn/[\w/]+\.py)`", section))
    used = {name_of(path) for path in SOURCES if libraries_of(path)}
    assert named == used


def test_no_weak_algorithm_and_no_guessable_random_number_is_named() -> None:
    assert [name_of(path) for path in SOURCES if WEAK.search(path.read_text(encoding="utf-8"))] == []
    assert {name_of(path) for path in SOURCES if libraries_of(path) & {"random", "uuid"}} == DRAWN
