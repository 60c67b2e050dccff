"""When a job is tried, for how long a worker has it, and when it is given up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MOST_TRIES = 5
# A handler that works longer than this tells its progress meanwhile, which renews the lease. A killed worker's job is
# therefore taken up again within two minutes (trust.md F-10).
LEASE = timedelta(seconds=90)


@dataclass(frozen=True)
class Claim:
    """A job that a worker has taken. `tries` is also the fence: a worker that lost the lease cannot record anything."""

    id: int
    public_id: str
    kind: str
    detail: Mapping[str, Any]
    tries: int


@dataclass(frozen=True)
class Work(Claim):
    """A job as its handler gets it, with a way to tell how far it is: `progress(done, total)`, which renews the lease."""

    progress: Callable[[int, int], None]


# A handler gives the result to keep. It may be run again for a job that it has done, so it must come to the same end.
Handler = Callable[[Work], Mapping[str, Any] | None]


class LeaseLost(Exception):
    """Another worker has taken the job, because this one was silent for longer than its lease."""


@dataclass(frozen=True)
class AfterFailure:
    """What becomes of a job whose handler raised: tried again at `due_at`, or given up."""

    given_up: bool
    due_at: datetime


def after_failure(tries: int, now: datetime) -> AfterFailure:
    """Two minutes after the first failure, then four, eight and sixteen; given up after five tries."""
    return AfterFailure(tries >= MOST_TRIES, now + timedelta(minutes=2**tries))
