"""What all posts share: coming back inside the site only."""

from urllib.parse import urlsplit

from flask import request


def is_inside(target: str) -> bool:
    """Whether an address given from outside leads back into this site: a plain path, nothing a browser reads otherwise."""
    parts = urlsplit(target)
    return (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and not parts.scheme
        and not parts.netloc
        and "\\" not in target
        and all(character.isprintable() and not character.isspace() for character in target)
    )


def safe_next(otherwise: str) -> str:
    """Where `next` asks to go, if that is inside the site; else `otherwise` (C-S5)."""
    target = request.values.get("next", "")
    return target if is_inside(target) else otherwise
