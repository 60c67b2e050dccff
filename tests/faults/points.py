"""Named points in a write at which a server ends itself with SIGKILL, told by three variables of its environment.

`FAULT_POINT` is one of `POINTS`, `FAULT_PASSAGE` the passage at which to end, and `FAULT_MARK` a file that is made at that
moment, so that it happens once in the life of a server: one of its processes is killed, and the rest go on, or go with it
where `FAULT_REACH` is "group". Nothing in elearn/ knows of any of this.
"""

import os
import re
import signal
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event

from elearn.extensions import db
from elearn.shared.transactions import Mode, _mode

# What a request does, by its address and method.
DOINGS = {"save": r"/questions/\d+/$", "submit": r"/submit/$", "start": r"/quizzes/[^/]+/$"}
# A moment before a statement, by what the statement is.
STATEMENTS = {
    "before the event": "INSERT INTO response_events",
    "between event and answer": "^UPDATE answers",
    "before the mark": "UPDATE attempts",
    "before the completion": "INSERT INTO completions",
    "before the audit": "INSERT INTO audit_events",
    "before the attempt": "INSERT INTO attempts",
    "before the paper": "INSERT INTO answers",
    "with the turn, before BEGIN": "^BEGIN IMMEDIATE",
}
EVERY_WRITE = ("before BEGIN", "before COMMIT", "after COMMIT", "before the response")
POINTS = (
    *(f"save: {moment}" for moment in (*EVERY_WRITE, "before the event")),
    *(f"submit: {moment}" for moment in (*EVERY_WRITE, "before the mark", "before the completion", "before the audit")),
    *(f"start: {moment}" for moment in (*EVERY_WRITE, "before the attempt", "before the paper")),
)
# PostgreSQL writes the event and the answer in one statement, and has no turn to wait for.
ONLY_SQLITE = tuple(f"save: {moment}" for moment in ("between event and answer", "with the turn, before BEGIN"))
_request = threading.local()


class Fuse:
    """Counts the passages of one point, and kills at the one that was named."""

    def __init__(self, point: str, passage: int, mark: Path, *, group: bool) -> None:
        self.doing, self.moment = point.split(": ")
        self.left, self.mark, self.group = passage, mark, group
        self._lock = threading.Lock()

    def pass_by(self, moment: str) -> None:
        """Be at a moment of the write that this thread does."""
        if moment != self.moment or getattr(_request, "doing", "") != self.doing:
            return
        with self._lock:
            self.left -= 1
            if self.left != 0:
                return
        try:
            self.mark.touch(exist_ok=False)
        except FileExistsError:  # another process of this server was first
            return
        (os.killpg if self.group else os.kill)(0 if self.group else os.getpid(), signal.SIGKILL)


def install(app: Flask) -> Flask:
    """Lay the fuse that the environment asks for, if any."""
    point = os.environ.get("FAULT_POINT", "")
    if not point:
        return app
    group = os.environ.get("FAULT_REACH") == "group"
    fuse = Fuse(point, int(os.environ["FAULT_PASSAGE"]), Path(os.environ["FAULT_MARK"]), group=group)
    app.wsgi_app = _wrapped(app.wsgi_app, fuse)  # type: ignore[method-assign]
    with app.app_context():
        engine = db.engine

    def at_begin(_connection: Connection) -> None:
        if _mode.get() is Mode.WRITE:
            fuse.pass_by("before BEGIN")

    def at_statement(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        for moment, pattern in STATEMENTS.items():
            if re.search(pattern, statement):
                fuse.pass_by(moment)

    commit = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        writes = _mode.get() is Mode.WRITE
        if writes:
            fuse.pass_by("before COMMIT")
        commit(connection)
        if writes:
            fuse.pass_by("after COMMIT")

    event.listen(engine, "begin", at_begin, insert=True)
    event.listen(engine, "before_cursor_execute", at_statement)
    engine.dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]
    return app


def _wrapped(inner: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    def wsgi_app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path, posts = environ["PATH_INFO"], environ["REQUEST_METHOD"] == "POST"
        _request.doing = next((name for name, ends in DOINGS.items() if posts and re.search(ends, path)), "")
        answer: Iterable[bytes] = inner(environ, start_response)
        fuse.pass_by("before the response")
        return answer

    return wsgi_app
