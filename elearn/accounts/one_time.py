"""Codes that count once: those of authenticator apps (RFC 6238, by passlib), and recovery codes."""

import hashlib
import secrets
from datetime import datetime

import segno
from markupsafe import Markup
from passlib.exc import InvalidTokenError, MalformedTokenError, UsedTokenError
from passlib.totp import TOTP

CODES = 10
DIGITS = 6
"""How many an app shows."""
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
_LENGTH = 24  # of five bits each
_ALIKE = str.maketrans("OIL", "011")
SECONDS = 30
"""A code of the period before or after this one counts too: clocks differ, and people type."""


def new_secret() -> str:
    """160 random bits, as apps take them."""
    return str(TOTP(new=True).base32_key)


def in_groups(secret: str) -> str:
    """A secret or code as people read and type it, in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def drawing(secret: str, person: str, service: str) -> Markup:
    """The QR code of a secret, as SVG without any style."""
    address = TOTP(key=secret, format="base32").to_uri(label=person, issuer=service.replace(":", " "))
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(scale=4, border=4, light="white", svgclass=None, lineclass=None, omitsize=False))  # noqa: S704 - segno's own drawing


def counter_of(secret: str, code: str, now: datetime, last: int | None = None) -> int | None:
    """The period that a code is right for; None where it is wrong, or no later than the last one that was used."""
    try:
        match = TOTP(key=secret, format="base32").match(code, time=now, window=SECONDS, last_counter=last)
    except (InvalidTokenError, MalformedTokenError, UsedTokenError):
        return None
    return int(match.counter)


def new_recovery_codes() -> list[str]:
    """A set of recovery codes of 120 random bits each."""
    drawn = ("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(CODES))
    return [in_groups(code) for code in drawn]


def hash_of_recovery(typed: str) -> str:
    """What is kept of a recovery code, however it is typed. It has 120 random bits, so a fast hash is as good as a slow one."""
    letters = "".join(character for character in typed.upper() if character.isalnum()).translate(_ALIKE)
    return hashlib.sha256(letters.encode()).hexdigest()
