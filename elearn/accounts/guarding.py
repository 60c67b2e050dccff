"""The guard before every check of a password, a code or a link: who tries it, from where, and how often (B-4).

A count is written in a transaction of its own, so that it stays when the sign-in fails. A **known device** has a signed
cookie that names, by keyed hashes, the accounts that have signed in on it; it is counted apart.
"""

import secrets
from collections.abc import Sequence

from flask import Response, after_this_request, current_app, g, request
from flask_security.utils import hash_password, verify_password
from itsdangerous import BadData, URLSafeSerializer

from elearn.accounts import throttling
from elearn.accounts.limits import Way
from elearn.accounts.passwords import normalised
from elearn.accounts.rules import LONGEST_PASSWORD
from elearn.accounts.throttling import TooManyTries
from elearn.accounts.viewer import find_viewer
from elearn.config import Settings
from elearn.shared import clock
from elearn.shared.limits import key_of, network_of
from elearn.shared.transactions import writing

__all__ = ["TooManyTries"]
DEVICE_LIFE = 180 * 24 * 60 * 60
MOST_ACCOUNTS = 20  # of a shared computer


def count_check(email: str, way: Way) -> None:
    """Count one check for the account with this address, whether there is one or not. Raises TooManyTries.

    Call it before the check and outside of any write; when the check has succeeded, call `forgive`.
    """
    with writing():
        throttling.count_check(_account(email), _device(email), _network(), way, clock.now())


def count_link() -> None:
    """Count one try of a link that does not work. Raises TooManyTries."""
    with writing():
        throttling.count_at_network(_network(), Way.LINK, clock.now())


def count_registration() -> None:
    """Count one registration with an address that has an account: whoever tries addresses is stopped. Raises TooManyTries."""
    with writing():
        throttling.count_at_network(_network(), Way.REGISTER, clock.now())


def count_new_account() -> None:
    """Count one registration with a new address: no network fills the site with accounts. Raises TooManyTries."""
    with writing():
        throttling.count_new_account(_network(), clock.now())


def forgive(email: str) -> None:
    """Take back what was counted here for the account, inside a write: the check has succeeded."""
    throttling.forgive(_account(email), _device(email))


def count_reset() -> None:
    """Count one request for a link to choose a new password: nobody asks for everybody's. Raises TooManyTries."""
    with writing():
        throttling.count_at_network(_network(), Way.RESET, clock.now())


def may_write_to(email: str, way: Way = Way.LETTER) -> bool:
    """Whether this address may be written to because a stranger asked for it, which is counted. Inside a write."""
    return throttling.count_letter(_account(email), way, clock.now())


def is_password(email: str, password_hash: str, typed: str, way: Way) -> bool:
    """Whether a password is right, counted as a check. Outside of any write. Raises TooManyTries."""
    count_check(email, way)
    if not verify_password(to_check(typed), password_hash):
        return False
    with writing():
        forgive(email)
    return True


def to_check(typed: str) -> str:
    """The form of a typed password that is compared; one that is longer than any can be is compared as a wrong one."""
    plain = normalised(typed).encode(errors="replace").decode()
    return plain if len(plain) <= LONGEST_PASSWORD else secrets.token_urlsafe()


def to_keep(typed: str) -> str:
    """The hash of a password that was found good. Outside of any write: it takes a tenth of a second."""
    return str(hash_password(normalised(typed)))


def remember_device(email: str) -> None:
    """Know this device from now on as one on which the account has signed in."""
    nonce, accounts = _known()
    g.device = nonce or secrets.token_urlsafe(16), [*(a for a in accounts if a != _account(email)), _account(email)]

    @after_this_request
    def set_cookie(response: Response) -> Response:
        nonce, accounts = g.device
        value = _signer().dumps([nonce, accounts[-MOST_ACCOUNTS:]])
        settings = _settings()
        response.set_cookie(
            cookie_name(settings),
            value if isinstance(value, str) else value.decode(),
            max_age=DEVICE_LIFE,
            secure=settings.cookie_secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def forget_device() -> None:
    """Know nothing of this device any more: the account is erased."""

    @after_this_request
    def take_cookie(response: Response) -> Response:
        settings = _settings()
        response.delete_cookie(cookie_name(settings), secure=settings.cookie_secure, httponly=True, samesite="Lax")
        return response


def cookie_name(settings: Settings) -> str:
    """The name of the cookie of known devices."""
    return f"{settings.cookie_name}-device"


def _device(email: str) -> str:
    """What this device is counted by for an account: its own number where the account has signed in on it, else nothing."""
    nonce, accounts = _known()
    if _account(email) in accounts:
        return _key("device", nonce)
    viewer = find_viewer()
    if viewer is not None and viewer.email == email.strip().lower():
        return _key("sign-in", str(viewer.sign_in_id))
    return ""


def _known() -> tuple[str, Sequence[str]]:
    if "device" not in g:
        try:
            nonce, accounts = _signer().loads(request.cookies.get(cookie_name(_settings()), ""))
            g.device = str(nonce), [str(account) for account in accounts]
        except (BadData, ValueError, TypeError):
            g.device = "", []
    found: tuple[str, Sequence[str]] = g.device
    return found


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="known device")


def account_key(email: str) -> str:
    """What the tries for an address are counted by; erasure deletes them."""
    return _account(email)


def _account(email: str) -> str:
    return _key("account", normalised(email).strip().lower())


def _network() -> str:
    return _key("network", network_of(request.remote_addr or ""))


def _key(purpose: str, what: str) -> str:
    return key_of(f"guesses of {purpose}", what, str(current_app.config["SECRET_KEY"]))


def _settings() -> Settings:
    settings: Settings = current_app.extensions["elearn.settings"]
    return settings
