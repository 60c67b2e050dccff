"""What cannot be seen is not found: `get_` queries raise this, and one error handler answers 404."""


class NotFound(LookupError):
    """There is no such thing, or the viewer may not know of it; the two cannot be told apart."""
