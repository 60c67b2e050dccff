"""Passkeys, by py_webauthn: adding one, and signing in with one, as the second factor or instead of the password.

A passkey is always asked to check the person (PIN, fingerprint, face), so it is two factors in one. The challenge travels
in the form, sealed for ten minutes; its answer counts once.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import delete, select
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from elearn.accounts import factors, sign_ins
from elearn.accounts.factor_models import LONGEST_PASSKEY_NAME, Passkey, SpentChallenge
from elearn.accounts.models import Person
from elearn.accounts.rules import Viewer, tidy
from elearn.audit import actions as audit
from elearn.config import Settings
from elearn.extensions import db
from elearn.shared import clock
from elearn.shared.once import insert_once
from elearn.shared.sealing import NotOurs, seal, unseal

SECONDS = 600
_ADD, _GIVE = "passkey to add", "passkey to give"
_LONGEST_CREDENTIAL = 20_000
_KEPT = timedelta(days=1)


class BadPasskey(ValueError):
    """What the browser sent is no answer of a passkey that counts here."""


@dataclass(frozen=True)
class Asked:
    """What a page asks the browser: the options as JSON, and the challenge as the form carries it."""

    options: str
    sealed: str


def _settings() -> Settings:
    found: Settings = current_app.extensions["elearn.settings"]
    return found


def site_name() -> str:
    """The host that passkeys belong to."""
    return urlsplit(_settings().base_url).hostname or ""


def are_possible() -> bool:
    """Passkeys belong to a name; a site that has only a number for an address cannot have any."""
    try:
        ip_address(site_name())
    except ValueError:
        return bool(site_name())
    return False


def _origin() -> str:
    parts = urlsplit(_settings().base_url)
    return f"{parts.scheme}://{parts.netloc}"


def ask_to_add(viewer: Viewer) -> Asked:
    """What to ask the browser that is to make a passkey."""
    options = generate_registration_options(
        rp_id=site_name(),
        rp_name=_settings().provider_name,
        user_id=viewer.public_id.encode(),
        user_name=viewer.email,
        user_display_name=viewer.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(viewer.id),
    )
    return Asked(options_to_json(options), seal(_ADD, f"{viewer.id}:{bytes_to_base64url(options.challenge)}"))


def ask_to_give(person_id: int | None = None) -> Asked:
    """What to ask the browser of whoever signs in: one of this person's passkeys, or any where nobody is known yet."""
    options = generate_authentication_options(
        rp_id=site_name(),
        allow_credentials=_descriptors(person_id) if person_id is not None else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Asked(options_to_json(options), seal(_GIVE, f"{person_id or ''}:{bytes_to_base64url(options.challenge)}"))


def _descriptors(person_id: int) -> list[PublicKeyCredentialDescriptor]:
    ids = db.session.scalars(select(Passkey.credential_id).where(Passkey.person_id == person_id).order_by(Passkey.id))
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential)) for credential in ids]


def _challenge(use: str, sealed: str, person_id: int | None) -> bytes:
    try:
        owner, _, challenge = unseal(use, sealed, SECONDS).partition(":")
    except NotOurs as fault:
        raise BadPasskey from fault
    if owner != str(person_id or ""):
        raise BadPasskey
    return base64url_to_bytes(challenge)


def _spend(challenge: bytes) -> None:
    """Note that a challenge is answered. Raises BadPasskey the second time."""
    db.session.execute(delete(SpentChallenge).where(SpentChallenge.spent_at < clock.now() - _KEPT))
    digest = hashlib.sha256(challenge).hexdigest()
    if not insert_once(SpentChallenge, challenge_hash=digest, spent_at=clock.now()):
        raise BadPasskey


def add_passkey(viewer: Viewer, sealed: str, credential: str, name: str) -> list[str]:
    """Keep a passkey that the browser has made; the first factor comes with recovery codes. Raises BadPasskey."""
    challenge = _challenge(_ADD, sealed, viewer.id)
    if len(credential) > _LONGEST_CREDENTIAL:
        raise BadPasskey
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site_name(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as fault:
        raise BadPasskey from fault
    person, before = sign_ins.lock_person(viewer.id), factors.list_factors(viewer)
    _spend(challenge)
    credential_id = bytes_to_base64url(made.credential_id)
    if db.session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)) is not None:
        raise BadPasskey
    db.session.add(
        Passkey(
            person_id=viewer.id,
            credential_id=credential_id,
            public_key=bytes_to_base64url(made.credential_public_key),
            sign_count=made.sign_count,
            name=tidy(name)[:LONGEST_PASSKEY_NAME] or "Passkey",
        )
    )
    db.session.flush()
    audit.record("passkey added", f"person:{viewer.id}", viewer.id)
    factors.tell(person, "A passkey was added to your account")
    return factors.first_codes(viewer, person, before)


def _get_passkey(credential_id: str, person_id: int | None) -> Passkey:
    passkey = db.session.scalar(select(Passkey).where(Passkey.credential_id == credential_id).with_for_update())
    if passkey is None or person_id not in (None, passkey.person_id):
        raise BadPasskey
    return passkey


def person_of_answer(sealed: str, credential: str, person_id: int | None = None) -> Person:
    """The person whose passkey has answered the challenge, this one where one is named. Raises BadPasskey."""
    challenge = _challenge(_GIVE, sealed, person_id)
    if len(credential) > _LONGEST_CREDENTIAL:
        raise BadPasskey
    try:
        credential_id = bytes_to_base64url(parse_authentication_credential_json(credential).raw_id)
        passkey = _get_passkey(credential_id, person_id)
        given = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site_name(),
            expected_origin=_origin(),
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as fault:
        raise BadPasskey from fault
    _spend(challenge)
    passkey.sign_count, passkey.used_at = given.new_sign_count, clock.now()
    db.session.flush()
    audit.record("passkey used", f"person:{passkey.person_id}", passkey.person_id)
    return db.session.get_one(Person, passkey.person_id)
