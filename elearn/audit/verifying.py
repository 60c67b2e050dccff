"""Looking at the whole chain and at the checkpoints beside it: what an auditor asks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from elearn.audit import checkpoints, queries
from elearn.audit.checkpoints import Checkpoint
from elearn.audit.rules import Fault, Walk
from elearn.extensions import db

MOST_FAULTS = 100
TELL_EVERY = 1000
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Verdict:
    """What was found. `faults` stops at so many; `more` says how many others there are."""

    sealed: int
    waiting: int
    checkpoints: int
    last: Checkpoint | None
    faults: list[Fault]
    more: int


def verify(file: Path, public_key: Path, now: datetime, progress: Progress = lambda _count: None) -> Verdict:
    """Walk along the chain of the database, and compare it with the checkpoints of this file, signed by this key."""
    signed = file.read_bytes() if file.exists() else b""
    key = checkpoints.read_public_key(public_key)
    good, faults = checkpoints.read(signed, key)
    if signed and key is None:
        faults = [Fault(0, f"there is no public key in {public_key}, so no checkpoint can be believed")]
    faults, more, walk = faults[:MOST_FAULTS], len(faults[MOST_FAULTS:]), Walk([one.mark for one in good])
    for fault in _walk(walk, now, progress):
        if len(faults) < MOST_FAULTS:
            faults.append(fault)
        else:
            more += 1
    waiting = queries.count_unsealed()
    return Verdict(walk.head.sequence, waiting, len(good), good[-1] if good else None, faults, more)


def _walk(walk: Walk, now: datetime, progress: Progress) -> Iterator[Fault]:
    count = 0
    with _text_as_it_is():
        for count, (seal, event) in enumerate(queries.walk_sealed(), start=1):
            yield from walk.step(seal, event)
            if count % TELL_EVERY == 0:
                progress(TELL_EVERY)
    progress(count % TELL_EVERY)
    yield from walk.end(now)
    if (event_id := queries.find_sealed_twice()) is not None:
        yield Fault(0, f"event {event_id} was sealed more than once")


@contextmanager
def _text_as_it_is() -> Iterator[None]:
    """Let SQLite give text that is no UTF-8, so that such a change is a fault of its row and not the end of the walk."""
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str
