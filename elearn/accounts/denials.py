"""A signed-in person who sends something to a page that is not for them is an event; whoever only looks goes to the log.

A GET writes nothing, and somebody who is not signed in could fill the trail from outside: both are lines of the log.
"""

from typing import Any

from flask import Flask

from elearn.accounts.viewer import find_viewer
from elearn.audit import actions as audit
from elearn.shared.transactions import writing


def note_denial(_app: Flask, endpoint: str, **_details: Any) -> None:
    """Record it, in a transaction of its own: the view that would have had one never runs."""
    viewer = find_viewer()
    if viewer is None:
        return
    with writing():
        audit.record("access denied", f"page:{endpoint}", viewer.id)
