"""What a join code is, how a pasted list is read, and what the educators of a cohort see of a learner."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from elearn.accounts.rules import tidy

LONGEST_COHORT_NAME = 120
LONGEST_EMAIL = 255
LONGEST_ROSTER_NAME = 160
LONGEST_PASTE = 500  # lines at a time
PROBLEMS_SHOWN = 10
# Nothing that is read as something else: no vowels, so no words either; no 0 1 2 5, B, I, L, O, S, U, Z. 23^8 codes.
CODE_ALPHABET = "346789CDFGHJKMNPQRTVWXY"
CODE_LENGTH = 8
SEPARATORS = "\t;,"

# What a join page pledges, by the column of the educators' table that shows it; a test holds the two together.
SEEN: Mapping[str, str] = {
    "name": "your name",
    "email": "your e-mail address, and whether you have confirmed it",
    "status": "whether you have joined, started and finished the module",
    "steps": "how many of its steps you have done",
    "attempts": "how many attempts at its quizzes you have submitted",
    "best": "your best mark in each quiz",
    "passed": "how many quizzes you have passed",
    "certificate": "the date of your certificate",
}
NOT_SEEN = (
    "your reflection",
    "your answers to single questions",
    "your evaluation of the module, which is stored without your name",
    "your registration number",
    "more time or rest breaks that you have in quizzes",
    "anything you do in other modules",
)


def new_join_code(choose: Callable[[str], str]) -> str:
    """A fresh join code; `choose` picks one character by a CSPRNG."""
    return "".join(choose(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """A typed or pasted code as it is kept: capitals, without the spaces and hyphens that people add."""
    return "".join(character for character in typed.upper() if character.isalnum())


def shown_code(code: str) -> str:
    """A code as people read it out, in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


@dataclass(frozen=True)
class Expected:
    """Somebody who is expected in a cohort."""

    email: str
    name: str = ""


@dataclass(frozen=True)
class Reading:
    """A pasted list: everybody on it, or what is wrong with it. Nobody is taken from a list with a problem."""

    people: tuple[Expected, ...]
    problems: tuple[str, ...]


class BadAddress(ValueError):
    """The text is not an e-mail address."""


def read_address(text: str) -> str:
    """An e-mail address as it is kept, by the check that registration makes. Raises BadAddress."""
    try:
        address = validate_email(text.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise BadAddress(text) from None
    if len(address) > LONGEST_EMAIL:
        raise BadAddress(text)
    return address


def read_roster(text: str) -> Reading:
    """Read lines of "name, e-mail" or of an e-mail alone; a spreadsheet's tabs and semicolons are good, too."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > LONGEST_PASTE:
        return Reading((), (f"Paste {LONGEST_PASTE} lines or fewer at a time; this list has {len(lines)}",))
    people: list[Expected] = []
    problems: list[str] = []
    first_seen: dict[str, int] = {}
    for number, line in lines:
        try:
            person = _read_line(line)
        except ValueError as problem:
            problems.append(f"Line {number}: {problem}")
            continue
        if person.email in first_seen:
            problems.append(f"Line {number}: this address stands in line {first_seen[person.email]} already")
        first_seen.setdefault(person.email, number)
        people.append(person)
    return Reading((), _shortened(problems)) if problems else Reading(tuple(people), ())


def _read_line(line: str) -> Expected:
    place = max(line.rfind(separator) for separator in SEPARATORS)
    name = tidy(line[: max(place, 0)]).strip(SEPARATORS + " \"'")
    try:
        email = read_address(line[place + 1 :].strip(" \"'"))
    except BadAddress:
        raise ValueError("write a name, a comma and an e-mail address, or an e-mail address alone") from None
    if len(name) > LONGEST_ROSTER_NAME:
        raise ValueError(f"the name must be {LONGEST_ROSTER_NAME} characters or fewer")
    return Expected(email, name)


def _shortened(problems: Sequence[str]) -> tuple[str, ...]:
    more = len(problems) - PROBLEMS_SHOWN
    if more <= 0:
        return tuple(problems)
    lines = "one more line has" if more == 1 else f"{more} more lines have"
    return (*problems[:PROBLEMS_SHOWN], f"And {lines} a problem")


@dataclass(frozen=True)
class CohortView:
    """A cohort as somebody who may see it sees it. `id` is the row's key, `public_id` the one of addresses."""

    id: int
    public_id: str
    name: str
    module: str
    join_code: str

    @property
    def shown_code(self) -> str:
        """The join code as people read it out."""
        return shown_code(self.join_code)


@dataclass(frozen=True)
class Educator:
    """Somebody who teaches a cohort, as its educators, learners and administrators see them."""

    public_id: str
    name: str
    email: str


@dataclass(frozen=True)
class RosterLine:
    """Somebody who is expected, and whether they have joined."""

    email: str
    name: str
    joined: bool
