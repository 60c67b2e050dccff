"""The holder as printed: the commitment that outlives erasure, and whether a typed name is theirs. Pure."""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass

from elearn.accounts.rules import full_name
from elearn.shared.canonical import canonical, digest

SALT_BYTES = 16
# Letters with a stroke or joined, which Unicode does not take apart, as people write them without the key for it.
_SPELT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


@dataclass(frozen=True)
class Holder:
    """Who holds a certificate, as it is printed."""

    given_names: str
    family_name: str
    registration_number: str

    @property
    def name(self) -> str:
        """The whole name."""
        return full_name(self.given_names, self.family_name)

    @property
    def digest(self) -> str:
        """What the person was shown when they confirmed, so that a change in between is noticed."""
        return digest(self._fields())

    def commitment(self, salt: str) -> str:
        """Binds the certificate to its holder without telling who it is; only who knows the salt (hex) can prove it."""
        return hashlib.sha256(bytes.fromhex(salt) + canonical(self._fields())).hexdigest()

    def _fields(self) -> dict[str, str]:
        return {
            "given_names": self.given_names,
            "family_name": self.family_name,
            "registration_number": self.registration_number,
        }


def proves(holder: Holder, salt: str, commitment: str) -> bool:
    """Whether these details and this salt, as typed from a document, are the ones that the commitment was made of."""
    typed = "".join(salt.split()).replace("-", "").lower()
    try:
        return hmac.compare_digest(holder.commitment(typed), commitment)
    except ValueError:
        return False


def matches(typed: str, family_name: str) -> bool:
    """Whether a typed family name is this one, in the same time whatever it is."""
    ours, theirs = (hashlib.sha256(plain(name).encode()).digest() for name in (family_name, typed))
    return hmac.compare_digest(ours, theirs) and bool(plain(typed))


def plain(name: str) -> str:
    """A name without capitals, diacritics, hyphens, apostrophes and spaces, to compare by.

    A name of marks alone keeps them, so that it can be matched at all.
    """
    spelt = unicodedata.normalize("NFKD", name.casefold()).casefold().translate(_SPELT)
    return "".join(character for character in spelt if character.isalnum()) or "".join(spelt.split())
