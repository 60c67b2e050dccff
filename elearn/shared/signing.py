"""What we sign and hand out: the session's cookie, links in letters, tokens against forged posts. All by HMAC-SHA-256.

itsdangerous signs by HMAC-SHA-1 unless it is told otherwise, and so do Flask, Flask-WTF and Flask-Security, which use it.
"""

import hashlib
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import Signer


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie."""

    digest_method = staticmethod(hashlib.sha256)
    key_derivation = "hmac"


def init_app(app: Flask) -> None:
    """Sign by SHA-256 whatever is signed: libraries make signers of their own, which take these defaults."""
    default: Any = staticmethod(hashlib.sha256)
    Signer.default_digest_method = default
    Signer.default_key_derivation = "hmac"
    app.session_interface = Sessions()
