"""Background work: sealing what was recorded, and a signed checkpoint outside the database whenever the chain has grown."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy.exc import IntegrityError

from elearn.audit import actions, checkpoints, queries
from elearn.audit.checkpoints import Checkpoint
from elearn.audit.rules import CHECKPOINT_EVERY, Seal, continue_chain
from elearn.config import Settings
from elearn.shared import clock
from elearn.shared.transactions import writing

log = structlog.get_logger(__name__)
AT_ONCE = 500  # seals in one write, so that nobody waits long for it


class ChainChanged(Exception):
    """The chain does not go on from the last checkpoint: nothing is signed that contradicts what was signed before."""


def folder() -> Path:
    """Where checkpoints and keys lie; the demonstration has a place of its own, as it has a database of its own."""
    settings: Settings = current_app.extensions["elearn.settings"]
    return Path(current_app.instance_path) / ("audit-demonstration" if settings.demonstration else "audit")


def seal_waiting() -> int:
    """Seal every event that waits, in the order of its key; gives how many.

    What is read is read outside the write, so no request waits for it. Of two sealers the unique sequence lets one pass;
    the other stops, and what it leaves is sealed by the next.
    """
    sealed = after = 0
    while events := queries.list_unsealed(after, AT_ONCE):
        seals = list(continue_chain(queries.find_head(), events))
        if not _add(seals):
            break
        sealed, after = sealed + len(seals), events[-1].id
    return sealed


def _add(seals: list[Seal]) -> bool:
    try:
        with writing():
            actions.add_seals(seals)
    except IntegrityError:
        log.info("another sealer is at work")
        return False
    return True


def make_checkpoint(*, even_if_unchanged: bool = False) -> Checkpoint | None:
    """Sign how far the chain is, if it has grown since the last time or that is a day ago. Raises ChainChanged."""
    place = folder()
    with checkpoints.held(place):
        last, head, now = checkpoints.find_last(place), queries.find_head(), clock.now()
        if last is not None and queries.find_hash(last.sequence) != last.root:
            raise ChainChanged(f"the chain is not as it was at checkpoint {last.number}: run elearn audit verify")
        is_new = last is None or last.sequence != head.sequence or now - last.made_at >= CHECKPOINT_EVERY
        if not is_new and not even_if_unchanged:
            return None
        return checkpoints.append(place, head.sequence, head.hash, now)


@dataclass(frozen=True)
class Standing:
    """How far the chain is, for a page: `broken` where it no longer agrees with the last checkpoint."""

    sealed: int
    waiting: int
    last: datetime | None
    broken: bool

    @property
    def words(self) -> str:
        """How much of the trail can no longer be changed unseen."""
        if not self.sealed:
            return "No event is sealed yet: that is done every ten minutes."
        if not self.waiting:
            return f"All {self.sealed} events are sealed."
        return f"{self.sealed} events are sealed; {self.waiting} will be, within ten minutes or so."


def standing() -> Standing:
    """How far the chain is. It is not walked along: `elearn audit verify` does that."""
    last, head = checkpoints.find_last(folder()), queries.find_head()
    broken = last is not None and queries.find_hash(last.sequence) != last.root
    return Standing(head.sequence, queries.count_unsealed(), last.made_at if last else None, broken)


def seal_and_mark() -> None:
    """The chore: seal, then sign."""
    seal_waiting()
    make_checkpoint()


CHORES = (seal_and_mark,)
