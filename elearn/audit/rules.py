"""The chain of seals: what is hashed, how the chain goes on, and how each change of it shows."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from elearn.shared.canonical import digest

GENESIS = hashlib.sha256(b"elearn audit trail 1").hexdigest()
STORED_TIME = "%Y-%m-%d %H:%M:%S.%f"
CHECKPOINT_EVERY = timedelta(days=1)
# A chore that ran a little late is no fault.
CHECKPOINT_LATE = CHECKPOINT_EVERY + timedelta(hours=1)
LONGEST_DETAIL = 120
MOST_EXPORTS, EXPORTS_WINDOW = 60, timedelta(hours=1)
"""How many files with people's data one person may take away: enough for any work, and not for a script."""
# Ids, numbers, digests and words of ours. Nobody's address fits, and no name with a capital fits a test of the suite.
_PLAIN = re.compile(r"[A-Za-z0-9 :._/-]*")


class NotAnId(ValueError):
    """Something is to be kept in the audit trail that could be a person's name, address or own words."""


def refuse_text(subject: str, detail: Mapping[str, Any]) -> None:
    """Let only ids, numbers and words of ours into the chained part. Raises NotAnId."""
    for value in (subject, *detail.values()):
        for part in value if isinstance(value, (list, tuple)) else (value,):
            plain = part is None or isinstance(part, (bool, int)) or (isinstance(part, str) and _is_plain(part))
            if not plain:
                raise NotAnId(f"an event holds ids and numbers only, not a {type(part).__name__} like this")


def _is_plain(text: str) -> bool:
    return len(text) <= LONGEST_DETAIL and _PLAIN.fullmatch(text) is not None


class StoredEvent(NamedTuple):
    """An event exactly as the database keeps it: the moment and the details as text, so that each byte counts."""

    id: int
    at: str
    kind: str
    actor_id: int | None
    subject: str
    detail: str
    request_id: str


class Seal(NamedTuple):
    """One link of the chain."""

    sequence: int
    event_id: int
    hash: str


class Mark(NamedTuple):
    """What a checkpoint says: the chain had this hash at this sequence."""

    sequence: int
    root: str


class Fault(NamedTuple):
    """Something that is not as it was sealed, at a place in the chain."""

    sequence: int
    words: str

    def __str__(self) -> str:
        return f"seal {self.sequence}: {self.words}"


NO_SEAL = Seal(0, 0, GENESIS)


def seal_hash(previous: str, sequence: int, event: StoredEvent) -> str:
    """SHA-256 over the hash before and the event's fields in their canonical encoding."""
    return digest([previous, sequence, *event])


def continue_chain(head: Seal, events: Iterable[StoredEvent]) -> Iterator[Seal]:
    """Seal events in the order given, behind `head`."""
    for event in events:
        sequence = head.sequence + 1
        head = Seal(sequence, event.id, seal_hash(head.hash, sequence, event))
        yield head


class Walk:
    """A walk along the chain, one seal at a time and in constant memory, which finds what is not as it was sealed.

    After a fault the walk goes on from the hash that is there, so that one change makes one fault or two.
    """

    def __init__(self, marks: Sequence[Mark] = ()) -> None:
        self._marks = {mark.sequence: mark for mark in marks}
        self._last_mark = max(self._marks, default=0)
        self._unmarked_since = ""
        self.head: Seal = NO_SEAL

    def step(self, seal: Seal, event: StoredEvent | None) -> Iterator[Fault]:
        """Look at the next seal, and at its event: None where there is no such event."""
        number: object = seal.sequence  # SQLite would store a text as well
        if not isinstance(number, int):
            yield Fault(self.head.sequence, "a seal has no number")
            return
        if seal.sequence != self.head.sequence + 1:
            yield Fault(seal.sequence, f"it follows seal {self.head.sequence}: seals are missing or out of order")
        if event is None:
            yield Fault(seal.sequence, f"event {seal.event_id} is gone")
        elif seal.event_id != event.id or seal.hash != _hash_or_nothing(self.head.hash, seal.sequence, event):
            yield Fault(seal.sequence, f"event {seal.event_id} or its seal was changed")
        mark = self._marks.pop(seal.sequence, None)
        if mark is not None and mark.root != seal.hash:
            yield Fault(seal.sequence, "the chain is another one than at the checkpoint made here")
        if seal.sequence > self._last_mark and not self._unmarked_since:
            self._unmarked_since = event.at if event is not None else ""
        self.head = seal

    def end(self, now: datetime) -> Iterator[Fault]:
        """Look at what should have come: checkpoints beyond the end, and one for every day."""
        for mark in self._marks.values():
            if mark.sequence > self.head.sequence:
                yield Fault(mark.sequence, f"a checkpoint was made here, but the chain ends at {self.head.sequence}")
            elif mark.sequence or mark.root != GENESIS:
                yield Fault(mark.sequence, "a checkpoint was made here, but there is no such seal")
        if self._unmarked_since and _is_old(self._unmarked_since, now):
            words = "no checkpoint was made since, though one is made every day: checkpoints are missing"
            yield Fault(self._last_mark, words)


def _hash_or_nothing(previous: str, sequence: int, event: StoredEvent) -> str:
    try:
        return seal_hash(previous, sequence, event)
    except (TypeError, ValueError):  # bytes, or text that is no UTF-8: nothing that we have written
        return ""


def _is_old(stored: str, now: datetime) -> bool:
    try:
        return now - datetime.strptime(stored, STORED_TIME).replace(tzinfo=UTC) > CHECKPOINT_LATE
    except (TypeError, ValueError):
        return True
