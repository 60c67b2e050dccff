"""Background work about people: forgetting tries, cleaning up after an erasure, and the daily retention."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from flask import current_app

from elearn.accounts import erasing, throttling
from elearn.accounts.retaining import retain_daily
from elearn.extensions import db
from elearn.jobs.rules import Handler, Work
from elearn.shared import clock
from elearn.shared.personal import clean
from elearn.shared.scrubbing import scrub
from elearn.shared.transactions import writing

ERASURES = "erasures.txt"


def forget_guesses() -> None:
    """Delete counts of tries that are too old to matter."""
    with writing():
        throttling.forget(clock.now())


def clean_after_erasure(_work: Work) -> Mapping[str, str]:
    """Take away the files of whoever was erased, and what the database's own files still hold of them.

    Where something is in use, it raises, and is tried again: everything in it may be done twice.
    """
    with writing():
        erasing.sweep_late()
    keep_list(Path(current_app.instance_path))
    db.session.rollback()
    clean()
    scrub()
    return {"files": "clean"}


def keep_list(folder: Path) -> None:
    """Keep the list of erasures beside the database as well: a restored database does not know the latest.

    One line each: the account's address id and the day. What is in the file stays in it.
    """
    path = folder / ERASURES
    lines = {erasure.person_public_id: f"{erasure.at:%Y-%m-%d}" for erasure in erasing.list_erasures()}
    known = read_list(path) if path.exists() else {}
    with NamedTemporaryFile("w", dir=folder, prefix=".erasures", delete=False, encoding="utf-8") as file:
        file.writelines(f"{public_id} {day}\n" for public_id, day in (known | lines).items())
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def read_list(path: Path) -> dict[str, str]:
    """The list of erasures of a file: the day by the account's address id."""
    words = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {parts[0]: parts[1] for parts in words if len(parts) == 2}


HANDLERS: Mapping[str, Handler] = {erasing.JOB: clean_after_erasure}
CHORES = (forget_guesses, retain_daily)
