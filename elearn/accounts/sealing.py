"""What is kept or sent so that only we can read it: secrets of authenticator apps, challenges of passkeys.

The key is made from the secret key of the settings by HKDF, for this one use. With a new secret key, the one before it
goes into `ELEARN_OLD_SECRET_KEYS`: what it sealed can still be opened, and is sealed anew when it is next used.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from elearn.config import Settings

_USE = b"elearn second factors"


class NotOurs(ValueError):
    """What was to be opened was not sealed by us for this use, was changed, or is too old."""


@lru_cache(maxsize=8)
def _sealer(keys: tuple[str, ...]) -> MultiFernet:
    derived = (HKDF(SHA256(), length=32, salt=None, info=_USE).derive(key.encode()) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def _ours() -> MultiFernet:
    settings: Settings = current_app.extensions["elearn.settings"]
    return _sealer(tuple(key.get_secret_value() for key in (settings.secret_key, *settings.old_secret_keys)))


def seal(use: str, text: str) -> str:
    """Seal a text for one use, which `unseal` must name again."""
    return _ours().encrypt(f"{use}\n{text}".encode()).decode()


def unseal(use: str, sealed: str, seconds: int | None = None) -> str:
    """The text that was sealed for this use, no longer ago than so many seconds. Raises NotOurs."""
    try:
        text = _ours().decrypt(sealed.encode(), ttl=seconds).decode()
    except InvalidToken as fault:
        raise NotOurs(use) from fault
    found, _, rest = text.partition("\n")
    if found != use:
        raise NotOurs(use)
    return rest
