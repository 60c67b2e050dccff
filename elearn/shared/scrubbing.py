"""Taking deleted content out of the database's files.

Every connection to SQLite overwrites with zeros what it deletes (`secure_delete`, extensions.py). What is left is in the
write-ahead log until a checkpoint, and in pages that were written before a text was moved: `scrub` rewrites the file and
cuts the log off. PostgreSQL does the like by its own autovacuum, and keeps no text in the freed space for long.
"""

from pathlib import Path

from sqlalchemy import Engine

from elearn.extensions import db
from elearn.shared.locks import wait_for_file
from elearn.shared.personal import StillInUse

LARGEST_REWRITTEN = 1024**3
"""Bytes. Rewriting a larger file keeps writers waiting too long; its deleted content is zeros all the same."""


def scrub() -> None:
    """Leave nothing of deleted rows in the files of SQLite. Raises StillInUse where a reader holds the log."""
    engine = db.engine
    if engine.dialect.name != "sqlite":
        return
    db.session.remove()
    path = Path(engine.url.database or "")
    turn = wait_for_file(Path(f"{path}-turn"))
    try:
        _rewrite(engine, path)
    finally:
        turn.close()


def _rewrite(engine: Engine, path: Path) -> None:
    connection = engine.raw_connection()
    try:
        connection.execute("PRAGMA query_only=OFF")
        if path.stat().st_size <= LARGEST_REWRITTEN:
            connection.execute("VACUUM")
        [busy, _pages, _moved] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    if busy:
        raise StillInUse("the log of the database is in use")
