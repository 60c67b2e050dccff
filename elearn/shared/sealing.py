"""What is kept or sent so that only we can read it: the words of letters, secrets of authenticator apps.

Sealed by AES-256-GCM, under a key of its own for each use, made from the secret key of the settings by HKDF-SHA-256. With a
new secret key, the one before it goes into `ELEARN_OLD_SECRET_KEYS`: what it sealed can still be opened, and is sealed anew
when it is next used. docs/operations.md lists all that is sealed and signed.
"""

import base64
import binascii
import secrets
from collections.abc import Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from elearn.config import Settings
from elearn.shared import clock

FORM = b"\x01"
"""What a seal begins with: another algorithm would have another number, and both could be opened side by side."""
KEY_BYTES, NONCE_BYTES, TIME_BYTES = 32, 12, 8
SKEW = 60
"""So many seconds the clocks of two servers may differ."""


class NotOurs(ValueError):
    """What was to be opened was not sealed by us for this use, was changed, or is too old."""


@lru_cache(maxsize=64)
def _sealer(key: str, use: str) -> AESGCM:
    derived = HKDF(SHA256(), length=KEY_BYTES, salt=None, info=f"elearn sealing: {use}".encode()).derive(key.encode())
    return AESGCM(derived)


def _sealers(use: str) -> Iterator[AESGCM]:
    """The newest key's first."""
    settings: Settings = current_app.extensions["elearn.settings"]
    for key in (settings.secret_key, *settings.old_secret_keys):
        yield _sealer(key.get_secret_value(), use)


def seal(use: str, text: str) -> str:
    """Seal a text for one use, which `unseal` must name again."""
    # The nonce is random: of one key, 2^32 seals may be made before two are likely to share one.
    made, nonce = int(clock.now().timestamp()).to_bytes(TIME_BYTES), secrets.token_bytes(NONCE_BYTES)
    hidden = next(_sealers(use)).encrypt(nonce, text.encode(), FORM + made + use.encode())
    return base64.urlsafe_b64encode(FORM + made + nonce + hidden).decode()


def unseal(use: str, sealed: str, seconds: int | None = None) -> str:
    """The text that was sealed for this use, no longer ago than so many seconds. Raises NotOurs."""
    form, made, nonce, hidden = _parts(use, sealed)
    for sealer in _sealers(use):
        try:
            text = sealer.decrypt(nonce, hidden, form + made + use.encode()).decode()
        except InvalidTag:
            continue
        age = clock.now().timestamp() - int.from_bytes(made)
        if seconds is not None and not -SKEW <= age <= seconds:
            raise NotOurs(use)
        return text
    raise NotOurs(use)


def _parts(use: str, sealed: str) -> tuple[bytes, bytes, bytes, bytes]:
    try:
        whole = base64.b64decode(sealed.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise NotOurs(use) from fault
    # One spelling for each seal: the last letter may hold bits that say nothing.
    if base64.urlsafe_b64encode(whole).decode() != sealed or whole[:1] != FORM:
        raise NotOurs(use)
    nonce, hidden = 1 + TIME_BYTES, 1 + TIME_BYTES + NONCE_BYTES
    if len(whole) < hidden + 16:
        raise NotOurs(use)
    return whole[:1], whole[1:nonce], whole[nonce:hidden], whole[hidden:]
