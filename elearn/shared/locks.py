"""A lock that one process of a machine holds, and that the system itself lets go of when the process ends."""

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
