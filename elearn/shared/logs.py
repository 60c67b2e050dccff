"""Logs in JSON, one line each, with a request id that the error page shows to the person."""

import json
import logging
import re
import secrets
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request

_ENCODER = json.JSONEncoder(default=repr)  # made once: `json.dumps` with a `default` makes one for each line


def _to_json(line: dict[str, Any], **_options: object) -> str:
    return _ENCODER.encode(line)


STARTS = "elearn.starts of links"
MASK = "***"
LONGEST_PART = 40
"""No part of an address of ours is longer, but for digests and the tokens of links."""
SLASHES = re.compile(r"/{2,}")


def masked(app: Flask, path: str) -> str:
    """A path without the token of a link: whoever reads the log within its hour could use it, and some know a person by it."""
    plain = SLASHES.sub("/", path).lower()
    for start in _starts_of_links(app):
        if plain.startswith(start) and plain.strip("/") != start.strip("/"):
            return start + MASK
    if request.url_rule is not None:
        return path
    return "/".join(MASK if len(part) > LONGEST_PART else part for part in path.split("/"))


def _starts_of_links(app: Flask) -> tuple[str, ...]:
    if STARTS not in app.extensions:  # when the first request comes, all rules are there
        rules = (rule.rule.partition("<token>") for rule in app.url_map.iter_rules())
        app.extensions[STARTS] = tuple(sorted({start for start, token, _ in rules if token}))
    found: tuple[str, ...] = app.extensions[STARTS]
    return found


def init_app(app: Flask, level: str) -> None:
    """Write JSON lines to standard error, and one line for every request."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Bound here: the logger that `get_logger` gives would be put together again for each line.
    log = structlog.get_logger("elearn.request").bind()

    @app.before_request
    def begin() -> None:
        g.request_id, g.started = secrets.token_hex(8), time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def tell(response: Response) -> Response:
        # Without its query, which may hold what a person typed, and without the unguessable part of a link.
        milliseconds = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
        log.info(
            "request",
            method=request.method,
            path=masked(app, request.path),
            status=response.status_code,
            ms=milliseconds,
        )
        return response
