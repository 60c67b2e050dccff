"""Locks that one process, or one thread, of a machine holds; the system itself lets go of them when their holder ends."""

import fcntl
from pathlib import Path
from typing import IO


def lock_file(path: Path) -> IO[bytes] | None:
    """Hold the lock named by this file, while the file that comes back is open; None where another process holds it."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def wait_for_file(path: Path) -> IO[bytes]:
    """Hold the lock named by this file, while the file that comes back is open; whoever holds it is waited for.

    Those who wait are woken when it is free: nobody sleeps, looks, and sleeps longer.
    """
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except BaseException:
        file.close()
        raise
    return file
