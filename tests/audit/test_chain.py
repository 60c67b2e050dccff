"""The chain by itself: 10,000 changes by chance, 10,000 found (C-8)."""

import stat
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from elearn.audit import checkpoints
from elearn.audit.rules import GENESIS, NO_SEAL, Mark, NotAnId, Walk, continue_chain, refuse_text, seal_hash
from tests.audit.mutations import BEGAN, CHANGES, LATER, LENGTH, event, faults_of, make_store, mutate

MUTATIONS = 10_000


def test_a_chain_that_nobody_touched_has_no_fault(tmp_path: Path) -> None:
    store, key = make_store(tmp_path)
    assert faults_of(store, key) == []


def test_ten_thousand_changes_by_chance_are_all_found(tmp_path: Path) -> None:
    store, key = make_store(tmp_path)
    random, missed, tried = Random(20261123), [], Counter[str]()
    for number in range(MUTATIONS):
        name, changed = mutate(random, store)
        tried[name] += 1
        if not faults_of(changed, key):
            missed.append((number, name))
    assert missed == []
    assert tried.total() == MUTATIONS
    assert set(tried) == {change.__name__ for change in CHANGES}
    assert min(tried.values()) > MUTATIONS / len(CHANGES) / 2


def test_a_seal_is_the_same_for_ever() -> None:
    """The encoding is a promise: chains that exist must be readable by every later version."""
    assert GENESIS == "89e8b3dfd37166508f6473ecdc85e966bd0e246bba549c60fab0803bb1db8476"
    assert seal_hash(GENESIS, 1, event(1)) == "936d65581d28a4bba3fb1db5b98641073311679c79eb091f1d762179963909b2"


def test_a_fault_says_where_and_the_walk_goes_on_behind_it() -> None:
    events = [event(number) for number in range(1, 6)]
    seals = list(continue_chain(NO_SEAL, events))
    walk = Walk()
    seen = [events[0], events[1]._replace(kind="certificate issued"), None, *events[3:]]
    found = [fault for seal, one in zip(seals, seen, strict=True) for fault in walk.step(seal, one)]
    assert [str(fault) for fault in found] == ["seal 2: event 2 or its seal was changed", "seal 3: event 3 is gone"]
    assert walk.head == seals[-1]


def test_the_end_is_compared_with_the_checkpoints() -> None:
    seals = list(continue_chain(NO_SEAL, [event(1), event(2)]))

    def faults(marks: list[Mark], days: int) -> list[str]:
        walk = Walk(marks)
        found = [fault for number, seal in enumerate(seals, 1) for fault in walk.step(seal, event(number))]
        return [fault.words for fault in [*found, *walk.end(BEGAN + timedelta(days=days))]]

    assert faults([], 0) == [], "the first day needs no checkpoint yet"
    assert "checkpoints are missing" in faults([], 3)[0]
    assert faults([Mark(0, GENESIS), Mark(2, seals[-1].hash)], 300) == []
    assert "the chain ends at 2" in faults([Mark(3, "0" * 64)], 0)[0]
    assert "another one" in faults([Mark(2, "0" * 64)], 0)[0]


@pytest.mark.parametrize("text", ["amina@example.org", "Zoë", "O'Brien", "two\nlines", "a, b", "=1+1", "x" * 121])
@pytest.mark.parametrize("place", ["subject", "detail", "list"])
def test_what_could_be_words_of_people_is_refused(text: str, place: str) -> None:
    details: dict[str, dict[str, Any]] = {"detail": {"note": text}, "list": {"notes": [1, text]}, "subject": {}}
    detail = details[place]
    with pytest.raises(NotAnId):
        refuse_text(text if place == "subject" else "person:1", detail)


@pytest.mark.parametrize("value", [{"deep": "person"}, 1.5, b"bytes"])
def test_other_shapes_are_refused_too(value: object) -> None:
    with pytest.raises(NotAnId):
        refuse_text("person:1", {"value": value})
    refuse_text("person:1", {"ids": [1, 2], "none": None, "yes": True, "part": "item:ed-01", "version": "1.0.0"})


# -- keys and checkpoints ------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    first = checkpoints.public_key(folder)
    assert checkpoints.public_key(folder) == first == (folder / checkpoints.PUBLIC_KEY).read_text()
    assert stat.S_IMODE((folder / checkpoints.SIGNING_KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_checkpoint_signed_by_another_key_is_not_believed(tmp_path: Path) -> None:
    store, _ = make_store(tmp_path / "ours")
    _, other = make_store(tmp_path / "theirs")
    assert checkpoints.read(store.file, other)[0] == []
    assert len(faults_of(store, other)) > 2
    assert len(checkpoints.read(store.file, None)[1]) == 3


def test_a_line_that_a_power_cut_left_unfinished_is_told_and_mended(tmp_path: Path) -> None:
    store, key = make_store(tmp_path)
    path = tmp_path / checkpoints.FILE
    path.write_bytes(store.file + b'{"at":"2026-')
    assert [fault.words for fault in checkpoints.read(path.read_bytes(), key)[1]] == [
        "the last line of the checkpoints is not whole"
    ]
    last = checkpoints.find_last(tmp_path)
    assert last is not None
    assert (last.number, last.sequence) == (3, LENGTH)
    with checkpoints.held(tmp_path):
        checkpoints.append(tmp_path, LENGTH, store.seals[-1].hash, LATER)
    good, faults = checkpoints.read(path.read_bytes(), key)
    assert (len(good), faults) == (4, [])
