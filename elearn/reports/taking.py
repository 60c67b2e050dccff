"""How many files with people's data one person may take away in an hour (C-S9)."""

from werkzeug.exceptions import TooManyRequests

from elearn.accounts.rules import Viewer
from elearn.audit.queries import EXPORTS_WINDOW, has_exported_too_much


def refuse_too_many(viewer: Viewer) -> None:
    """Answer 429 where somebody has taken many files lately: a person works on those, a stolen session takes all."""
    if has_exported_too_much(viewer.id):
        raise TooManyRequests(retry_after=int(EXPORTS_WINDOW.total_seconds()))
