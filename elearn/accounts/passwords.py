"""Which passwords are good enough (B-1 to B-3): long, and not easy to guess. Without a network, and pure.

No kind of character is asked for, and none is refused. Refused is what was stolen elsewhere (of the commonest million of
ten million: those that are long enough, built by hatch_build.py; and zxcvbn's 30,000, dressed up), and what takes few
guesses. zxcvbn estimates these with its lists of passwords, words and names. It is slow on long input, so that only the
beginning of a long password is judged, piece by piece: one piece that is hard to guess is enough.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from string import punctuation

from zxcvbn.frequency_lists import FREQUENCY_LISTS
from zxcvbn.matching import RANKED_DICTIONARIES, build_ranked_dict, omnimatch
from zxcvbn.scoring import most_guessable_match_sequence

from elearn.accounts.rules import LONGEST_PASSWORD, SHORTEST_PASSWORD

FEWEST_GUESSES = 10**10 + 5
"""From here on zxcvbn gives its highest score (4)."""
FEWEST_OF_FIGURES = 10**12
"""The same where nearly all are figures or signs: dates and numbers that people know are more than zxcvbn expects."""
PIECE, JUDGED = 48, 192
FEWEST_OTHER_LETTERS = 8
SHORTEST_OWN_WORD = 3
SHORTEST_CORE = 4
OF_THIS_SITE = (
    "elearn",
    "elearning",
    "learning",
    "clinical",
    "trial",
    "trials",
    "rare",
    "disease",
    "diseases",
    "medicine",
    "medicines",
    "early",
    "access",
    "module",
    "certificate",
    "nhs",
)
LENGTH = f"Password must be between {SHORTEST_PASSWORD} and {LONGEST_PASSWORD} characters"
STRANGE = "Password has a character in it that cannot be kept. Choose another"
OWN = (
    "This password is built from your name, your e-mail address or words of this site, which are guessed first. "
    "Choose three random words instead"
)
PATTERN = "This password repeats itself or runs in order, which is easy to guess. Choose three random words instead"
COMMON = "This password is common, or in lists of stolen passwords, which are guessed first. Choose three random words instead"
GUESSABLE = "This password is made of words, names or figures that are used often, and so guessed early. Add another random word"
# Figures and signs that stand for letters; the 1 is read both ways.
_LEET = [str.maketrans("4@83601!|$57+2", f"aabego{one}iissttz") for one in "il"]
_NO_SIGNS = str.maketrans("", "", punctuation)
_RUN = re.compile(r"(.)\1{3,}")
_ORDERLY = {"repeat", "sequence", "spatial", "date", "regex"}


def normalised(password: str) -> str:
    """The one form of a password that is hashed, at setting and at checking: however its accents were typed (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def why_refused(password: str, own: Iterable[str] = ()) -> str:
    """Why a password may not be set, in the person's words; nothing where it may.

    `own` are words that stand near the person: their names, e-mail address, and the provider's name.
    """
    password = normalised(password)
    if any(unicodedata.category(character) == "Cs" for character in password):
        return STRANGE
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return LENGTH
    words = _words_of([*own, *OF_THIS_SITE])
    if _is_built_from(password, words):
        return OWN
    if _is_common_at_heart(password):
        return COMMON
    return _why_guessable(password, words)


def _words_of(texts: Iterable[str]) -> list[str]:
    """The words that a guesser would try first, the longest first: whole texts without spaces, and their parts."""
    found = set()
    for text in texts:
        plain = normalised(text).casefold()
        found |= {"".join(plain.split()), *re.findall(r"[^\W\d_]+", plain)}
    return sorted((word for word in found if len(word) >= SHORTEST_OWN_WORD), key=lambda word: (-len(word), word))


def _is_built_from(password: str, words: Iterable[str]) -> bool:
    """Whether a guessable word is in it, and too few other letters are left to guess."""
    for text in _readings(password):
        rest = text
        for word in words:
            rest = rest.replace(word, " ")
        if rest != text and (len(_letters(rest)) < FEWEST_OTHER_LETTERS or _is_common_at_heart(rest)):
            return True
    return False


def _letters(text: str) -> str:
    return "".join(re.findall(r"[^\W\d_]", text))


def _is_common_at_heart(password: str) -> bool:
    """Whether it is one common password, repeated or dressed up with figures, signs, capitals and figures for letters."""
    return any(_is_common(form) for form in (*_readings(password), password.casefold()[::-1]))


def _readings(password: str) -> list[str]:
    """The password in small letters, as it is and with figures read as the letters that they stand for."""
    plain = password.casefold()
    return [plain, *(plain.translate(letters) for letters in _LEET)]


def _is_common(plain: str) -> bool:
    letters, typed = _letters(plain), "".join(plain.split())
    heart = _once(letters)
    hearts = {word for word in (letters, heart) if len(word) >= SHORTEST_CORE}
    return not _PASSWORDS.isdisjoint((typed, _once(typed))) or not hearts.isdisjoint(_HEARTS)


def _once(text: str) -> str:
    """What a text repeats: `ab` of `ababa`."""
    for length in range(1, len(text) // 2 + 1):
        if all(character == text[place % length] for place, character in enumerate(text)):
            return text[:length]
    return text


def _why_guessable(password: str, words: list[str]) -> str:
    dictionaries = {**RANKED_DICTIONARIES, "user_inputs": build_ranked_dict(words)}
    reason = ""
    unit = min(_once(password), _once(password.strip() + " "), key=len)
    if len(unit) * 2 <= len(password):  # what is typed again and again is guessed once
        password, reason = unit, PATTERN
    for start in range(0, min(len(password), JUDGED), PIECE):
        piece = password[start : start + PIECE]
        # Signs, and the same figure many times, hide from zxcvbn how little there is beside them.
        bare = _RUN.sub("", piece.translate(_NO_SIGNS))
        fewest = FEWEST_GUESSES if len(_letters(piece)) >= FEWEST_OTHER_LETTERS else FEWEST_OF_FIGURES
        for text in dict.fromkeys((piece, bare or piece)):
            found = most_guessable_match_sequence(text, omnimatch(text, dictionaries))
            if found["guesses"] < fewest:
                reason = reason or _words_about(found["sequence"])
                break
        else:
            return ""
    return reason


def _words_about(sequence: list[dict[str, object]]) -> str:
    if any(match.get("dictionary_name") == "user_inputs" for match in sequence):
        return OWN
    orderly = sum(len(str(match["token"])) for match in sequence if match["pattern"] in _ORDERLY)
    return PATTERN if orderly * 2 > sum(len(str(match["token"])) for match in sequence) else GUESSABLE


STOLEN = frozenset(Path(__file__).with_name("stolen-passwords.txt").read_text(encoding="utf-8").splitlines())
"""Stolen passwords of at least `SHORTEST_PASSWORD` characters, in small letters."""
_PASSWORDS = frozenset(FREQUENCY_LISTS["passwords"]) | STOLEN
_HEARTS = frozenset(heart for word in _PASSWORDS for heart in (_letters(word), _once(_letters(word))))
