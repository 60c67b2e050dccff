"""A part of the audit trail as a spreadsheet takes it, with each event's seal, so that it can be compared later."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

from elearn.accounts.queries import names_of
from elearn.accounts.rules import Viewer
from elearn.audit import queries
from elearn.audit.queries import EventRow, Selection
from elearn.shared.canonical import canonical
from elearn.shared.csv_export import Cell, csv_lines

HEADER = ("Event", "When (UTC)", "What", "Person number", "Who", "Of what", "Details", "Request", "Seal", "Hash")
NOBODY, ERASED = "The system", "Somebody whose details are erased"
Context = Callable[[], AbstractContextManager[object]]


def audit_csv(administrator: Viewer, selection: Selection, context: Context) -> Iterator[bytes]:
    """The file, line by line; a thousand events are held at a time.

    `context` is `app.app_context`: a download goes on when the request and its transaction are long over.
    """
    return csv_lines(HEADER, _rows(administrator, selection, context))


def as_of_now(selection: Selection) -> Selection:
    """The same selection without what is yet to come: the export itself is an event."""
    return replace(selection, newest=queries.find_newest())


def _rows(administrator: Viewer, selection: Selection, context: Context) -> Iterator[list[Cell]]:
    last: int | None = None
    while True:
        with context():
            events = queries.list_events_before(selection, last)
            names = names_of(administrator, {event.actor_id for event in events if event.actor_id is not None})
        for event in events:
            yield _cells(event, names)
        if not events:
            return
        last = events[-1].id


def _cells(event: EventRow, names: dict[int, str]) -> list[Cell]:
    who = NOBODY if event.actor_id is None else names.get(event.actor_id, ERASED)
    told = canonical(event.detail).decode()
    return [
        *(event.id, event.at, event.kind, event.actor_id, who, event.subject, told, event.request_id),
        *(event.sequence, event.hash),
    ]
