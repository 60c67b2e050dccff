"""Between the password and the second factor: where a person is led, and how they come in."""

from flask import current_app, url_for

from elearn.accounts import again
from elearn.accounts.rules import Viewer
from elearn.accounts.stages import Stage
from elearn.accounts.viewer import find_between
from elearn.shared import signals
from elearn.shared.access import Access


def where_to() -> tuple[frozenset[Access], str] | None:
    """The marks that somebody between the factors may enter, and the page to lead them to; None for anybody else."""
    between = find_between()
    if between is None:
        return None
    if between[1] is Stage.PROVE:
        return frozenset({Access.BETWEEN}), url_for("factors.ask")
    return frozenset({Access.BETWEEN, Access.SETTING_UP}), url_for("factors.factors_page")


def come_in(viewer: Viewer) -> None:
    """Let a person in who has given a second factor in this sign-in, inside a write; its token is a new one from here on."""
    was_between = find_between() is not None
    again.note_proven(viewer)
    if was_between:
        signals.person_signed_in.send(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
