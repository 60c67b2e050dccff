"""A small chain in memory with its signed checkpoints, and every kind of change that an insider may make to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from elearn.audit import checkpoints
from elearn.audit.checkpoints import Checkpoint
from elearn.audit.rules import NO_SEAL, STORED_TIME, Fault, Seal, StoredEvent, Walk, continue_chain

BEGAN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
LENGTH, EVERY = 12, 4
LATER = BEGAN + timedelta(days=30)


@dataclass(frozen=True)
class Store:
    """What an insider can reach: the rows of both tables, and the file of checkpoints."""

    events: tuple[StoredEvent, ...]
    seals: tuple[Seal, ...]
    file: bytes


def event(number: int, **changes: Any) -> StoredEvent:
    at = (BEGAN + timedelta(minutes=number)).strftime(STORED_TIME)
    detail = json.dumps({"quiz": "trial-phases", "number": number})
    made = StoredEvent(
        number, at, "attempt started", 7 if number % 3 else None, f"attempt:{number}", detail, "0a1b2c3d"
    )
    return made._replace(**changes)


def make_store(folder: Path) -> tuple[Store, Ed25519PublicKey]:
    events = [event(number) for number in range(1, LENGTH + 1)]
    order = [*events[:5], events[6], events[5], *events[7:]]  # one was committed late
    seals = list(continue_chain(NO_SEAL, order))
    with checkpoints.held(folder):
        for place in range(EVERY, LENGTH + 1, EVERY):
            checkpoints.append(folder, place, seals[place - 1].hash, BEGAN + timedelta(days=place))
    key = checkpoints.read_public_key(folder / checkpoints.PUBLIC_KEY)
    assert key is not None
    return Store(tuple(events), tuple(seals), (folder / checkpoints.FILE).read_bytes()), key


@cache
def _read(file: bytes, key: bytes) -> tuple[list[Checkpoint], list[Fault]]:
    """Most changes leave the file as it is, and signatures cost more than all the rest."""
    return checkpoints.read(file, Ed25519PublicKey.from_public_bytes(key))


def faults_of(store: Store, key: Ed25519PublicKey) -> list[Fault]:
    """What verification finds, put together as the command does it on a database."""
    good, wrong = _read(store.file, key.public_bytes_raw())
    faults = list(wrong)
    walk, by_id = Walk([one.mark for one in good]), {one.id: one for one in store.events}
    for seal in sorted(store.seals):
        faults += walk.step(seal, by_id.get(seal.event_id))
    faults += walk.end(LATER)
    ids = [seal.event_id for seal in store.seals]
    return faults + [Fault(0, "twice")] * (len(ids) - len(set(ids)))


# -- one change --------------------------------------------------------------------------------------------------------


def mutate(random: Random, store: Store) -> tuple[str, Store]:
    """One change by chance, with its name; never a change to the same."""
    while True:
        change = random.choice(CHANGES)
        changed = change(random, store)
        if changed != store:
            return change.__name__, changed


def _other(random: Random, value: Any) -> Any:
    """Another value of a column: one byte of a text, one bit of a number, or nothing where something was."""
    if value is None:
        return random.randrange(1, 100)
    if isinstance(value, int):
        return value ^ (1 << random.randrange(8))
    place = random.randrange(len(value))
    return value[:place] + chr(ord(value[place]) ^ (1 << random.randrange(7))) + value[place + 1 :]


def _with(rows: tuple[Any, ...], place: int, *new: Any) -> tuple[Any, ...]:
    return (*rows[:place], *new, *rows[place + 1 :])


def changed_byte(random: Random, store: Store) -> Store:
    place, column = random.randrange(len(store.events)), random.choice(StoredEvent._fields)
    row = store.events[place]
    return replace(
        store, events=_with(store.events, place, row._replace(**{column: _other(random, getattr(row, column))}))
    )


def removed_event(random: Random, store: Store) -> Store:
    return replace(store, events=_with(store.events, random.randrange(len(store.events))))


def removed_both(random: Random, store: Store) -> Store:
    place = random.randrange(len(store.seals))
    gone = store.seals[place].event_id
    kept = tuple(one for one in store.events if one.id != gone)
    return replace(store, events=kept, seals=_with(store.seals, place))


def inserted(random: Random, store: Store) -> Store:
    """A forged event in the middle, sealed rightly, and what comes after it moved on by one."""
    place, forged = random.randrange(len(store.seals)), event(100)
    before = store.seals[place - 1] if place else NO_SEAL
    [seal] = continue_chain(before, [forged])
    after = tuple(one._replace(sequence=one.sequence + 1) for one in store.seals[place:])
    return replace(store, events=(*store.events, forged), seals=(*store.seals[:place], seal, *after))


def swapped_events(random: Random, store: Store) -> Store:
    one, two = random.sample(range(len(store.events)), 2)
    first, second = store.events[one], store.events[two]
    rows = _with(_with(store.events, one, second._replace(id=first.id)), two, first._replace(id=second.id))
    return replace(store, events=rows)


def swapped_seals(random: Random, store: Store) -> Store:
    one, two = random.sample(range(len(store.seals)), 2)
    first, second = store.seals[one], store.seals[two]
    rows = _with(store.seals, one, second._replace(sequence=first.sequence))
    return replace(store, seals=_with(rows, two, first._replace(sequence=second.sequence)))


def cut_tail(random: Random, store: Store) -> Store:
    left = random.randrange(len(store.seals))
    ids = {one.event_id for one in store.seals[:left]}
    return replace(store, events=tuple(one for one in store.events if one.id in ids), seals=store.seals[:left])


def cut_seals(random: Random, store: Store) -> Store:
    return replace(store, seals=store.seals[: random.randrange(len(store.seals))])


def changed_seal(random: Random, store: Store) -> Store:
    place, column = random.randrange(len(store.seals)), random.choice(Seal._fields)
    row = store.seals[place]
    return replace(
        store, seals=_with(store.seals, place, row._replace(**{column: _other(random, getattr(row, column))}))
    )


def rewritten(random: Random, store: Store) -> Store:
    """An event changed, and every seal from it on computed again, as somebody does who knows how."""
    place = random.randrange(len(store.seals))
    by_id = {one.id: one for one in store.events}
    row = by_id[store.seals[place].event_id]
    by_id[row.id] = row._replace(actor_id=99)
    before = store.seals[place - 1] if place else NO_SEAL
    again = continue_chain(before, [by_id[one.event_id] for one in store.seals[place:]])
    return replace(store, events=tuple(by_id.values()), seals=(*store.seals[:place], *again))


def sealed_again(random: Random, store: Store) -> Store:
    """An event sealed a second time at the end."""
    again = continue_chain(store.seals[-1], [random.choice(store.events)])
    return replace(store, seals=(*store.seals, *again))


def changed_checkpoint_byte(random: Random, store: Store) -> Store:
    place = random.randrange(len(store.file))
    byte = store.file[place] ^ (1 << random.randrange(8))
    return replace(store, file=store.file[:place] + bytes([byte]) + store.file[place + 1 :])


def removed_checkpoint(random: Random, store: Store) -> Store:
    lines = store.file.splitlines(keepends=True)
    del lines[random.randrange(len(lines))]
    return replace(store, file=b"".join(lines))


def cut_checkpoints(random: Random, store: Store) -> Store:
    return replace(store, file=store.file[: random.randrange(len(store.file))])


def swapped_checkpoints(random: Random, store: Store) -> Store:
    lines = store.file.splitlines(keepends=True)
    random.shuffle(lines)
    return replace(store, file=b"".join(lines))


CHANGES: tuple[Callable[[Random, Store], Store], ...] = (
    *(changed_byte, removed_event, removed_both, inserted, swapped_events, swapped_seals, cut_tail, cut_seals),
    *(changed_seal, rewritten, sealed_again),
    *(changed_checkpoint_byte, removed_checkpoint, cut_checkpoints, swapped_checkpoints),
)
