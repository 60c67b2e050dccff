"""Certificate numbers: 16 random characters of Crockford's base32 (80 bits) and one check character, in groups of four.

The check character is our own, not Crockford's modulo 37, whose five further symbols (`* ~ $ = U`) do not belong in an
address or on a telephone. It is one more letter of the same 32, and the parity of a Reed-Solomon code over GF(32):
with the letters' values as elements of the field and a = 2, the sum of value times a to the power of the place is
nought. All places have different weights, so that every single wrong character and every exchange of any two unequal
characters, neighbours or not, is caught. It is kept without hyphens, and shown with them.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS = 16
LENGTH = RANDOM_CHARACTERS + 1
GROUP = 4
# x^5 + x^2 + 1, which is primitive: the powers of 2 run through all 31 elements but nought before they repeat.
_POLYNOMIAL = 0b100101
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212_.]+")
LONGEST_TYPED = 200


class NotANumber(ValueError):
    """What was typed is no certificate number; the message says so kindly."""


def new_number(choose: Callable[[str], str] = secrets.choice) -> str:
    """A number nobody can guess."""
    drawn = "".join(choose(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return drawn + check_character(drawn)


def check_character(drawn: str) -> str:
    """The check character of the random ones."""
    return ALPHABET[_times_a(_residue(ALPHABET.index(character) for character in drawn))]


def grouped(number: str) -> str:
    """A number as it is shown: `ABCD-EFGH-JKMN-PQRS-T`."""
    return "-".join(number[start : start + GROUP] for start in range(0, len(number), GROUP))


def parse(typed: str) -> str:
    """The number that somebody typed or pasted, without hyphens. Raises NotANumber.

    Lower case, spaces, O for 0, I and L for 1, and a whole verification address are understood.
    """
    last = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).strip().rstrip("/").rpartition("/")[2]
    number = _SEPARATORS.sub("", last).upper().translate(_READ_AS)
    if not number:
        raise NotANumber("Enter the number of the certificate")
    if foreign := next((character for character in number if character not in ALPHABET), ""):
        raise NotANumber(f"A certificate number has letters and digits only, and no “{foreign}”: check what you typed")
    if len(number) != LENGTH:
        raise NotANumber(f"A certificate number has {LENGTH} letters and digits, and this has {len(number)}")
    if _residue(ALPHABET.index(character) for character in number):
        raise NotANumber(
            "This is not a certificate number: a character is probably mistyped. Compare each group of four"
        )
    return number


def _times_a(value: int) -> int:
    doubled = value << 1
    return doubled ^ _POLYNOMIAL if doubled >= len(ALPHABET) else doubled


def _residue(values: Iterable[int]) -> int:
    total = 0
    for value in values:
        total = _times_a(total) ^ value
    return total
